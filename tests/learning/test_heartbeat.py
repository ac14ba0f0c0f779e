"""The heartbeat of a run that computes for long."""

import os
import subprocess
import sys
import threading

import pytest
from django.db import OperationalError
from django.utils import timezone

from labeling.models.job_record import worker_name
from learning.models import Run
from learning.models.run import RunQuerySet
from learning.services import steps
from tests.factories import make_project
from tests.learning.conftest import until

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_goes_on_after_a_beat_that_the_database_refused(monkeypatch):
    run = Run.objects.create(project=make_project(), trigger="manual", state="running", attempt=1)
    beats, beaten_twice = [], threading.Event()

    def beat(self, *args):
        beats.append(args)
        if len(beats) == 1:
            raise OperationalError("database is locked")
        beaten_twice.set()

    monkeypatch.setattr(RunQuerySet, "beat", beat)
    monkeypatch.setattr(steps, "BEAT_S", 0.01)
    with steps.heartbeat(run.pk, 1):
        assert beaten_twice.wait(5)


def test_a_killed_worker_whose_end_nobody_asked_for_is_dead():
    """The first process of a container may never do so; the pool process of a worker killed -9 waits some seconds."""
    worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    host = worker_name().partition(":")[0]
    run = Run.objects.create(
        project=make_project(), trigger="manual", state="running", attempt=1,
        worker=f"{host}:{worker.pid}", heartbeat_at=timezone.now(),
    )  # fmt: skip
    try:
        assert Run.objects.lost() == []
        worker.kill()
        until(lambda: Run.objects.lost() == [(run.pk, 1)], "the run counts as lost")
        os.kill(worker.pid, 0)  # its number still answers
    finally:
        worker.kill()
        worker.wait()
