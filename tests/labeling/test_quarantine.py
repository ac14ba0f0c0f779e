"""Leaving a person's answers out and counting them again: what it does to questions, exports and consensus."""

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from labeling import signals
from labeling.consensus import left_out
from labeling.models import Annotation, Member, Progress, Quarantine, Task, TaskState
from labeling.selectors.agreement import agreement
from labeling.selectors.export import Filters, bounded, export_rows
from labeling.selectors.quarantine import person_named
from labeling.selectors.recount import differences
from labeling.selectors.row_count import export_row_count
from labeling.services.answers.record import record_answer, skip
from labeling.services.exports.snapshots import opened, run_snapshot, start_snapshot
from labeling.services.items import status as items_service
from labeling.services.projects.manage import remove_member, set_member
from labeling.services.quality.quarantine import lift, set_in_quarantine
from labeling.services.serving.next_tasks import next_tasks
from labeling.services.validation.errors import Invalid
from tests.factories import make_answer, make_items

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

HAM, SPAM = {"label": "ham"}, {"label": "spam"}


@pytest.fixture
def answered(project, people):
    """Two items with two answers each, one with the annotator's only."""
    type(project).objects.filter(pk=project.pk).update(overlap=2)
    project.refresh_from_db()
    rows = make_items(project, ["a", "b", "c"])
    for item in rows:
        make_answer(item, people.annotator, SPAM)
    for item in rows[:2]:
        make_answer(item, people.reviewer, HAM)
    return rows


@pytest.fixture
def quarantined(project, people, answered):
    return set_in_quarantine(people.manager, project, "annotator", "Always spam.")


def changes(project):
    return Progress.objects.get(project=project).changes


def test_nothing_is_deleted_and_the_record_says_who_and_why(project, people, quarantined):
    assert Annotation.objects.filter(project=project).count() == 5
    assert (quarantined.name, quarantined.reason, quarantined.set_by) == ("annotator", "Always spam.", people.manager)
    assert list(differences(project)) == []
    lifted = lift(people.manager, quarantined, "We talked.")
    assert (lifted.lift_reason, lifted.lifted_by) == ("We talked.", people.manager)
    assert lifted.lifted_at is not None
    assert Quarantine.objects.count() == 1


def test_nothing_more_is_asked_of_the_person_until_it_is_lifted(project, people, answered):
    make_items(project, ["d", "e"])
    (open_task,) = next_tasks(people.annotator, project)
    row = set_in_quarantine(people.manager, project, "annotator", "A coin.")
    open_task.refresh_from_db()
    assert open_task.lease_expires_at <= row.set_at
    for forbidden in (
        lambda: next_tasks(people.annotator, project),
        lambda: record_answer(people.annotator, open_task.pk, HAM),
    ):
        with pytest.raises(PermissionDenied, match="set aside for now"):
            forbidden()
    lift(people.manager, row, "We talked.")
    record_answer(people.annotator, open_task.pk, HAM)
    assert Task.objects.get(pk=open_task.pk).state == TaskState.ANSWERED
    assert list(differences(project)) == []


def test_somebody_who_leaves_and_comes_back_is_still_in_quarantine(project, people, quarantined):
    remove_member(project, people.annotator)
    assert set_member(project, people.annotator, "annotator").is_quarantined
    remove_member(project, people.annotator)
    lift(people.manager, quarantined, "Enough.")
    assert not set_member(project, people.annotator, "annotator").is_quarantined


def test_exports_keep_the_answers_and_mark_them(project, quarantined):
    rows = list(export_rows(project, "annotations", Filters()))
    assert [(row["annotator"], row["quarantined"]) for row in rows] == [
        ("annotator", True), ("annotator", True), ("annotator", True), ("reviewer", False), ("reviewer", False),
    ]  # fmt: skip


