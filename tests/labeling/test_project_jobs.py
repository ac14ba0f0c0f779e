"""Deleting a project and changing its overlap, where both are too long for a request."""

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from labeling.models import (
    Annotation,
    GoldTold,
    Item,
    JobState,
    OverlapChange,
    PairQueueEntry,
    PracticeQuestion,
    PracticeRound,
    Project,
    ProjectDeletion,
    QueueEntry,
)
from labeling.selectors.recount import differences
from labeling.services.housekeeping import sweep
from labeling.services.projects import deletion, overlap, overlap_changes
from labeling.services.projects import manage as projects
from tests.factories import make_answer, make_items, make_project

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def woken(monkeypatch):
    """What the broker would be told; every project counts as a large one."""
    told = []
    monkeypatch.setattr(sweep, "messages_waiting", lambda: 0)
    monkeypatch.setattr(
        "labeling.services.jobs.enqueue.enqueue", lambda job, *args: bool(told.append((job, *args))) or True
    )
    monkeypatch.setattr(deletion, "AT_ONCE_ROWS", 0)
    monkeypatch.setattr(deletion, "DELETE_BATCH_ROWS", 2)
    monkeypatch.setattr(overlap_changes, "AT_ONCE_ROWS", 0)
    monkeypatch.setattr(overlap, "BATCH_ROWS", 2)
    return told


@pytest.fixture
def filled(project, people):
    items = make_items(project, ["a", "b", "c", "d", "e"])
    make_answer(items[0], people.annotator, {"label": "ham"})
    default_storage.save(f"snapshots/{project.pk}/a.jsonl", ContentFile(b"{}"))
    default_storage.save(f"previews/{project.pk}/x/y.png", ContentFile(b"."))
    return project


def test_a_deleted_project_is_gone_for_everybody_at_once(filled, people, api, browser_of, woken):
    number, answered = filled.pk, Annotation.objects.get()
    assert api(people.manager).delete("/api/v1/projects/sms/").status_code == 204
    assert Item.objects.count() == 5
    for person in (people.manager, people.annotator, people.superuser):
        client = api(person)
        assert client.get("/api/v1/projects/sms/").status_code == 404
        assert client.get(f"/api/v1/items/{answered.item_id}/original/").status_code == 404
        assert client.get("/api/v1/projects/").json()["results"] == []
        assert b"SMS" not in browser_of(person).get("/").content
        assert browser_of(person).get("/p/sms/").status_code == 404
    record = ProjectDeletion.objects.get()
    assert woken == [("labeling.delete_project", record.pk)]
    assert (record.state, record.name, record.slug, record.created_by) == ("queued", "SMS", "sms", people.manager)
    assert not Project.objects.filter(slug="sms").exists()
    make_project(slug="sms")  # the address is free
    assert Project.objects.get(pk=number).archived_at


def test_no_row_of_another_table_keeps_what_a_deletion_removes_in_bulk():
    """Without the ORM's cascade: the database would refuse, and the project stay for ever."""
    gone_before = {QueueEntry, PairQueueEntry, PracticeQuestion, PracticeRound, GoldTold}
    held = []
    for model in deletion._IN_ORDER:
        gone_before.add(model)
        for other in apps.get_models(include_auto_created=True):
            for field in other._meta.local_concrete_fields:
                if field.related_model is model and field.db_constraint and other not in gone_before:
                    held.append(f"{field} -> {model._meta.label}")
    assert not held


def test_the_job_removes_rows_and_files_and_says_how_far_it_is(filled, people):
    other = make_project(slug="other")
    make_items(other, ["stays"])
    default_storage.save(f"snapshots/{other.pk}/b.jsonl", ContentFile(b"{}"))
    number, record = filled.pk, deletion.delete_project(people.manager, filled)
    assert deletion.run_deletion(record.pk)["state"] == "done"
    record.refresh_from_db()
    assert (record.project, record.done, record.total) == (None, 7, 7)  # five items, a task, an answer
    assert list(Project.objects.all()) == [other]
    assert Item.objects.get().text == "stays"
    assert not default_storage.exists(f"snapshots/{number}/a.jsonl")
    assert not default_storage.exists(f"previews/{number}/x/y.png")
    assert default_storage.exists(f"snapshots/{other.pk}/b.jsonl")
    assert deletion.run_deletion(record.pk)["state"] == "done"


def test_a_second_deletion_of_the_same_project_is_the_first(filled, people):
    first = deletion.delete_project(people.manager, filled)
    assert deletion.delete_project(people.manager, filled) == first


