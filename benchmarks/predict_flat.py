"""Whether a model that is asked all day leaves anything behind that grows: rows, log lines, memory.

    python -m benchmarks.predict_flat [--minutes 10] [--a-minute 1000]

A text project with a model of SMS and its outlier detector on embedded defaults: gunicorn with the configuration of
``manage.py up``, SQLite, and a predictor of two processes. Four programs ask about single texts, together as often as
said, while every minute stands for a day: what was answered is made a day older, and housekeeping keeps three days. Of
each minute: rows and bytes of the database, bytes of log (both servers write to their output and keep none), memory of
both servers (PSS). Flat is the last minute over the fourth, when the third day is full: at most 1.05, memory 1.10.

Before it a program with a limit of 100 a minute asks 150 times: 50 answers are to be 429 with ``Retry-After``. In the
first minute another asks 200 times about random letters, but for every tenth: one alert is to be raised, and no other.
"""

import argparse
import http.client
import os
import random
import string
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil

from benchmarks.open_data import DATA, require_data
from benchmarks.predict import CLIENTS, TEXTS, Asking, body_of, texts
from benchmarks.serving import ROOT, Served, running, served

KEPT_DAYS, DAY_S, FULL = 3, 86_400, 4
MOST, MOST_MEMORY = 1.05, 1.10
LEARNED, LIMIT, BEYOND, PROBES = 600, 100, 50, 200


def build() -> None:
    """In the home of the server: a model of SMS that knows what is unlike them, and a token for each program."""
    import django

    django.setup()
    import numpy as np
    import pandas as pd

    from labeling.models import ApiToken, Member, Project, Role, User
    from learning.core.encoders import make_encoder
    from learning.core.learners import make_learner
    from learning.core.learners.base import one_hot
    from learning.core.outliers import fit_outlier_detector
    from learning.core.outliers.model_file import ModelFile
    from learning.models import EncoderVersion, ModelVersion, Status
    from learning.services import files

    frame = pd.read_csv(DATA / "txt_sms_spam" / "sms_spam.csv.gz", dtype=str, keep_default_na=False)[:LEARNED]
    words, said = frame["text"].tolist(), (frame["label"] == "spam").to_numpy(int)
    project = Project.objects.get(slug=TEXTS)
    rng = np.random.default_rng(0)
    encoder = make_encoder("auto", project.modality).fit(words, rng)
    path, sha256 = files.store(f"learning/{project.pk}/encoders", ".zip", encoder.dump())
    EncoderVersion.objects.create(
        project=project, version=encoder.version, dimension=encoder.dimension, path=path, sha256=sha256,
        fitted_on=len(words), is_current=True,
    )  # fmt: skip
    features = encoder.transform(words)
    model = make_learner("auto").fit(features, one_hot(said, 2), kind="classification", rng=rng)
    model.outlier_detector = fit_outlier_detector(features, one_hot(said, 2) > 0, rng).detector
    path, sha256 = files.store(f"learning/{project.pk}/models", ".zip", ModelFile(model).dump())
    ModelVersion.objects.create(
        project=project, number=1, status=Status.CHAMPION, encoder=encoder.version, learner=model.name,
        labels=["ham", "spam"], trained_on=len(words), path=path, sha256=sha256, size_bytes=1,
    )  # fmt: skip
    for name in ("steady", "greedy", "prober"):
        user = User.objects.create_user(name)
        Member.objects.create(project=project, user=user, role=Role.VIEWER)
        print(ApiToken.issue(user, "bench", scopes="predict")[1])


@dataclass
class Program:
    """Asks again and again, at its own pace, about one text after the other."""

    asking: Asking
    rows: list[str]
    pause_s: float
    over: threading.Event
    statuses: Counter[str] = field(default_factory=Counter)

    def work(self, most: int = 10**9) -> None:
        due = time.monotonic()
        for number in range(most):
            if self.over.wait(max(0.0, due - time.monotonic())):
                return
            due = max(due + self.pause_s, time.monotonic() - 5 * self.pause_s)
            self.asking.ask(TEXTS, *body_of([self.rows[number % len(self.rows)]]))


class Watched:
    """What may grow, and a day that passes in a minute."""

    def __init__(self, log: Path, processes: list[psutil.Process]) -> None:
        self.log, self.processes, self.logged = log, processes, 0

    def sample(self) -> dict[str, float]:
        from labeling.services.housekeeping.run import database_bytes
        from learning.models import PredictionCaller, ServedPrediction

        every = [one for process in self.processes for one in (process, *process.children(recursive=True))]
        before, self.logged = self.logged, self.log.stat().st_size
        return {
            "rows": ServedPrediction.objects.count(),
            "callers": PredictionCaller.objects.count(),
            "database MB": database_bytes() / 2**20,
            "log B": self.logged - before,
            "memory MB": sum(one.memory_full_info().pss for one in every) / 2**20,
        }

    def a_day_later(self) -> None:
        from django.db import connection

        from labeling.services.housekeeping.run import run_housekeeping, start_housekeeping
        from learning.models import ServedPrediction
        from learning.models.served_prediction import ids_before

        table = ServedPrediction._meta.db_table
        day = ids_before(_at(2 * DAY_S)) - ids_before(_at(DAY_S))
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET id = id - %s", [day])
        run_housekeeping(start_housekeeping().pk)


def random_letters() -> list[str]:
    draw = random.Random(0)
    return [" ".join("".join(draw.choices(string.ascii_lowercase, k=7)) for _ in range(12)) for _ in range(PROBES)]