def test_a_consensus_does_not_count_them(project, people, quarantined):
    rows = list(export_rows(project, "items", Filters()))
    assert [(row["label"], row["votes"]) for row in rows] == [("ham", 1), ("ham", 1)]
    assert export_row_count(project, "items", Filters()) == 2
    assert agreement(project)["items"] == 0
    lift(people.manager, quarantined, "We talked.")
    rows = list(export_rows(project, "items", Filters()))
    assert [(row["label"], row["votes"]) for row in rows] == [(None, 2), (None, 2), ("spam", 1)]
    assert agreement(project)["items"] == 2


def test_a_snapshot_is_of_the_moment_it_was_asked_for(project, people, answered):
    snapshot = start_snapshot(people.manager, project, export_format="jsonl", rows="annotations")
    moment = bounded(project, Filters())
    set_in_quarantine(people.manager, project, "annotator", "A coin.")
    assert not any(row["quarantined"] for row in export_rows(project, "annotations", moment))
    run_snapshot(snapshot.pk)
    snapshot.refresh_from_db()
    lines = opened(snapshot).read().splitlines()
    assert [json.loads(line)["quarantined"] for line in lines] == [False] * 5


def test_who_was_left_out_then_is_still_known(project, people, quarantined):
    before, during = quarantined.since_change - 1, changes(project)
    lift(people.manager, quarantined, "We talked.")
    assert [bool(left_out(project, moment)) for moment in (before, during, changes(project), None)] == [
        False, True, False, False,
    ]  # fmt: skip
    assert left_out(project, during).users == {people.annotator.pk}


@pytest.mark.parametrize(
    ("name", "reason", "field"),
    [
        ("nobody", "why", "annotator"),
        ("annotator", " ", "reason"),
        ("stranger", "x", "annotator"),
        ("a\0", "x", "annotator"),
    ],
)
def test_what_cannot_be(project, people, answered, name, reason, field):
    with pytest.raises(Invalid) as refused:
        set_in_quarantine(people.manager, project, name, reason)
    assert refused.value.field == field
    assert not Quarantine.objects.exists()


def test_once_at_a_time_and_lifted_once(project, people, quarantined):
    with pytest.raises(Invalid, match="already"):
        set_in_quarantine(people.manager, project, "annotator", "Again.")
    with pytest.raises(IntegrityError), transaction.atomic():
        Quarantine.objects.create(project=project, annotator=people.annotator, reason="x", since_change=1)
    lift(people.manager, quarantined, "Done.")
    with pytest.raises(Invalid, match="over already"):
        lift(people.manager, quarantined, "Again.")
    assert set_in_quarantine(people.manager, project, "annotator", "Again after all.").pk != quarantined.pk


