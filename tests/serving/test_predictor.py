"""A real web server and a real predictor, started by the first question and killed between two others."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from urllib.parse import unquote

import pytest
from django.urls import resolve

from config.environment import BASE_DIR
from config.serving.admission import PREDICT as VIEW
from config.serving.connection import is_for_predictor
from tests.ops.running import environment, processes_of, until
from tests.serving.site import Site

ASKED, CLIENTS = 120, 6
PREDICT, NEXT = "POST /api/v1/projects/texts/predict/", "POST /api/v1/projects/texts/tasks/next/"
BODY = json.dumps({"rows": [{"text": "win a free prize now"}, {"text": ""}]}).encode()
BUILD = """
import json, os
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
django.setup()
import numpy as np
from labeling.models import ApiToken, User
from learning.core.learners import make_learner
from learning.core.learners.base import one_hot
from learning.models import ModelVersion, Status
from learning.services import files
from learning.services.features import contents, encoder_versions
from tests.learning.people import make_text_project, truth

manager = User.objects.create_user("boss")
project = make_text_project(manager, n_pool=60, n_eval=20, slug="texts")
encoder = encoder_versions.encoder_for(project, 80)[0]
features = encoder_versions.fitted(encoder).transform(contents.contents_at(project, range(80))[1])
spam = [truth(item)["label"] == "spam" for item in project.items.order_by("ordinal")]
fitted = make_learner("logistic").fit(
    features, one_hot(np.array(spam, int), 2), kind="classification", rng=np.random.default_rng(0)
)
path, sha256 = files.store("learning/1/models", ".zip", fitted.dump())
ModelVersion.objects.create(
    project=project, number=1, status=Status.CHAMPION, encoder=encoder.version, learner="logistic",
    labels=["ham", "spam"], trained_on=80, path=path, sha256=sha256, size_bytes=1,
)
print(json.dumps([[ApiToken.issue(manager, "test")[1]], ""]))
"""
SUPERVISED = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
django.setup()
from config.management.commands.up import predictor
from config.supervision import Supervisor
with Supervisor(lambda line: print(line, flush=True)) as supervisor:
    supervisor.start(predictor(os.open("/dev/null", os.O_RDONLY), {"DJANGO_SETTINGS_MODULE": "config.settings"}))
    print("listens", flush=True)
    supervisor.run_until(lambda: False, every_s=1.0)
"""
WORDS = {"PREDICTOR_IDLE_S": "6", "PREDICTOR_PROCESSES": "1", "PREDICT_TIMEOUT_S": "60"}


@pytest.fixture
def site(tmp_path, new_home):
    """The web server has one thread, and none of its own is taken by who waits for a prediction."""
    home = new_home(tmp_path / "home")
    env = environment(home, 1, **WORDS)
    built = subprocess.run([sys.executable, "-c", BUILD], cwd=BASE_DIR, env=env, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    (home / "site.json").write_text(built.stdout.splitlines()[-1])
    log = (tmp_path / "predictor.log").open("w+")
    supervised = subprocess.Popen([sys.executable, "-c", SUPERVISED], cwd=BASE_DIR, env=env, stdout=log, stderr=log)
    # which ends by force what is left of the home
    with Site(home, WEB_PROCESSES="1", WEB_THREADS="1", **WORDS) as site:
        try:
            until(lambda: "listens" in (tmp_path / "predictor.log").read_text(), "the socket of the predictor")
            yield site
        finally:
            supervised.terminate()
            with suppress(subprocess.TimeoutExpired):
                supervised.wait(20)
            supervised.kill()
        assert not list((home / "predictor").iterdir()), "a home that stands still is files and folders, to be copied"


def test_however_the_address_is_written_its_requests_have_threads_of_their_own():
    for path in (
        "/api/v1/projects/a/predict/", "/api/v1/projects/a/%70redict/", "/api/v1/projects/a/runs/", "/p/a/annotate/",
    ):  # fmt: skip
        assert is_for_predictor(path) == (resolve(unquote(path)).view_name == VIEW), path


def predictors(site: Site) -> list[int]:
    """The master first."""
    return sorted(pid for pid, command in processes_of(site.home).items() if "config.predictor" in command)


def ask(site: Site, line: str, body: bytes):
    with site.connect(timeout_s=100) as client:
        return client.ask(line, site.authorized() + "Content-Type: application/json\r\n", body)


def test_the_first_question_starts_it_every_question_is_answered_or_told_when_and_it_rests_when_nobody_asks(site):
    assert not predictors(site), "it costs nothing until somebody asks"
    first = until(lambda: (r := ask(site, PREDICT, BODY)).status == 200 and r, "the first answer")
    assert [each["status"] for each in first.json] == ["ok", "refused"] or first.json[0]["status"] == "unsure"
    assert first.json[0]["label"] == "spam"

    answers, labeling, over = [], [], threading.Event()

    def question_after_question():
        for _ in range(ASKED // CLIENTS):
            began = time.monotonic()
            reply = ask(site, PREDICT, BODY)
            answers.append((reply.status, "retry-after" in reply.headers, time.monotonic() - began))

    def label():
        while not over.is_set():
            labeling.append(ask(site, NEXT, b'{"count": 1}').status)
            time.sleep(0.05)

    threads = [threading.Thread(target=question_after_question) for _ in range(CLIENTS)]
    labeler = threading.Thread(target=label)
    for thread in (*threads, labeler):
        thread.start()
    until(lambda: len(answers) > ASKED // 4, "a quarter of the answers")
    for pid in predictors(site):  # the master and its processes, in the middle of their work
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for thread in threads:
        thread.join(180)
        assert not thread.is_alive(), "a question hangs"
    over.set()
    labeler.join(30)
    assert len(answers) == ASKED
    counted = Counter(status for status, _, _ in answers)
    assert set(counted) <= {200, 503}, counted
    assert counted[200] > ASKED // 4
    assert all(says_when for status, says_when, _ in answers if status == 503)
    assert set(labeling) == {200}, "who labels is answered all the while, by the one thread there is"
    until(lambda: not predictors(site), "its rest")
    assert ask(site, NEXT, b'{"count": 1}').status == 200
