"""Who is alive: processes of this machine by their number and start, other machines by their heartbeat."""

import os
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, connections
from django.db.models.functions import Now

from labeling.jobs import leave_nothing_held
from labeling.models import ImportBatch, WorkerMachine
from labeling.models.process_name import is_alive, machine_name, process_name
from labeling.models.worker_machine import WorkerMachineQuerySet
from labeling.services.jobs import liveness
from learning.models import Run
from tests.factories import make_project
from tests.learning.conftest import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

ELSEWHERE = "elsewhere.00000000:7:7"


@pytest.fixture
def sleeper():
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


def running(worker: str, *, silent_s: float = 0.0) -> Run:
    run = Run.objects.create(project=make_project(), trigger="manual", state="running", attempt=1, worker=worker)
    Run.objects.filter(pk=run.pk).update(heartbeat_at=Now() - timedelta(seconds=silent_s))
    return run


def test_it_goes_on_after_a_beat_that_the_database_refused(monkeypatch):
    beats, beaten_twice = [], threading.Event()

    def beat(self, name):
        beats.append(name)
        if len(beats) == 1:
            raise OperationalError("database is locked")
        beaten_twice.set()

    monkeypatch.setattr(WorkerMachineQuerySet, "beat", beat)
    monkeypatch.setattr(liveness, "BEAT_EVERY_S", 0.01)
    liveness.start()
    try:
        assert beaten_twice.wait(20)
    finally:
        liveness.stop()


def test_a_killed_worker_whose_end_nobody_asked_for_is_dead(sleeper):
    """The first process of a container may never do so; the pool process of a worker killed -9 waits some seconds."""
    run = running(process_name(sleeper.pid))
    assert Run.objects.lost() == []
    sleeper.kill()
    until(lambda: Run.objects.lost() == [(run.pk, 1)], "the run counts as lost")
    os.kill(sleeper.pid, 0)  # its number still answers


def test_a_number_that_was_given_again_is_another_process(sleeper):
    name = process_name(sleeper.pid)
    assert is_alive(name)
    earlier = name.rpartition(":")[0] + ":12"
    assert not is_alive(earlier)
    run = running(earlier)
    assert Run.objects.lost() == [(run.pk, 1)]


def test_a_live_process_of_this_machine_keeps_its_job_however_silent_it_is(sleeper):
    running(process_name(sleeper.pid), silent_s=86_400)
    assert Run.objects.lost() == []


def test_a_job_elsewhere_is_lost_when_neither_it_nor_its_machine_has_been_heard_of():
    run = running(ELSEWHERE, silent_s=3_600)
    WorkerMachine.objects.beat("elsewhere.00000000")
    assert Run.objects.lost() == [], "it computes for long, its machine lives"
    WorkerMachine.objects.update(beat_at=Now() - timedelta(seconds=11))
    assert Run.objects.lost() == [(run.pk, 1)]
    Run.objects.update(heartbeat_at=Now() - timedelta(seconds=1))
    assert Run.objects.lost() == [], "it has just said so itself"


def test_the_parent_lets_go_of_what_its_dead_children_held(sleeper):
    dead, held = running(f"{machine_name()}:999999999:1"), running(process_name(sleeper.pid))
    liveness.beat()
    dead.refresh_from_db()
    held.refresh_from_db()
    assert (dead.worker, held.worker) == ("", process_name(sleeper.pid))
    assert [pk for pk, _ in Run.objects.lost()] == [dead.pk]
    assert WorkerMachine.objects.alive().get().name == machine_name()


def test_a_child_knows_that_its_parent_beats_and_starts_no_thread():
    liveness.start()
    try:
        pid = os.fork()
        if pid == 0:  # the child: no pytest, no database
            liveness.start()
            os._exit(0 if threading.active_count() == 1 and liveness._heartbeat.is_on else 1)
        assert os.waitpid(pid, 0)[1] == 0
    finally:
        liveness.stop()


def test_a_job_whose_end_the_database_did_not_hear_is_let_go_when_the_database_is_back(monkeypatch):
    """It stayed "running" for 62 s after a restart of 3.4 s: its process lived on."""
    batch = ImportBatch.objects.create(project=make_project(), format="csv", path="x")
    assert ImportBatch.objects.all().claim(batch.pk) == 1
    monkeypatch.setattr(type(connections["default"]), "ensure_connection", _away)
    connection.close()
    back = threading.Timer(0.5, monkeypatch.undo)
    back.start()
    leave_nothing_held()
    back.join()
    assert ImportBatch.objects.all().requeue_lost() == [batch.pk]


def _away(self):
    raise OperationalError("could not connect to server")