def test_a_deletion_that_failed_hides_the_project_and_can_be_tried_again(filled, people, monkeypatch, browser_of):
    record = deletion.delete_project(people.manager, filled)

    def broken(*args):
        raise OSError("planted")

    monkeypatch.setattr(deletion, "_delete_files", broken)
    with pytest.raises(OSError, match="planted"):
        deletion.run_deletion(record.pk)
    record.refresh_from_db()
    assert (record.state, record.error) == ("failed", "OSError: planted")
    monkeypatch.undo()
    monkeypatch.setattr("labeling.services.jobs.enqueue.enqueue", lambda job, *args: True)
    page = browser_of(people.superuser).post(
        "/admin/labeling/projectdeletion/", {"action": "try_again", "_selected_action": [record.pk]}, follow=True
    )
    assert page.status_code == 200
    assert deletion.run_deletion(record.pk)["state"] == "done"
    assert not default_storage.exists(f"snapshots/{record.project_number}/a.jsonl")


def test_an_attempt_that_was_taken_over_deletes_nothing_more(filled, people, monkeypatch):
    record = deletion.delete_project(people.manager, filled)
    delete = deletion._delete_in_batches

    def taken_over(rows, *more):
        if rows.model is Item:
            ProjectDeletion.objects.update(attempt=9)
        delete(rows, *more)

    monkeypatch.setattr(deletion, "_delete_in_batches", taken_over)
    assert deletion.run_deletion(record.pk)["state"] == "running"
    assert Item.objects.count() == 5


@pytest.fixture
def large(project, people):
    items = make_items(project, list("abcdefg"))
    make_answer(items[0], people.annotator, {"label": "ham"})
    return project


def test_a_new_overlap_is_a_job_and_the_page_says_how_far_it_is(large, people, browser_of, monkeypatch, woken):
    projects.update_project(people.manager, large, settings={"overlap": 2})
    change = OverlapChange.objects.get()
    assert woken == [("labeling.apply_overlap", change.pk)]
    assert set(Item.objects.values_list("annotations_required", flat=True)) == {1}
    seen = []
    batch = overlap._batch

    def looked_at(*batch_of):
        page = browser_of(people.manager).get("/p/sms/settings/?progress", headers={"HX-Request": "true"})
        seen.append(page.content.decode())
        return batch(*batch_of)

    monkeypatch.setattr(overlap, "_batch", looked_at)
    assert overlap_changes.run_overlap_change(change.pk)["state"] == "done"
    assert "0 of 7" in seen[0]
    assert "6 of 7" in seen[3]
    assert set(Item.objects.values_list("annotations_required", flat=True)) == {2}
    assert list(differences(large)) == []
    change.refresh_from_db()
    assert change.changed == 7
    after = browser_of(people.manager).get("/p/sms/settings/?progress", headers={"HX-Request": "true"})
    assert b"hx-get" not in after.content


def test_saving_the_same_settings_changes_no_item(large, people, woken):
    projects.update_project(people.manager, large, settings={"overlap": 1, "eval_double_share": 0.2})
    assert not OverlapChange.objects.exists()
    assert woken == []


def test_changes_that_wait_are_one(large, people):
    for people_each in (2, 3, 4):
        projects.update_project(people.manager, large, settings={"overlap": people_each})
    overlap_changes.run_overlap_change(OverlapChange.objects.get().pk)
    assert set(Item.objects.values_list("annotations_required", flat=True)) == {4}


def test_a_change_that_failed_is_shown_and_tried_again_by_saving(large, people, browser_of, monkeypatch):
    projects.update_project(people.manager, large, settings={"overlap": 2})
    batch = overlap._batch

    def broken(project, source, among):
        if among.filter(ordinal=2).exists():
            raise ValueError("planted")
        return batch(project, source, among)

    monkeypatch.setattr(overlap, "_batch", broken)
    with pytest.raises(ValueError, match="planted"):
        overlap_changes.run_overlap_change(OverlapChange.objects.get().pk)
    assert list(differences(large)) == []  # half of the way, and every count true
    page = browser_of(people.manager).get("/p/sms/settings/").content.decode()
    assert "ValueError: planted" in page
    monkeypatch.setattr(overlap, "_batch", batch)
    projects.update_project(people.manager, large, settings={"overlap": 2})
    again = OverlapChange.objects.get(state=JobState.QUEUED)
    overlap_changes.run_overlap_change(again.pk)
    assert set(Item.objects.values_list("annotations_required", flat=True)) == {2}
    assert "planted" not in browser_of(people.manager).get("/p/sms/settings/").content.decode()


def test_lost_jobs_are_announced_again(large, people, monkeypatch):
    projects.update_project(people.manager, large, settings={"overlap": 2})
    other = make_project(slug="other", manager=people.manager)
    make_items(other, ["x"])
    deletion.delete_project(people.manager, other)
    for model in (OverlapChange, ProjectDeletion):
        model.objects.update(created_at="2026-01-01T00:00Z")
    told = []
    monkeypatch.setattr(sweep, "messages_waiting", lambda: 0)
    monkeypatch.setattr(sweep, "enqueue", lambda job, pk: bool(told.append(job)) or True)
    sweep.sweep_labeling()
    assert told == ["labeling.delete_project", "labeling.apply_overlap"]
