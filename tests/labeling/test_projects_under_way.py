"""Projects that change or go while something else is at work in them."""

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, OperationalError

from labeling.models import Annotation, ImportBatch, Item, JobState, Project
from labeling.selectors.recount import differences
from labeling.services.exports import snapshots
from labeling.services.housekeeping import sweep
from labeling.services.imports import run_import, start_import
from labeling.services.imports.run import drop_upload
from labeling.services.imports.store import ChunkStore
from labeling.services.jobs.attempts import FencedOff
from labeling.services.projects import deletion, overlap
from labeling.services.projects import manage as projects
from labeling.services.queue import publish as queue
from tests.factories import make_answer, make_items, make_project
from tests.labeling.imports.conftest import picture, zip_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr("labeling.services.jobs.enqueue.enqueue", lambda job, *args: True)


def test_items_of_an_import_that_began_earlier_get_the_new_overlap(project, people, monkeypatch):
    monkeypatch.setattr("labeling.services.imports.readers.jsonl.JsonlReader.chunk_rows", 2)
    batch = start_import(people.manager, project, rows=[{"text": f"text {n}"} for n in range(6)])
    store = ChunkStore.store

    def changed_before_the_last(self, rows, rejections, cursor):
        if cursor == 6:
            projects.update_project(people.manager, Project.objects.get(pk=project.pk), settings={"overlap": 3})
        store(self, rows, rejections, cursor)

    monkeypatch.setattr(ChunkStore, "store", changed_before_the_last)
    run_import(batch.pk)
    assert list(Item.objects.values_list("annotations_required", flat=True)) == [3] * 6


def test_the_overlap_that_was_set_last_holds(project, people):
    make_items(project, ["a", "b"])
    late = Project.objects.get(pk=project.pk)
    Project.objects.filter(pk=project.pk).update(overlap=2)
    late.refresh_from_db()
    projects.update_project(people.manager, project, settings={"overlap": 3})
    overlap.apply_overlap(late)  # the slower of two requests
    assert list(Item.objects.values_list("annotations_required", flat=True)) == [3, 3]
    assert list(differences(project)) == []


def test_a_project_goes_while_pictures_are_imported(people, monkeypatch):
    """A worker stores a chunk after the items were deleted: it is fenced off, or its pictures would protect theirs."""
    photos = make_project(slug="photos", modality="image", labels=("cat", "dog"), manager=people.manager)
    content = zip_of({f"{n}.png": picture(n) for n in range(3)})
    running, queued = (
        start_import(people.manager, photos, file=ContentFile(content), file_name="a.zip") for _ in range(2)
    )
    attempt = ImportBatch.objects.claim(running.pk)
    delete, outcomes = deletion._delete_in_batches, []

    def then_a_chunk_comes(rows, *more):
        delete(rows, *more)
        if rows.model is Item and not outcomes:
            outcomes.append(run_import(queued.pk)["outcome"])
            with pytest.raises(FencedOff):
                ChunkStore(running, attempt, []).store([], [], 1)

    monkeypatch.setattr(deletion, "_delete_in_batches", then_a_chunk_comes)
    deletion.delete_project(people.manager, photos)
    assert outcomes == ["nothing to do"]
    assert not Project.objects.filter(pk=photos.pk).exists()


def test_a_project_goes_while_somebody_answers(project, people, monkeypatch):
    items = make_items(project, ["a", "b"])
    delete, answered = deletion._delete_in_batches, []

    def then_an_answer_comes(rows, *more):
        if rows.model is Item and not answered:
            answered.append(make_answer(items[0], people.annotator, {"label": "ham"}))
        delete(rows, *more)

    monkeypatch.setattr(deletion, "_delete_in_batches", then_an_answer_comes)
    deletion.delete_project(people.manager, project)
    assert answered
    assert not Project.objects.filter(pk=project.pk).exists()
    assert not Annotation.objects.exists()


def test_what_cannot_be_deleted_says_so_in_the_end(project, people, monkeypatch):
    def never(*args):
        raise IntegrityError("planted")

    monkeypatch.setattr(deletion, "_delete_in_batches", never)
    made = deletion.delete_project(people.manager, project)
    made.refresh_from_db()
    assert (made.state, made.error) == (JobState.FAILED, "IntegrityError: planted")


def test_a_ranking_that_ends_while_its_project_goes_is_not_published(project, people, monkeypatch):
    item = make_items(project, ["a"])[0]
    number = queue.reserve_epoch(project.pk)
    delete, published = deletion._delete_in_batches, []

    def then_a_ranking_ends(rows, *more):
        if not published:
            published.append(queue.publish(project.pk, number, [(item.pk, 1.0, 1.0)], "margin", None, 1))
        delete(rows, *more)

    monkeypatch.setattr(deletion, "_delete_in_batches", then_a_ranking_ends)
    deletion.delete_project(people.manager, project)
    assert published == [False]


def test_a_failed_import_whose_upload_is_gone_is_not_tried_again(project, people, browser_of):
    batch = start_import(people.manager, project, rows=[{"text": "a"}])
    ImportBatch.objects.filter(pk=batch.pk).update(state=JobState.FAILED)
    drop_upload(batch)
    page = browser_of(people.superuser).post(
        "/admin/labeling/importbatch/", {"action": "try_again", "_selected_action": [batch.pk]}, follow=True
    )
    batch.refresh_from_db()
    assert (page.status_code, batch.state) == (200, "failed")


def test_a_database_that_is_busy_for_a_moment_costs_no_snapshot(project, people, monkeypatch):
    make_answer(make_items(project, ["a"])[0], people.annotator, {"label": "ham"})
    snapshot = snapshots.start_snapshot(people.manager, project)
    write = snapshots._write

    def busy(*args):
        raise OperationalError("database is locked")

    monkeypatch.setattr(snapshots, "_write", busy)
    assert snapshots.run_snapshot(snapshot.pk)["state"] == "queued"
    snapshot.refresh_from_db()
    assert snapshot.state == JobState.QUEUED
    monkeypatch.setattr(snapshots, "_write", write)
    assert snapshots.run_snapshot(snapshot.pk)["state"] == "done"


def test_a_snapshot_whose_worker_died_is_written_by_whoever_hears_of_it_first(project, people):
    """Before any sweep has put it back: the broker is faster."""
    make_answer(make_items(project, ["a"])[0], people.annotator, {"label": "ham"})
    snapshot = snapshots.start_snapshot(people.manager, project)
    type(snapshot).objects.filter(pk=snapshot.pk).update(
        state=JobState.RUNNING, attempt=1, worker="", heartbeat_at=None
    )
    assert snapshots.run_snapshot(snapshot.pk)["state"] == "done"
    snapshot.refresh_from_db()
    assert (snapshot.attempt, snapshot.row_count) == (2, 1)


@pytest.mark.parametrize("which", ["end_leases", "jobs_in"])
def test_what_fails_in_a_sweep_stops_nothing_else(project, people, monkeypatch, which):
    batch = start_import(people.manager, project, rows=[{"text": "a"}])
    ImportBatch.objects.update(created_at="2026-01-01T00:00Z")
    woken = []

    def broken(*_):
        raise RuntimeError("planted")

    monkeypatch.setattr(sweep, "_open_tasks", lambda: [(1,)])
    monkeypatch.setattr(sweep, which, broken)
    monkeypatch.setattr(sweep, "messages_waiting", lambda: 0)
    monkeypatch.setattr(sweep, "enqueue", lambda job, pk: bool(woken.append(pk)) or True)
    with pytest.raises(ExceptionGroup):
        sweep.sweep_labeling()
    assert woken == [batch.pk]
