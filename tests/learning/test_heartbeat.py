"""The heartbeat of a run that computes for long."""

import threading

import pytest
from django.db import OperationalError

from learning.models import Run
from learning.models.run import RunQuerySet
from learning.services import steps
from tests.factories import make_project

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
