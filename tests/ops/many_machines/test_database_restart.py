"""A PostgreSQL that is restarted in the middle of jobs: they go on within 15 s, and no request is an error."""

import json
import threading
import time
import urllib.error
from collections import Counter

import pytest

from tests.ops.many_machines.jobs import BACK_WITHIN_S, IMPORT, PATIENCE_S, ROWS, Job, show
from tests.ops.many_machines.machine import PASSWORD
from tests.ops.many_machines.person import Person
from tests.ops.running import until

pytestmark = pytest.mark.broker
DOWN_S = 3.0
PAGE, REST = "/p/restarted/", "/api/v1/projects/restarted/"


class Visitor(threading.Thread):
    """Asks one machine for a page and for REST in turns, and counts the answers."""

    def __init__(self, person: Person, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.person, self.stop = person, stop
        self.statuses: Counter[int] = Counter()
        self.faults: list[str] = []

    def run(self) -> None:
        while not self.stop.wait(0.05):
            for path in (PAGE, REST):
                try:
                    self.person.get(path)
                    self.statuses[200] += 1
                except urllib.error.HTTPError as error:
                    self.statuses[error.code] += 1
                    self._look_at(path, error)
                except OSError as error:
                    self.faults.append(f"{path}: {error!r}")

    def _look_at(self, path: str, error: urllib.error.HTTPError) -> None:
        body = error.read().decode()
        put_off = error.code == 503 and error.headers["Retry-After"]
        if not put_off or (path == REST and json.loads(body)["code"] != "away"):
            self.faults.append(f"{path}: {error.code} {body[:300]}")


def test_an_import_goes_on_and_no_request_is_an_error(site):
    site.all_up()
    person = site.machines[0].person()
    person.make_project("restarted")
    stop = threading.Event()
    visitors = []
    for machine in site.machines:
        visitor = machine.person()
        visitor.form("/sign-in/", username="admin", password=PASSWORD)
        visitors.append(Visitor(visitor, stop))
    for visitor in visitors:
        visitor.start()
    until(lambda: all(visitor.statuses[200] for visitor in visitors), "both machines serve", PATIENCE_S)
    job = Job(IMPORT, person.start_import("restarted", ROWS), site)
    begun = "SELECT cursor FROM labeling_importbatch WHERE public_id = %s AND state = 'running' AND cursor > 0"
    until(lambda: site.query(begun, job.public_id), "a part of the import is stored", PATIENCE_S)
    site.postgres.stop()
    time.sleep(DOWN_S)  # waits for nothing: so long it is away
    site.postgres.start()
    back_at = time.monotonic()
    try:
        [(cursor,)] = site.query(begun, job.public_id)
        went_on = "SELECT 1 FROM labeling_importbatch WHERE public_id = %s AND cursor > %s"
        until(lambda: site.query(went_on, job.public_id, cursor), "the import stores on", PATIENCE_S)
        waited_s = time.monotonic() - back_at
        show(f"the import went on {waited_s:.1f} s after the database was back")
        assert waited_s < BACK_WITHIN_S, site.log()
        until(job.is_done, "the import ends", PATIENCE_S)
    finally:
        stop.set()
        for visitor in visitors:
            visitor.join(60)
    assert [fault for visitor in visitors for fault in visitor.faults] == []
    assert all(visitor.statuses[503] and visitor.statuses[200] for visitor in visitors)
    stored = "SELECT accepted, duplicates, rejected FROM labeling_importbatch WHERE public_id = %s"
    assert site.query(stored, job.public_id) == [(ROWS, 0, 0)]