def test_only_managers_may(project, people, quarantined):
    for act in (
        lambda: set_in_quarantine(people.reviewer, project, "reviewer", "x"),
        lambda: lift(people.reviewer, quarantined, "x"),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_answers_that_stop_counting_are_counted_as_changes(
    project, people, answered, django_capture_on_commit_callbacks
):
    heard = []
    signals.answers_changed.connect(lambda project_id, **_: heard.append(project_id), weak=False, dispatch_uid="test")
    try:
        with django_capture_on_commit_callbacks(execute=True):
            row = set_in_quarantine(people.manager, project, "annotator", "A coin.")
    finally:
        signals.answers_changed.disconnect(dispatch_uid="test")
    assert (changes(project), row.since_change, heard) == (3, 3, [project.pk])
    lift(people.manager, row, "Done.")
    assert changes(project) == 6
    set_in_quarantine(people.manager, project, "manager", "Answered nothing, but each change has a number.")
    assert changes(project) == 7


def test_an_item_set_aside_or_restored_is_a_change_by_its_answers(project, people, answered):
    items_service.set_aside(people.reviewer, answered[0])
    assert changes(project) == 2
    items_service.set_aside(people.reviewer, answered[0])
    assert changes(project) == 2
    items_service.restore(people.reviewer, answered[0])
    assert changes(project) == 4
    (unanswered,) = make_items(project, ["d"])
    items_service.set_aside(people.reviewer, unanswered)
    assert changes(project) == 4
    Annotation.objects.create(project=project, item=unanswered, source="import", answer=HAM)
    items_service.restore(people.reviewer, unanswered)
    assert changes(project) == 5


def test_a_skip_that_sets_an_answered_item_aside_is_a_change(project, people):
    type(project).objects.filter(pk=project.pk).update(overlap=2)
    project.refresh_from_db()
    (item,) = make_items(project, ["a"])
    make_answer(item, people.reviewer, HAM)
    (task,) = next_tasks(people.annotator, project)
    skip(people.annotator, task.pk, "broken")
    assert changes(project) == 1


def test_an_annotator_known_by_imports_only(project, people):
    assert person_named(project, "maria") is None
    (item,) = make_items(project, ["a"])
    Annotation.objects.create(project=project, item=item, source="import", answer=HAM, imported_annotator="annotator")
    Annotation.objects.filter(item=item).update(imported_annotator="maria")
    assert person_named(project, "maria") == "maria"
    row = set_in_quarantine(people.manager, project, "maria", "A coin.")
    assert (row.annotator, row.name) == (None, "maria")
    out = left_out(project)
    assert out.covers(None, "maria")
    assert not out.covers(people.annotator.pk, "maria")
    Annotation.objects.filter(item=item).update(imported_annotator="annotator")
    assert person_named(project, "annotator") == people.annotator
    assert person_named(project, "annotator (imported)") == "annotator"


def test_over_rest(project, people, answered, api):
    client = api(people.manager)
    path = f"/api/v1/projects/{project.slug}/quarantines/"
    made = client.post(path, {"annotator": "annotator", "reason": "A coin."}, format="json")
    assert made.status_code == 201
    assert made.json() | {"id": 0, "set_at": ""} == {
        "id": 0, "annotator": "annotator", "imported": False, "answers": 3, "reason": "A coin.", "set_by": "manager",
        "set_at": "", "lift_reason": "", "lifted_by": None, "lifted_at": None,
    }  # fmt: skip
    again = client.post(path, {"annotator": "annotator", "reason": "A coin."}, format="json")
    assert (again.status_code, list(again.json())) == (400, ["annotator"])
    assert client.post(path, {"annotator": "annotator"}, format="json").status_code == 400
    asked = api(people.annotator).post(f"/api/v1/projects/{project.slug}/tasks/next/", {"count": 1}, format="json")
    assert asked.status_code == 403
    lift_path = f"/api/v1/quarantines/{made.json()['id']}/lift/"
    assert client.post(lift_path, {"reason": "We talked."}, format="json").json()["lifted_by"] == "manager"
    assert client.post(lift_path, {"reason": "We talked."}, format="json").status_code == 400
    assert [row["lift_reason"] for row in client.get(path).json()["results"]] == ["We talked."]
    members = client.get(f"/api/v1/projects/{project.slug}/members/").json()["results"]
    assert not any(row["is_quarantined"] for row in members)


def test_on_the_members_page(project, people, answered, browser_of):
    client, page = browser_of(people.manager), f"/p/{project.slug}/members/"
    assert "annotator, 3 answers" in client.get(page).content.decode()
    said = client.post(f"{page}quarantine/", {"annotator": "annotator", "reason": "A coin."}, follow=True)
    words = " ".join(said.content.decode().split())
    assert "annotator is in quarantine: 3 answers are left out from the next run on." in words
    assert "3 answers left out" in words
    row = Quarantine.objects.get()
    assert "Say why." in client.post(f"{page}quarantine/{row.pk}/lift/", {"reason": ""}, follow=True).content.decode()
    words = client.post(f"{page}quarantine/{row.pk}/lift/", {"reason": "Talked."}, follow=True).content.decode()
    assert "The answers of annotator count again from the next run on." in words
    assert "Counted again: Talked." in words
    assert not Member.objects.get(user=people.annotator).is_quarantined
