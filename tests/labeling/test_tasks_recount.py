"""``recount`` finds every planted wrong count, names it, and repairs it."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from labeling.models import Annotation, Item, Member, Progress
from labeling.selectors.recount import differences
from labeling.services.answers.record import record_answer
from labeling.services.serving.next_tasks import next_tasks
from tests.factories import make_items

pytestmark = pytest.mark.django_db


@pytest.fixture
def worked_on(project, people):
    """Three questions held, two of them answered."""
    make_items(project, [str(n) for n in range(6)])
    for task in next_tasks(people.annotator, project, 3)[:2]:
        record_answer(people.annotator, task.pk, {"label": "ham"})
    return project


def recount(*arguments):
    out = StringIO()
    call_command("recount", *arguments, stdout=out)
    return out.getvalue()


def test_true_counts_pass(worked_on):
    assert "1 projects, 0 differences." in recount("--check")


@pytest.mark.parametrize(
    ("plant", "named"),
    [
        (lambda: Progress.objects.update(pool_open=1), "pool_open is 1, should be 3"),
        (lambda: Progress.objects.update(pool_done=0), "pool_done is 0, should be 2"),
        (lambda: Progress.objects.update(annotations=9), "annotations is 9, should be 2"),
        (lambda: Progress.objects.update(draws=0), "draws is 0, should be 3"),
        (lambda: Progress.objects.update(next_ordinal=2), "next_ordinal is 2, should be 6"),
        (lambda: Progress.objects.update(set_aside=1), "set_aside is 1, should be 0"),
        (lambda: Member.objects.filter(answers=2).update(answers=5), "answers is 5, should be 2"),
        (lambda: Item.objects.filter(answers=1).update(answers=0), "answers is 0, should be 1"),
        (lambda: Item.objects.filter(slots_taken=0).update(is_open=False), "is_open is False, should be True"),
        (
            lambda: Item.objects.filter(answers=0, slots_taken=1).update(slots_taken=0),
            "slots_taken is 0, should be 1",
        ),
    ],
)
def test_a_planted_fault_is_named_and_repaired(worked_on, plant, named):
    assert plant() >= 1
    with pytest.raises(CommandError) as failed:
        recount("--check")
    assert failed.value.returncode == 1
    assert any(named in str(difference) for difference in differences(worked_on))
    assert "repaired" in recount("sms")
    assert list(differences(worked_on)) == []


def test_a_task_that_contradicts_its_answer_is_named_but_not_invented(worked_on):
    Annotation.objects.filter(pk=Annotation.objects.first().pk).update(is_current=False)
    with pytest.raises(CommandError):
        recount("--check")
    assert any("current answers is 0, should be 1" in str(difference) for difference in differences(worked_on))


def test_an_unknown_project_is_an_error(worked_on):
    with pytest.raises(CommandError, match="No such project: nope"):
        recount("nope")
