"""Feedback after gold: only where the project says it, only on gold, and the first answer is what tests."""

import random

import pytest

from labeling.models import GoldTold, KnownAnswer, Split
from labeling.selectors.people import people_of
from labeling.services.projects.manage import update_project
from labeling.services.serving.next_tasks import next_tasks
from tests.factories import make_items

pytestmark = pytest.mark.django_db


@pytest.fixture
def golden(project, people):
    items = [*make_items(project, [f"text {n}" for n in range(30)]), *make_items(project, ["a", "b"], Split.EVAL)]
    for item in items:
        KnownAnswer.objects.create(
            project=project, item=item, answer={"label": "ham"}, explanation="It rhymes.", origin="import"
        )
    make_items(project, [f"other {n}" for n in range(30)])
    return update_project(people.manager, project, settings={"gold_share": 0.4, "eval_share": 0.4})


def put(client, task, label):
    return client.put(f"/api/v1/tasks/{task.pk}/answer/", {"answer": {"label": label}}, "application/json").json()


@pytest.mark.parametrize("said", ["never", "said"])
def test_only_gold_is_told_and_only_where_the_project_says_so(golden, people, client, said):
    update_project(people.manager, golden, settings={"gold_feedback": said})
    client.force_login(people.annotator)
    told = {}
    for task in next_tasks(people.annotator, golden, 40, random.Random(1)):
        told.setdefault(task.reason, []).append(put(client, task, "spam").get("feedback"))
    assert len(told["gold"]) > 3
    expected = {"right": False, "truth": {"label": "ham"}, "explanation": "It rhymes."} if said == "said" else None
    assert all(found == expected for found in told["gold"])
    for reason in ("eval", "random"):
        assert told[reason]
        assert set(told[reason]) == {None}
    assert GoldTold.objects.count() == (len(told["gold"]) if said == "said" else 0)


def test_who_was_told_is_tested_by_the_first_answer(golden, people, client):
    update_project(people.manager, golden, settings={"gold_feedback": "said"})
    client.force_login(people.annotator)
    gold = [t for t in next_tasks(people.annotator, golden, 40, random.Random(1)) if t.reason == "gold"][:3]
    for task in gold:
        put(client, task, "spam")
    assert put(client, gold[0], "ham")["feedback"]["right"] is False  # again, and told what it was told
    client.delete(f"/api/v1/tasks/{gold[1].pk}/answer/")
    (card,) = [card for card in people_of(golden).cards if card.name == "annotator"]
    assert (card.gold.count, card.gold.n) == (0, 3)
