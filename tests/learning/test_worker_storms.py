"""Children of a real worker that are killed again and again, and a Redis that restarts, both under load."""

import os
import signal
from pathlib import Path
from types import SimpleNamespace

import pytest

from labeling.models import JobState, OverlapChange, WorkerMachine
from labeling.models.process_name import machine_name
from labeling.services.housekeeping import sweep
from learning import jobs
from tests.factories import make_project
from tests.learning.conftest import RealWorker, redis_on, until

pytestmark = [pytest.mark.broker, pytest.mark.django_db(transaction=True)]

JOBS = 12
KILLS = 5
RESTARTS = 3


def enqueue(worker: RealWorker) -> None:
    project = make_project()
    for _ in range(JOBS):
        worker.send("tests.storm", OverlapChange.objects.create(project=project).pk)


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def all_done() -> bool:
    return OverlapChange.objects.filter(state=JobState.DONE).count() == JOBS


def done_in_the_end(worker: RealWorker, monkeypatch) -> None:
    """The scheduler's part is done here: it announces to the worker's own broker."""
    monkeypatch.setattr(sweep, "enqueue", lambda job, pk: worker.send("tests.storm", pk) or True)

    def swept() -> bool:
        sweep.wake_waiting(OverlapChange.objects.all(), "tests.storm")
        return all_done()

    monkeypatch.setattr(sweep, "messages_waiting", lambda: worker.messages_waiting())
    until(swept, "every job is done", log=worker.log, every_s=0.3)


def test_a_worker_whose_children_are_killed_under_load_goes_on_at_once(real_worker: RealWorker, monkeypatch):
    """A new child used to warm up for 2.4 s of CPU: under load it was killed after 4 s, as was the one after it."""
    enqueue(real_worker)
    real_worker.start(children=2, app="tests.learning.storm_jobs")
    assert real_worker.process is not None
    parent = real_worker.process.pid
    killed: set[int] = set()
    for _ in range(KILLS):
        held = until(
            lambda: [name for name in _workers() if int(name.split(":")[1]) not in killed], "a job", log=real_worker.log
        )
        pid = int(held[0].split(":")[1])
        assert pid in children_of(parent)
        os.kill(pid, signal.SIGKILL)
        killed.add(pid)
    done_in_the_end(real_worker, monkeypatch)
    assert len(killed) == KILLS
    log = real_worker.log()
    assert "Timed out waiting for UP message" not in log
    assert max(OverlapChange.objects.values_list("attempt", flat=True)) <= 1 + KILLS
    assert WorkerMachine.objects.alive().filter(name=machine_name()).exists()


def _workers() -> list[str]:
    return list(
        OverlapChange.objects.filter(state=JobState.RUNNING).exclude(worker="").values_list("worker", flat=True)
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_a_redis_that_restarts_under_load_costs_no_job_and_no_child(transactional_db, tmp_path, monkeypatch, number):
    with redis_on(tmp_path / "redis") as server:
        worker = RealWorker(tmp_path, server.url, tmp_path / "files")
        try:
            enqueue(worker)
            worker.start(children=2, app="tests.learning.storm_jobs")
            assert worker.process is not None
            until(_workers, "a job", log=worker.log)
            before = set(children_of(worker.process.pid))
            for _ in range(RESTARTS):
                until(lambda: server.blocked() or all_done(), "the worker to read again", log=worker.log)
                server.restart(number)
            done_in_the_end(worker, monkeypatch)
            assert set(children_of(worker.process.pid)) == before, "no child was ended for it"
            assert set(OverlapChange.objects.values_list("attempt", flat=True)) == {1}
        finally:
            worker.kill()


def test_a_child_may_grow_by_so_much_unless_a_limit_is_given(monkeypatch, settings):
    monkeypatch.setattr(jobs.warm, "load", lambda: None)
    monkeypatch.setattr(jobs.gc, "freeze", lambda: None)
    worker = SimpleNamespace(max_memory_per_child=None)
    jobs.warm_up(sender=worker)
    assert worker.max_memory_per_child == pytest.approx(jobs.mem_rss() + 32 * 1024, rel=0.1)
    given = SimpleNamespace(max_memory_per_child=7)
    settings.WORKER_MAY_GROW_MB = 0
    jobs.warm_up(sender=given)
    assert given.max_memory_per_child == 7


def test_a_child_that_has_grown_is_replaced_after_its_job_and_never_in_it(real_worker: RealWorker, monkeypatch):
    real_worker.environment["WORKER_MAX_MEMORY_MB"] = "1"  # every child has more
    enqueue(real_worker)
    real_worker.start(children=1, app="tests.learning.storm_jobs")
    done_in_the_end(real_worker, monkeypatch)
    assert set(OverlapChange.objects.values_list("attempt", flat=True)) == {1}
    workers = set(OverlapChange.objects.values_list("worker", flat=True))
    assert len(workers) >= JOBS - 1, "each job had a process of its own"
