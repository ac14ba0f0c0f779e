"""A job that meets a full disk, a lock or a lost connection is put back, says why it waits, and goes on by itself."""

import errno
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from labeling.models import ImportBatch, JobState, OverlapChange, ProjectDeletion, Snapshot
from labeling.services.exports.snapshots import run_snapshot, start_snapshot
from labeling.services.housekeeping import sweep
from labeling.services.imports import run_import, start_import
from labeling.services.imports.run import MAX_FRUITLESS_ATTEMPTS
from labeling.services.jobs import attempts
from labeling.services.jobs.attempts import wait_before_retry_s
from labeling.services.outages.causes import OUTAGES, Cause
from labeling.services.projects import deletion
from labeling.services.projects.overlap_changes import run_overlap_change, start_overlap_change
from learning.models import Alert, Run
from learning.services.pipeline.run import MAX_ATTEMPTS, run_training
from learning.services.runs.decide import decide
from learning.services.runs.sweep import sweep_runs
from tests.factories import make_items
from tests.learning.people import answer_some, make_text_project
from tests.outages.trouble import full_database

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

TROUBLES = {
    "full disk": OSError(errno.ENOSPC, "No space left on device"),
    "lock": OperationalError("database is locked"),
    "lost connection": InterfaceError("connection already closed"),
}


def an_import(project, people, monkeypatch):
    pk = start_import(people.manager, project, rows=[{"text": "a"}]).pk
    return ImportBatch.objects.filter(pk=pk), run_import, "labeling.services.imports.run._import"


def a_snapshot(project, people, monkeypatch):
    make_items(project, ["a"])
    pk = start_snapshot(people.manager, project, rows="items").pk
    return Snapshot.objects.filter(pk=pk), run_snapshot, "labeling.services.exports.snapshots._write"


def a_deletion(project, people, monkeypatch):
    make_items(project, ["a"])
    monkeypatch.setattr(deletion, "AT_ONCE_ROWS", 0)
    pk = deletion.delete_project(people.manager, project).pk
    return (
        ProjectDeletion.objects.filter(pk=pk),
        deletion.run_deletion,
        "labeling.services.projects.deletion._delete_in_batches",
    )


def an_overlap_change(project, people, monkeypatch):
    make_items(project, ["a"])
    pk = start_overlap_change(people.manager, project).pk
    return (
        OverlapChange.objects.filter(pk=pk),
        run_overlap_change,
        "labeling.services.projects.overlap_changes.apply_overlap",
    )


def a_run(project, people, monkeypatch):
    learned = make_text_project(people.manager, slug="learned", n_pool=60, n_eval=0, retrain_every=5)
    answer_some(learned, people.annotator, 20)
    return Run.objects.filter(pk=decide(learned.pk).pk), run_training, "learning.families.labels.training_data.freeze"


JOBS = [an_import, a_snapshot, a_deletion, an_overlap_change, a_run]


@pytest.fixture
def announced(monkeypatch):
    """Ids of the jobs that a sweep announces."""
    woken = []
    monkeypatch.setattr(sweep, "enqueue", lambda job, pk: bool(woken.append(pk)) or True)
    return woken


def swept(announced) -> set[int]:
    announced.clear()
    sweep.sweep_labeling()
    sweep_runs()
    return set(announced)


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("make", JOBS)
def test_a_job_that_meets_an_outage_goes_on_by_itself(project, people, monkeypatch, announced, make, trouble):
    rows, run, place = make(project, people, monkeypatch)
    pk = rows.get().pk

    def meets_it(*args, **more):
        raise TROUBLES[trouble]

    monkeypatch.setattr(place, meets_it)
    run(pk)
    waits = rows.get()
    assert waits.state in (JobState.QUEUED, JobState.RUNNING)
    assert waits.error.startswith("Waits: ")
    assert waits.put_backs == 1
    assert pk not in swept(announced), "not before its time"
    rows.update(retry_at=timezone.now() - timedelta(seconds=1))
    assert pk in swept(announced)
    monkeypatch.undo()
    run(pk)
    done = rows.get()
    assert (done.state, done.error) == (JobState.DONE, "")
    assert not Alert.objects.open().exists()


