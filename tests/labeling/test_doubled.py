"""Eval items that two people answer: drawn at import, done with one answer, counted the same everywhere."""

from contextlib import suppress

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from labeling.models import Item, Progress, Split, Task
from labeling.models.permission import Permission
from labeling.pages.project import next_step
from labeling.selectors.annotating import standing
from labeling.selectors.progress import progress
from labeling.selectors.recount import differences
from labeling.services.answers.record import LeaseLost, record_answer, skip, take_back
from labeling.services.imports import run_import, start_import
from labeling.services.projects import manage as projects
from labeling.services.projects.recount import repair
from labeling.services.serving.doubled import slots_of
from labeling.services.serving.leases import expire_overdue
from labeling.services.serving.next_tasks import next_tasks

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr("labeling.services.jobs.enqueue.enqueue", lambda job, *args: True)


def bring_in(people, project, n: int = 60, **settings) -> None:
    projects.update_project(people.manager, project, settings={"eval_share": 0.5, **settings})
    run_import(start_import(people.manager, project, rows=[{"text": f"text {n}"} for n in range(n)]).pk)
    project.refresh_from_db()


def slots(project) -> set[tuple[str, int, int]]:
    return set(Item.objects.filter(project=project).values_list("split", "annotations_required", "extra_slots"))


def answer_all(project, person) -> set[int]:
    answered = set()
    while tasks := next_tasks(person, project, 50):
        for task in tasks:
            record_answer(person, task.pk, {"label": "ham"}, 1000)
            answered.add(task.item_id)
    return answered


def test_a_share_of_the_eval_items_gets_two_slots_and_needs_one_answer(people, project):
    bring_in(people, project, n=1000)
    assert slots(project) == {("pool", 1, 0), ("eval", 1, 0), ("eval", 2, 1)}
    held = Item.objects.filter(project=project, split=Split.EVAL)
    assert 0.12 < held.filter(extra_slots=1).count() / held.count() < 0.28  # 0.2 +- 4.5 standard errors
    assert set(held.filter(extra_slots=1)) == {item for item in held if slots_of("eval", item.draw_key, 1, 0.2)[1]}
    assert list(differences(project)) == []


def test_one_person_finishes_and_a_second_is_asked_for_the_doubled_ones_only(people, project):
    bring_in(people, project)
    doubled = set(Item.objects.filter(project=project, extra_slots=1).values_list("pk", flat=True))
    assert doubled
    assert len(answer_all(project, people.annotator)) == 60
    counts = progress(project)
    assert (counts["done"], counts["share_done"], counts["eval"]["open"]) == (60, 1.0, len(doubled))
    shown = standing(people.annotator, project)["project"]
    assert shown["done"] + shown["set_aside"] >= shown["items"], "the page says: all done"
    step = next_step(project, counts, frozenset({Permission.LABEL, Permission.VIEW}), is_importing=False)
    assert step.text.startswith(f"Every item has its answers; a second person’s to {len(doubled)} of them")
    assert list(differences(project)) == []
    assert answer_all(project, people.reviewer) == doubled
    assert Progress.objects.get(project=project).eval_open == 0
    assert progress(project)["done"] == 60
    assert list(differences(project)) == []


def test_overlap_and_share_can_change_while_people_answer(people, project):
    def change(**settings):
        projects.update_project(people.manager, project, settings=settings)
        assert list(differences(project)) == []
        return slots(project)

    bring_in(people, project)
    drawn = set(Item.objects.filter(project=project, extra_slots=1))
    for task in next_tasks(people.annotator, project, 20):
        record_answer(people.annotator, task.pk, {"label": "ham"}, 1000)
    assert change(overlap=3) == {("pool", 3, 0), ("eval", 3, 0)}
    assert change(overlap=1) == {("pool", 1, 0), ("eval", 1, 0), ("eval", 2, 1)}
    assert set(Item.objects.filter(project=project, extra_slots=1)) == drawn
    assert change(eval_double_share=1.0) == {("pool", 1, 0), ("eval", 2, 1)}
    assert change(eval_double_share=0.2) == {("pool", 1, 0), ("eval", 1, 0), ("eval", 2, 1)}
    assert set(Item.objects.filter(project=project, extra_slots=1)) == drawn
    assert change(eval_double_share=0.0) == {("pool", 1, 0), ("eval", 1, 0)}


def test_what_two_have_answered_keeps_both(people, project):
    bring_in(people, project, eval_double_share=1.0)
    for person in (people.annotator, people.reviewer):
        answer_all(project, person)
    projects.update_project(people.manager, project, settings={"eval_double_share": 0.0})
    assert slots(project) == {("pool", 1, 0), ("eval", 2, 0)}
    assert list(differences(project)) == []


def test_off_means_one_answer_each(people, project):
    bring_in(people, project, eval_double_share=0.0)
    assert slots(project) == {("pool", 1, 0), ("eval", 1, 0)}
    with pytest.raises(IntegrityError), transaction.atomic():
        Item.objects.filter(project=project).update(extra_slots=1)


def test_doubled_items_stay_counted_whatever_becomes_of_an_answer(people, project):
    """Taken back, skipped, expired and answered late, set aside, recounted: every stored number stays true."""
    bring_in(people, project, n=60, eval_double_share=1.0)

    def true() -> None:
        assert list(differences(project)) == []

    tasks = next_tasks(people.annotator, project, 30)
    for task in tasks:
        record_answer(people.annotator, task.pk, {"label": "ham"})
    true()
    taken, skipped, unclear = tasks[:3]
    take_back(people.annotator, taken.pk)
    true()
    skip(people.annotator, skipped.pk, "broken")
    true()
    skip(people.annotator, unclear.pk, "unclear")
    true()
    take_back(people.annotator, skipped.pk)
    true()
    projects.update_project(people.manager, project, settings={"overlap": 2})
    true()
    projects.update_project(people.manager, project, settings={"overlap": 1, "eval_double_share": 0.0})
    true()
    held = next_tasks(people.reviewer, project, 20)
    Task.objects.filter(pk__in=[task.pk for task in held]).update(lease_expires_at=timezone.now())
    expire_overdue()
    true()
    projects.update_project(people.manager, project, settings={"eval_double_share": 1.0})
    true()
    for task in held:
        with suppress(LeaseLost):
            record_answer(people.reviewer, task.pk, {"label": "spam"})
        true()
    for person in (people.annotator, people.reviewer, people.manager):
        answer_all(project, person)
        true()
    assert Progress.objects.get(project=project).eval_open == 0
    Progress.objects.filter(project=project).update(eval_done=7, eval_open=3)
    assert len(repair(project)) == 2
    true()
