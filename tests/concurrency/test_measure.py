"""Quota and pace hold when one person asks and answers in many windows at once."""

import pytest

from labeling.models import Annotation, Member, Task, TaskState
from labeling.services.answers.pace import AnswersTooFast
from labeling.services.answers.record import record_answer
from labeling.services.members.measure import set_measure
from labeling.services.serving.next_tasks import next_tasks
from tests.concurrency.together import together
from tests.factories import make_items

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def took(user, task: int) -> bool:
    try:
        record_answer(user, task, {"label": "ham"})
    except AnswersTooFast:
        return False
    return True


def test_quota_and_pace_in_many_windows(project, people):
    make_items(project, [f"text {n}" for n in range(30)])
    ann = people.annotator
    set_measure(people.manager, Member.objects.get(user=ann), {"quota_day": 7})
    together([lambda: next_tasks(ann, project, 4)] * 8)
    held = list(Task.objects.filter(state=TaskState.OPEN).values_list("pk", flat=True))
    assert 4 <= len(held) <= 7
    held = [task.pk for task in next_tasks(ann, project, 50)]
    assert len(held) == 7
    project.answers_a_minute = 5
    project.save()
    taken = together([lambda task=task: took(ann, task) for task in held])
    assert (sum(taken), Annotation.objects.count()) == (5, 5)
    member = Member.objects.get(user=ann)
    assert (member.answers, member.answers_day) == (5, 5)
