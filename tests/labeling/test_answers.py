"""What happens to an answer: recorded once, revised, taken back, skipped; and what is announced."""

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from labeling import signals
from labeling.kinds import InvalidAnswer
from labeling.models import Annotation, Item, ItemStatus, Label, Member, Progress, Project, Task, TaskState
from labeling.selectors.recount import differences
from labeling.services.answers.record import LeaseLost, record_answer, skip, take_back
from labeling.services.items.status import restore, set_aside
from labeling.services.serving.leases import expire_overdue
from labeling.services.serving.next_tasks import next_tasks
from tests.factories import make_items, make_project

pytestmark = pytest.mark.django_db

HAM, SPAM = {"label": "ham"}, {"label": "spam"}


@pytest.fixture(autouse=True)
def counts_stay_true(project):
    yield
    assert [str(difference) for difference in differences(project)] == []


@pytest.fixture
def heard():
    """Project ids for which ``answer_recorded`` was announced."""
    ids = []

    def listener(sender, project_id, **_):
        ids.append(project_id)

    signals.answer_recorded.connect(listener)
    yield ids
    signals.answer_recorded.disconnect(listener)


@pytest.fixture
def task(project, people):
    make_items(project, ["win a prize"])
    return next_tasks(people.annotator, project)[0]


def lapse(task):
    Task.objects.filter(pk=task.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert expire_overdue() == 1


def test_an_answer_is_counted_once(task, people, project):
    first = record_answer(people.annotator, task.pk, HAM, 1200)
    again = record_answer(people.annotator, task.pk, HAM, 3400)
    assert (first.created, again.created) == (True, False)
    assert again.annotation == first.annotation
    progress = Progress.objects.get(project=project)
    assert (progress.annotations, progress.pool_done) == (1, 1)
    assert Member.objects.get(user=people.annotator).answers == 1


def test_an_answer_says_under_which_instructions_it_was_given(task, people, project):
    Project.objects.filter(pk=project.pk).update(instructions_version=4)
    assert record_answer(people.annotator, task.pk, HAM).annotation.instructions_version == 4


def test_a_changed_answer_is_a_revision_and_overwrites_nothing(task, people):
    record_answer(people.annotator, task.pk, HAM)
    assert record_answer(people.annotator, task.pk, SPAM).created is False
    rows = Annotation.objects.order_by("revision").values_list("revision", "answer", "is_current")
    assert list(rows) == [(1, HAM, False), (2, SPAM, True)]


def test_equal_answers_in_another_order_are_the_same(people):
    project = make_project(kind="multilabel", labels=("a", "b"), manager=people.manager)
    make_items(project, ["x"])
    (task,) = next_tasks(people.manager, project)
    record_answer(people.manager, task.pk, {"labels": ["b", "a"]})
    record_answer(people.manager, task.pk, {"labels": ["a", "b", "a"]})
    assert Annotation.objects.get().answer == {"labels": ["a", "b"]}


def test_the_same_again_after_the_label_was_archived_is_still_the_same(task, people):
    record_answer(people.annotator, task.pk, HAM)
    Label.objects.filter(name="ham").update(archived=True)
    assert record_answer(people.annotator, task.pk, HAM).created is False
    record_answer(people.annotator, task.pk, SPAM)
    with pytest.raises(InvalidAnswer):
        record_answer(people.annotator, task.pk, HAM)


def test_taking_back_keeps_the_history_and_the_slot(task, people, project):
    record_answer(people.annotator, task.pk, HAM)
    before = timezone.now()
    back = take_back(people.annotator, task.pk)
    take_back(people.annotator, task.pk)
    assert back.state == TaskState.OPEN
    assert back.lease_expires_at > before + timedelta(seconds=800)
    assert list(Annotation.objects.order_by("revision").values_list("answer", flat=True)) == [HAM, None]
    item = Item.objects.get()
    assert (item.slots_taken, item.answers, item.is_open) == (1, 0, False)
    assert Progress.objects.get(project=project).annotations == 0
    assert next_tasks(people.reviewer, project) == []


def test_announced_once_per_revision(task, people, project, heard, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        record_answer(people.annotator, task.pk, HAM)
        record_answer(people.annotator, task.pk, HAM)
    assert heard == [project.pk]
    with django_capture_on_commit_callbacks(execute=True):
        record_answer(people.annotator, task.pk, SPAM)
        take_back(people.annotator, task.pk)
        take_back(people.annotator, task.pk)
        skip(people.annotator, task.pk, "unclear")
    assert heard == [project.pk] * 3


def test_a_failing_listener_does_not_fail_the_answer(task, people, django_capture_on_commit_callbacks):
    def broken(**_):
        raise RuntimeError("broker is down")

    signals.answer_recorded.connect(broken)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            assert record_answer(people.annotator, task.pk, HAM).created
    finally:
        signals.answer_recorded.disconnect(broken)


def test_an_expired_lease_is_retaken_while_the_place_is_free(task, people):
    lapse(task)
    assert record_answer(people.annotator, task.pk, HAM).created
    assert Item.objects.get().slots_taken == 1


def test_an_expired_lease_is_lost_once_somebody_has_the_place(task, people, project):
    lapse(task)
    (theirs,) = next_tasks(people.reviewer, project)
    with pytest.raises(LeaseLost):
        record_answer(people.annotator, task.pk, HAM)
    with pytest.raises(LeaseLost):
        take_back(people.annotator, task.pk)
    assert record_answer(people.reviewer, theirs.pk, HAM).created


def test_a_late_answer_replaces_the_same_persons_newer_open_task(task, people, project):
    """The outbox sends an answer after its lease ran out and the page has been given the item again."""
    lapse(task)
    (again,) = next_tasks(people.annotator, project)
    assert record_answer(people.annotator, task.pk, HAM).created
    again.refresh_from_db()
    assert again.state == TaskState.EXPIRED
    with pytest.raises(LeaseLost):
        record_answer(people.annotator, again.pk, SPAM)
    assert Annotation.objects.count() == 1


def test_a_late_skip_of_an_item_one_was_asked_again_is_refused(task, people, project):
    lapse(task)
    next_tasks(people.annotator, project)
    with pytest.raises(LeaseLost):
        skip(people.annotator, task.pk, "unclear")


def test_a_late_skip_counts(task, people, project):
    lapse(task)
    skip(people.annotator, task.pk, "broken")
    assert Item.objects.get().status == ItemStatus.SET_ASIDE
    assert next_tasks(people.annotator, project) == []


@pytest.mark.parametrize("reason", ["broken", "out_of_scope"])
def test_a_broken_item_is_set_aside_and_comes_back_with_undo(task, people, project, reason):
    skip(people.annotator, task.pk, reason)
    item = Item.objects.get()
    assert (item.status, item.set_aside_because, item.is_open) == ("set_aside", reason, False)
    assert Progress.objects.get(project=project).set_aside == 1
    assert next_tasks(people.reviewer, project) == []
    take_back(people.annotator, task.pk)
    item.refresh_from_db()
    assert (item.status, item.set_aside_because, item.slots_taken) == ("active", "", 1)


def test_the_third_unclear_sets_aside(project, people):
    make_items(project, ["huh"])
    for n, user in enumerate((people.annotator, people.reviewer, people.manager), 1):
        (task,) = next_tasks(user, project)
        skip(user, task.pk, "unclear")
        assert Item.objects.get().status == ("set_aside" if n == 3 else "active")
    take_back(people.manager, task.pk)
    assert Item.objects.get().status == "active"


def test_skipping_an_answered_task_takes_the_answer_back_first(task, people, project):
    record_answer(people.annotator, task.pk, HAM)
    skip(people.annotator, task.pk, "unclear")
    assert list(Annotation.objects.order_by("revision").values_list("answer", flat=True)) == [HAM, None]
    assert Progress.objects.get(project=project).annotations == 0
    assert len(next_tasks(people.reviewer, project)) == 1
    with pytest.raises(LeaseLost):
        record_answer(people.annotator, task.pk, HAM)


def test_a_skip_may_change_its_reason(task, people):
    skip(people.annotator, task.pk, "unclear")
    skip(people.annotator, task.pk, "broken")
    assert Item.objects.get().set_aside_because == "broken"
    assert Item.objects.get().slots_taken == 0


def test_an_answer_to_a_skipped_task_undoes_the_skip(task, people):
    skip(people.annotator, task.pk, "broken")
    assert record_answer(people.annotator, task.pk, HAM).created
    task.refresh_from_db()
    assert (task.state, task.skip_reason, task.skipped_at) == ("answered", "", None)
    assert Item.objects.get().status == "active"


def test_a_reviewer_sets_aside_and_restores(task, people, project):
    item = Item.objects.get()
    set_aside(people.reviewer, item)
    set_aside(people.reviewer, item)
    item.refresh_from_db()
    assert (item.status, item.set_aside_because) == ("set_aside", "reviewer")
    assert record_answer(people.annotator, task.pk, HAM).created
    take_back(people.annotator, task.pk)
    skip(people.annotator, task.pk, "unclear")
    take_back(people.annotator, task.pk)
    item.refresh_from_db()
    assert item.status == "set_aside"  # undoing a skip does not undo the reviewer
    restore(people.reviewer, item)
    assert Item.objects.get().status == "active"


def test_overlap_counts_an_item_done_when_all_have_answered(people):
    project = make_project(overlap=2, manager=people.manager)
    Member.objects.create(project=project, user=people.annotator, role="annotator")
    make_items(project, ["x"])
    for done, user in enumerate((people.manager, people.annotator)):
        (task,) = next_tasks(user, project)
        record_answer(user, task.pk, HAM)
        assert Progress.objects.get(project=project).pool_done == done
    take_back(people.manager, Task.objects.get(annotator=people.manager).pk)
    assert Progress.objects.get(project=project).pool_done == 0
    assert not list(differences(project))


def test_the_database_refuses_two_current_answers(task, people):
    made = record_answer(people.annotator, task.pk, HAM).annotation
    made.pk, made.revision = None, 2
    from django.db import transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        made.save(force_insert=True)