def _at(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def measure(tokens: list[str], port: int, watched: Watched, options: argparse.Namespace) -> bool:
    from labeling.models import Project
    from learning.models import Alert
    from learning.services.monitoring.callers import look_at_callers

    rows, over = texts(2_000), threading.Event()
    steady, greedy, prober = tokens
    pause_s = 60 * CLIENTS / options.a_minute
    programs = [Program(Asking(port, steady), rows[number:], pause_s, over) for number in range(CLIENTS)]
    threads = [threading.Thread(target=one.work) for one in programs]
    good = beyond_the_limit(port, greedy, rows)
    print("minute   asked     rows  callers  database MB    log B  memory MB", flush=True)
    found = []
    for thread in threads:
        thread.start()
    began = time.monotonic()
    for minute in range(1, options.minutes + 1):
        if minute == 1:
            letters = random_letters()
            probing = [rows[i] if i % 10 == 0 else letters[i] for i in range(PROBES)]
            Program(Asking(port, prober), probing, 0.0, over).work(PROBES)
            look_at_callers(Project.objects.get(slug=TEXTS))
            look_at_callers(Project.objects.get(slug=TEXTS))
            kinds = list(Alert.objects.values_list("kind", flat=True))
            print(f"one of {PROBES} questions about random letters, nine of ten: alerts {kinds}", flush=True)
            good &= kinds == ["caller_probes"]
        time.sleep(max(0.0, began + 60 * minute - time.monotonic()))
        watched.a_day_later()
        found.append(watched.sample())
        asked = sum(one.asking.statuses.total() for one in programs)
        line = "  ".join(f"{value:>{len(name)},.{1 if 'MB' in name else 0}f}" for name, value in found[-1].items())
        print(f"{minute:>6} {asked:>7,}  {line}", flush=True)
    over.set()
    for thread in threads:
        thread.join()
    statuses = sum((one.asking.statuses for one in programs), Counter[str]())
    per_minute = statuses.total() / options.minutes
    print(f"{statuses.total():,} predictions, {per_minute:.0f} a minute: {dict(statuses)}")
    return good and set(statuses) == {"200"} and per_minute > 0.98 * options.a_minute and is_flat(found)


def beyond_the_limit(port: int, token: str, rows: list[str]) -> bool:
    """Within one minute of the clock, by which the limit counts."""
    from labeling.models import Project

    if (late := time.time() % 60) > 30:
        time.sleep(60 - late)
    Project.objects.filter(slug=TEXTS).update(predictions_a_minute=LIMIT)
    time.sleep(2)  # what processes know of a project is a second old at most
    statuses = Counter[str]()
    for row in rows[: LIMIT + BEYOND]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {"Authorization": f"Token {token}", "Host": "localhost"}
        body, headers["Content-Type"] = body_of([row])
        connection.request("POST", f"/api/v1/projects/{TEXTS}/predict/", body, headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        statuses[f"{answer.status}{' with Retry-After' if answer.getheader('Retry-After') else ''}"] += 1
    Project.objects.filter(slug=TEXTS).update(predictions_a_minute=0)
    print(f"a limit of {LIMIT} a minute, asked {LIMIT + BEYOND} times: {dict(statuses)}", flush=True)
    return statuses == {"200": LIMIT, "429 with Retry-After": BEYOND}


def is_flat(found: list[dict[str, float]]) -> bool:
    if len(found) <= FULL:
        print(f"too few minutes to say: from the {FULL}th on {KEPT_DAYS} days are full")
        return False
    first, last = found[FULL - 1], found[-1]
    most = {"rows": MOST, "callers": 1.0, "database MB": MOST, "log B": MOST, "memory MB": MOST_MEMORY}
    good = True
    for name, limit in most.items():
        ratio = last[name] / first[name]
        print(f"  {name}, last minute over the {FULL}th: {ratio:.3f} (at most {limit})" + " MISSED" * (ratio > limit))
        good &= ratio <= limit
    return good


def main() -> int:
    parser = argparse.ArgumentParser(prog="predict_flat", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--a-minute", type=int, default=1_000)
    parser.add_argument("--build", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if options.build:
        build()
        return 0
    require_data("predict_flat")
    options.kind, options.overlap = "classification", 1
    os.environ["RETAIN_PREDICTIONS_DAYS"] = str(KEPT_DAYS)
    with tempfile.NamedTemporaryFile(prefix="querent-log-") as log:
        ours = os.dup(2)
        os.dup2(log.fileno(), 2)  # what the servers say
        try:
            with served("sqlite", 2_000, options) as pool:
                return 0 if _run(pool, Path(log.name), options) else 1
        finally:
            os.dup2(ours, 2)


def _run(pool: Served, log: Path, options: argparse.Namespace) -> bool:
    command = [sys.executable, "-m", "benchmarks.predict_flat", "--build"]
    made = subprocess.run(command, cwd=ROOT, env=pool.env, check=True, capture_output=True, text=True)
    os.environ.update({name: pool.env[name] for name in ("QUERENT_HOME", "REDIS_URL")}, OMP_NUM_THREADS="1")
    import django

    django.setup()
    with running([sys.executable, "manage.py", "predictor"], pool.env) as process:
        address = Path(pool.env["QUERENT_HOME"]) / "predictor" / "predictor.sock"
        while not address.exists():
            time.sleep(0.1)
        watched = Watched(log, [pool.gunicorn, psutil.Process(process.pid)])
        return measure(made.stdout.split()[-3:], pool.port, watched, options)


if __name__ == "__main__":
    sys.exit(main())
