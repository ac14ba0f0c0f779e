"""Gold of items while people work at the same time: each asked once, no slot moved, every count true."""

import random
from collections import Counter
from functools import partial

import pytest

from labeling.models import Item, KnownAnswer, Member, Role, Split, Task
from labeling.selectors.recount import differences
from labeling.services.answers.record import record_answer
from labeling.services.projects.manage import update_project
from labeling.services.quality.known_answers import make_gold, remove_gold
from labeling.services.serving.next_tasks import next_tasks
from tests.concurrency.together import together
from tests.factories import UserFactory, make_items, make_project

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]

PEOPLE = 4


def work(user, project, rounds):
    rng = random.Random(user.pk)
    for _ in range(rounds):
        for task in next_tasks(user, project, 3, rng):
            record_answer(user, task.pk, {"label": "ham"}, 900)
    return True


def change_gold(user, items):
    """Makes and removes gold of items that the others may hold just now."""
    for n, item in enumerate(items * 2):
        if n % 3:
            make_gold(user, item, {"label": "spam"})
        else:
            remove_gold(user, item)
    return True


def test_people_are_asked_gold_once_each_while_it_is_made_and_removed():
    manager = UserFactory()
    project = make_project(overlap=2, manager=manager)
    users = [UserFactory() for _ in range(PEOPLE)]
    Member.objects.bulk_create(Member(project=project, user=user, role=Role.ANNOTATOR) for user in users)
    items = make_items(project, [f"pool {n}" for n in range(60)])
    make_items(project, [f"eval {n}" for n in range(10)], Split.EVAL)
    for item in items[:10]:
        make_gold(manager, item, {"label": "ham"})
    project = update_project(manager, project, settings={"gold_share": 0.3})
    for item in items:
        item.project = project
    calls = [partial(work, user, project, 6) for user in users]
    assert together([*calls, partial(change_gold, manager, items[8:20])]) == [True] * (PEOPLE + 1)
    asked = Counter(Task.objects.exclude(state="expired").values_list("item", "annotator"))
    assert set(asked.values()) == {1}
    assert Task.objects.filter(reason="gold").exists()
    assert [str(found) for found in differences(project)] == []
    known = set(KnownAnswer.objects.values_list("item", flat=True))
    assert not Item.objects.filter(pk__in=known, split=Split.POOL, is_open=True).exists()
