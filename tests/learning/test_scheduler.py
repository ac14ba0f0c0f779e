"""The loop that does the sweeps and sends the regular jobs."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from config import schedule
from config.schedule import SCHEDULE, Scheduler, Work
from labeling.models import SweepRecord
from tests.learning.conftest import RealWorker, until

pytestmark = pytest.mark.django_db(transaction=True)

calls: list[str] = []
#: Of all sweeps together where nothing waits: a day of rest is 43,200 turns of two of them.
STATEMENTS_AT_REST = 16


def fine() -> None:
    calls.append("fine")


def broken() -> None:
    calls.append("broken")
    raise RuntimeError("planted")


class Steady:
    """A clock that goes by hand."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def sent(monkeypatch) -> list[str]:
    jobs: list[str] = []
    monkeypatch.setattr(schedule, "enqueue", lambda job: bool(jobs.append(job)) or True)
    calls.clear()
    return jobs


def test_work_that_fails_keeps_no_other_waiting_and_has_its_next_turn(sent, caplog):
    steady = Steady()
    here = f"{__name__}."
    scheduler = Scheduler([Work("broken", 2, call=here + "broken"), Work("fine", 5, call=here + "fine")], steady)
    scheduler.turn()
    assert calls == ["broken", "fine"]
    assert "planted" in caplog.text
    steady.now_s += 2
    scheduler.turn()
    assert calls == ["broken", "fine", "broken"]
    steady.now_s += 3
    scheduler.turn()
    assert calls[3:] == ["broken", "fine"]


def test_of_two_schedulers_one_sends_a_job_and_a_restart_does_not_bring_it_forward(sent):
    nightly = [Work("nightly", 3600, job="labeling.nightly")]
    for _ in range(3):
        Scheduler(nightly).turn()
    assert sent == ["labeling.nightly"]
    SweepRecord.objects.update(started_at=Now() - timedelta(hours=2))
    Scheduler(nightly).turn()
    assert sent == ["labeling.nightly"] * 2


def test_every_line_of_the_schedule_names_something_that_runs():
    steady = Steady()
    scheduler = Scheduler(SCHEDULE, steady)
    scheduler.turn()
    assert {"labeling", "learning"} <= set(SweepRecord.objects.values_list("name", flat=True))
    steady.now_s += 30
    with CaptureQueriesContext(connection) as asked:
        scheduler.turn()
    assert len(asked) <= STATEMENTS_AT_REST, "\n".join(query["sql"] for query in asked)


def test_it_ends_when_it_is_asked_to(sent):
    stop = threading.Event()
    loop = threading.Thread(target=Scheduler([Work("fine", 3600, call=f"{__name__}.fine")]).run, args=[stop])
    loop.start()
    until(lambda: calls, "the first turn")
    stop.set()
    loop.join(20)
    assert not loop.is_alive()


@pytest.mark.broker
def test_a_real_scheduler_sweeps_without_a_worker_and_stops_when_asked(real_worker: RealWorker):
    real_worker.start_scheduler()
    until(lambda: SweepRecord.objects.filter(name="learning", finished_at__isnull=False).exists(), "it has swept")
    real_worker.stop_scheduler()
    assert (real_worker.folder / "scheduler.log").read_text() == ""