@pytest.mark.parametrize("make", JOBS)
def test_outages_are_nobodys_death(project, people, monkeypatch, make):
    """A job is given up after ten workers that died over it; not after a day with a full disk."""
    rows, run, place = make(project, people, monkeypatch)
    with monkeypatch.context() as broken:
        broken.setattr(place, lambda *args, **more: (_ for _ in ()).throw(TROUBLES["full disk"]))
        for _ in range(max(MAX_FRUITLESS_ATTEMPTS, MAX_ATTEMPTS) + 2):
            run(rows.get().pk)
            rows.update(retry_at=timezone.now() - timedelta(seconds=1))
    run(rows.get().pk)
    assert rows.get().state == JobState.DONE


@pytest.mark.parametrize("make", JOBS)
def test_a_mistake_of_ours_still_ends_the_job(project, people, monkeypatch, make):
    rows, run, place = make(project, people, monkeypatch)
    monkeypatch.setattr(place, lambda *args, **more: (_ for _ in ()).throw(ZeroDivisionError("ours")))
    with suppress(ZeroDivisionError):
        run(rows.get().pk)
    assert rows.get().state == JobState.FAILED


def test_a_database_that_is_full_itself_gets_the_job_back_once_there_is_room(project, people, monkeypatch):
    if connection.vendor != "sqlite":
        pytest.skip("fills an SQLite database")
    batch = start_import(people.manager, project, rows=[{"text": f"message {n} " * 50} for n in range(3000)])
    rows, tries = ImportBatch.objects.filter(pk=batch.pk), []
    put_back_for = type(rows).put_back_for

    def refused_at_first(self, *args):
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("database or disk is full")
        return put_back_for(self, *args)

    monkeypatch.setattr(type(rows), "put_back_for", refused_at_first)
    monkeypatch.setattr(attempts, "TRY_AGAIN_S", 0.01)
    with full_database():
        assert run_import(batch.pk)["outcome"] == "put back: disk_full"
    assert rows.get().state == JobState.QUEUED
    assert len(tries) == 3
    run_import(batch.pk)
    assert (rows.get().state, rows.get().accepted) == (JobState.DONE, 3000)


def test_a_queued_run_waits_behind_one_that_was_put_back(project, people, monkeypatch):
    rows, run, place = a_run(project, people, monkeypatch)
    first = rows.get()
    with monkeypatch.context() as broken:

        def meets_it(*args, **more):
            Run.objects.create(project=first.project, trigger="manual")
            raise TROUBLES["full disk"]

        broken.setattr(place, meets_it)
        run(first.pk)
    second = Run.objects.exclude(pk=first.pk).get()
    assert run(second.pk)["state"] == JobState.QUEUED
    rows.update(retry_at=timezone.now() - timedelta(seconds=1))
    assert Run.objects.waiting().get() == first
    run(first.pk)
    assert rows.get().state == JobState.DONE
    run(second.pk)
    second.refresh_from_db()
    assert second.state == JobState.DONE


def test_each_time_it_waits_longer_up_to_a_limit():
    full, busy = OUTAGES[Cause.DISK_FULL], OUTAGES[Cause.BUSY]
    assert [wait_before_retry_s(full, times) for times in (0, 1, 2, 50)] == [30, 60, 120, 300]
    assert [wait_before_retry_s(busy, times) for times in (0, 1, 2, 50)] == [2, 4, 8, 8]


def test_a_clock_that_was_put_back_keeps_no_job_waiting(project, people, monkeypatch):
    rows, _, _ = an_import(project, people, monkeypatch)
    rows.update(retry_at=timezone.now() + timedelta(hours=2))
    assert rows.may_be_tried().exists()
    rows.update(retry_at=timezone.now() + timedelta(seconds=60))
    assert not rows.may_be_tried().exists()
