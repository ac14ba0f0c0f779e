"""When repeated work was last begun and done, told by the database's clock."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from labeling.models import ImportBatch, SweepRecord
from labeling.services.housekeeping.sweep import sweep_labeling
from tests.concurrency.together import together
from tests.factories import make_project

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def test_a_sweep_leaves_the_time_at_which_it_ended():
    assert not SweepRecord.objects.exists()
    sweep_labeling()
    assert SweepRecord.objects.filter(name="labeling", finished_at__isnull=False).exists()
    assert not SweepRecord.objects.older_than(60).exists()
    SweepRecord.objects.update(finished_at=Now() - timedelta(seconds=61))
    assert SweepRecord.objects.older_than(60).get().name == "labeling"


def test_of_all_who_ask_at_once_one_gets_the_work_until_it_is_due_again():
    assert sorted(together([lambda: SweepRecord.objects.claim("nightly", 3600)] * 8)) == [False] * 7 + [True]
    assert not SweepRecord.objects.claim("nightly", 3600)
    SweepRecord.objects.update(started_at=Now() - timedelta(seconds=3601))
    assert SweepRecord.objects.claim("nightly", 3600)


def test_a_clock_that_was_put_back_does_not_keep_the_work_waiting():
    SweepRecord.objects.create(name="nightly", started_at=Now() + timedelta(days=300))
    assert SweepRecord.objects.claim("nightly", 3600)
    assert not SweepRecord.objects.claim("nightly", 3600)


def test_a_job_is_made_by_the_database_s_clock(monkeypatch):
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(hours=3))
    batch = ImportBatch.objects.create(project=make_project(), format="csv", path="x")
    assert abs((batch.created_at - now).total_seconds()) < 600
