"""An item whose answer is doubted is put to one more person, next of all, and says why it was put."""

import pytest
from django.core.exceptions import PermissionDenied

from labeling.models import Annotation, AskedAgain, AuditEvent, Item, Member, Progress, Role, Split, Task
from labeling.selectors.export import Filters, export_rows
from labeling.selectors.recount import differences
from labeling.services.answers.record import record_answer
from labeling.services.items.doubted import ask_somebody_else
from labeling.services.items.status import set_aside
from labeling.services.projects.deletion import delete_project
from labeling.services.projects.manage import update_project
from labeling.services.queue.publish import publish, reserve_epoch
from labeling.services.serving.next_tasks import next_tasks
from labeling.services.validation.errors import Invalid
from learning.families.labels.ranking import open_pool
from tests.factories import UserFactory, make_answer, make_items

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def second(project):
    """A second annotator."""
    person = UserFactory()
    Member.objects.create(project=project, user=person, role=Role.ANNOTATOR)
    return person


def answered(project, person, n: int = 3, split: Split = Split.POOL) -> list[Item]:
    items = make_items(project, [f"{split} {number}" for number in range(n)], split=split)
    for item in items:
        make_answer(item, person, {"label": "ham"})
    return items


def miscounts(project) -> list[str]:
    return [str(found) for found in differences(project)]


def test_it_is_put_once_more_but_not_to_whoever_answered(project, people, second):
    first, *_ = answered(project, people.annotator)
    assert ask_somebody_else(people.reviewer, project, [first.pk]) == [first.pk]
    assert miscounts(project) == []
    assert next_tasks(people.annotator, project, 5) == []
    (task,) = next_tasks(second, project, 5)
    assert task.item_id == first.pk
    record_answer(second, task.pk, {"label": "spam"}, None)
    assert miscounts(project) == []
    assert next_tasks(people.reviewer, project, 5) == []
    assert Progress.objects.get(project=project).pool_done == 3
    assert AuditEvent.objects.filter(action="item.asked_again", user_name="reviewer").count() == 1


def test_the_next_ranking_puts_it_first_and_says_that_it_was_doubted(project, people, second):
    doubted, *_ = answered(project, people.annotator)
    fresh = make_items(project, ["new one", "new two"])
    ask_somebody_else(people.reviewer, project, [doubted.pk])
    pool = open_pool(project, 10)
    assert dict(zip(pool.item_ids.tolist(), pool.again.tolist(), strict=True)) == {
        doubted.pk: True, fresh[0].pk: False, fresh[1].pk: False,
    }  # fmt: skip
    entries = [(doubted.pk, 1.0, 1.0), (fresh[0].pk, 0.9, 0.5)]
    epoch = reserve_epoch(project.pk)
    publish(project.pk, epoch, entries, "margin", 7, 2, slots_taken=[1, 0], again=1)
    update_project(people.manager, project, settings={"random_share": 0.0})
    project.refresh_from_db()
    task = next(task for task in next_tasks(second, project, 2) if task.item_id == doubted.pk)
    assert (task.reason, task.propensity, task.draw, task.epoch) == ("relabel", 1.0, None, epoch)
    record_answer(second, task.pk, {"label": "spam"}, None)
    row = next(row for row in export_rows(project, "annotations", Filters()) if row["reason"] == "relabel")
    assert row["weight_lure"] is None


def test_it_stays_asked_again_whatever_the_overlap_becomes(project, people, second):
    doubted, other, _ = answered(project, people.annotator)
    ask_somebody_else(people.reviewer, project, [doubted.pk])
    for overlap, wanted in ((2, 3), (1, 2)):
        update_project(people.manager, project, settings={"overlap": overlap})
        doubted.refresh_from_db()
        other.refresh_from_db()
        assert (doubted.annotations_required, other.annotations_required) == (wanted, overlap)
        assert miscounts(project) == []


def test_put_again_while_somebody_is_asked_it_changes_nothing_and_later_it_is_a_third(project, people, second):
    doubted, *_ = answered(project, people.annotator)
    assert ask_somebody_else(people.reviewer, project, [doubted.pk]) == [doubted.pk]
    assert ask_somebody_else(people.reviewer, project, [doubted.pk]) == []
    (task,) = next_tasks(second, project, 1)
    record_answer(second, task.pk, {"label": "spam"}, None)
    assert ask_somebody_else(people.reviewer, project, [doubted.pk]) == [doubted.pk]
    assert AskedAgain.objects.get(item=doubted).times == 2
    assert [task.item_id for task in next_tasks(people.reviewer, project, 5)] == [doubted.pk]


def test_what_came_with_an_answer_and_waits_for_people_is_only_asked_next(project, people):
    waiting, other = make_items(project, ["labeled by a file", "not yet"])
    Annotation.objects.create(project=project, item=waiting, source="import", answer={"label": "ham"})
    Progress.objects.filter(project=project).update(imported_annotations=1)
    assert ask_somebody_else(people.reviewer, project, [waiting.pk, other.pk]) == [waiting.pk]
    waiting.refresh_from_db()
    assert (waiting.annotations_required, AskedAgain.objects.get().times) == (1, 0)
    assert open_pool(project, 10).again.tolist() == [True, False]
    assert ask_somebody_else(people.reviewer, project, [waiting.pk]) == [], "it waits already"
    assert miscounts(project) == []


def test_where_nobody_is_left_to_be_asked_it_is_left_out(project, people):
    Member.objects.filter(project=project).exclude(user=people.annotator).delete()
    doubted, *_ = answered(project, people.annotator)
    people.annotator.is_superuser = True
    assert ask_somebody_else(people.annotator, project, [doubted.pk]) == []
    assert not AskedAgain.objects.exists()


def test_what_measures_is_refused_and_nothing_is_changed(project, people, second):
    (held_out,) = answered(project, people.annotator, 1, Split.EVAL)
    (doubted,) = answered(project, people.annotator, 1)
    with pytest.raises(Invalid, match="pool"):
        ask_somebody_else(people.reviewer, project, [doubted.pk, held_out.pk])
    assert not AskedAgain.objects.exists()


def test_what_is_set_aside_or_has_no_answer_yet_is_left_out(project, people, second):
    aside, _, _ = answered(project, people.annotator)
    set_aside(people.reviewer, aside)
    (bare,) = make_items(project, ["not answered yet"])
    assert ask_somebody_else(people.reviewer, project, [aside.pk, bare.pk]) == []


def test_who_may_not_review_may_not_ask(project, people, second):
    doubted, *_ = answered(project, people.annotator)
    with pytest.raises(PermissionDenied):
        ask_somebody_else(people.annotator, project, [doubted.pk])


def test_more_than_one_call_takes_is_refused(project, people):
    with pytest.raises(Invalid, match="At most"):
        ask_somebody_else(people.reviewer, project, range(1, 1_002))


def test_a_project_goes_with_what_was_asked_again(project, people, second):
    doubted, *_ = answered(project, people.annotator)
    ask_somebody_else(people.reviewer, project, [doubted.pk])
    delete_project(people.manager, project)
    assert not AskedAgain.objects.exists()
    assert not Task.objects.exists()
