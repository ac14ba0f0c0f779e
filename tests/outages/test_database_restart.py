"""A PostgreSQL that is restarted while people answer: every request is told when to come again, no answer is lost."""

import http.client
import json
import subprocess
import sys
import threading
from collections import Counter

import psycopg2
import pytest

from tests.e2e.site import ROOT, Site, wait_until
from tests.outages.postgres import Postgres

CLIENTS = 4
ENOUGH_AFTER = 60
MADE = """
from labeling.models import ApiToken, Member, Role
from tests.factories import UserFactory, make_items, make_project
project = make_project(slug="sms")
make_items(project, [f"message {n}" for n in range(1500)])
for n in range(%d):
    user = UserFactory()
    Member.objects.create(project=project, user=user, role=Role.ANNOTATOR)
    print("token", ApiToken.issue(user, "test")[1])
"""


class Annotator(threading.Thread):
    """Asks and answers without a pause, sends again what was put off, and keeps what was acknowledged."""

    def __init__(self, port: int, token: str, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.port, self.token, self.stop = port, token, stop
        self.statuses: Counter[int] = Counter()
        self.faults: list[str] = []
        self.acknowledged: list[int] = []

    def run(self) -> None:
        while not self.stop.is_set():
            for task in self.until_taken("POST", "/api/v1/projects/sms/tasks/next/", {"count": 2}):
                if self.until_taken("PUT", f"/api/v1/tasks/{task['id']}/answer/", {"answer": {"label": "ham"}}):
                    self.acknowledged.append(task["id"])

    def until_taken(self, method, path, body):
        while not self.stop.is_set():
            status, retry_after, answer = self.ask(method, path, body)
            self.statuses[status] += 1
            if status < 300:
                return answer
            if status != 503 or not retry_after or answer.get("code") not in ("away", "busy"):
                self.faults.append(f"{method} {path}: {status} {answer}")
                return []
            self.stop.wait(0.05)
        return []

    def ask(self, method, path, body):
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Authorization": f"Token {self.token}", "Content-Type": "application/json"}
        try:
            client.request(method, path, json.dumps(body), headers)
            response = client.getresponse()
            return response.status, response.getheader("Retry-After"), json.loads(response.read())
        finally:
            client.close()


@pytest.fixture
def postgres(tmp_path_factory):
    server = Postgres(tmp_path_factory.mktemp("pg"))
    try:
        yield server
    finally:
        server.server.cleanup()


def test_a_database_that_is_restarted_under_load(postgres, tmp_path):
    site = Site(tmp_path, postgres.url)

    def manage(*words):
        return subprocess.run(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=site.environment, check=True, capture_output=True,
            text=True, timeout=300,
        ).stdout  # fmt: skip

    manage("migrate", "-v", "0")
    said = manage("shell", "-v", "0", "-c", MADE % CLIENTS)
    tokens = [line.split()[1] for line in said.splitlines() if line.startswith("token ")]
    stop = threading.Event()
    annotators = [Annotator(site.port, token, stop) for token in tokens]

    def answered() -> int:
        return sum(len(annotator.acknowledged) for annotator in annotators)

    def status(path) -> int:
        client = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
        try:
            client.request("GET", path)
            return client.getresponse().status
        except OSError:
            return 0
        finally:
            client.close()

    site.launch()
    try:
        wait_until(lambda: status("/healthz") == 200, 60, "the site")
        for annotator in annotators:
            annotator.start()
        wait_until(lambda: answered() > ENOUGH_AFTER, 60, "answers before the restart")
        postgres.stop()
        put_off = sum(annotator.statuses[503] for annotator in annotators)
        wait_until(lambda: sum(a.statuses[503] for a in annotators) > put_off + 10, 60, "requests that are put off")
        assert status("/readyz") == status("/healthz") == 503
        postgres.start()
        before = answered()
        wait_until(lambda: answered() > before + ENOUGH_AFTER, 60, "answers after the restart")
    finally:
        stop.set()
        for annotator in annotators:
            annotator.join(60)
        site.kill()
    assert [fault for annotator in annotators for fault in annotator.faults] == []
    with psycopg2.connect(postgres.uri) as database, database.cursor() as cursor:
        cursor.execute("SELECT task_id, count(*) FROM labeling_annotation GROUP BY task_id")
        kept = dict(cursor.fetchall())
    assert set(kept) >= {task for annotator in annotators for task in annotator.acknowledged}
    assert set(kept.values()) == {1}
