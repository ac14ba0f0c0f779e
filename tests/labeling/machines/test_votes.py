"""Machines vote where answers are weighed, by what gold has proven of them, and nowhere else."""

from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.models import KnownAnswer, Prediction, Split, Suggestion, Task
from labeling.selectors.consensus_by_evidence import weighed
from labeling.selectors.export import Filters, export_rows
from labeling.services.machines.manage import add_machine
from labeling.services.projects.manage import update_project
from tests.factories import UserFactory, make_answer, make_items, make_project
from tests.labeling.machines.test_cards import predict

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

LABELS = ("ham", "spam")


def of(n):
    return LABELS[n % 2]


@pytest.fixture
def torn(people):
    """Two people are torn about 10 items of the pool and 6 held-out ones, and right about 20 others, which become gold.
    A judge who is right and one who always says ham predicted all of it before; an echo says later what was said."""
    project = make_project(slug="sms", manager=people.manager, overlap=2)
    pool = make_items(project, [f"text {n}" for n in range(30)])
    held = make_items(project, [f"eval {n}" for n in range(6)], split=Split.EVAL)
    keys = {name: add_machine(people.manager, project, name=name, version="1")[1] for name in ("judge", "nonsense")}
    predict(keys["judge"], [{"item": item.pk, "label": of(n)} for n, item in enumerate((*pool, *held))])
    sure = [{"item": item.pk, "probabilities": {"ham": 1.0}} for item in (*pool, *held)]
    predict(keys["nonsense"], sure)
    ann, bob = UserFactory(username="ann"), UserFactory(username="bob")
    for n, item in enumerate((*pool, *held)):
        make_answer(item, ann, {"label": of(n)})
        make_answer(item, bob, {"label": of(n) if 10 <= n < 30 else of(n + 1)})
    _, key = add_machine(people.manager, project, name="echo", version="1")
    predict(key, [{"item": item.pk, "label": of(n)} for n, item in enumerate((*pool, *held))])
    return project, pool


def make_gold(project, items):
    for n, item in enumerate(items, 10):
        KnownAnswer.objects.create(project=project, item=item, answer={"label": of(n)}, origin="hand")


def test_a_vote_weighs_what_gold_has_proven_and_the_held_out_items_hear_nothing_of_it(torn, people):
    project, pool = torn
    make_gold(project, pool[10:])
    people_alone, before = weighed(project), list(export_rows(project, "items", Filters()))
    assert [row.label for row in people_alone[1][:10]] == [None] * 10
    update_project(people.manager, project, settings={"machine_votes": "on"})
    found, rows = weighed(project)
    judge, nonsense = found.machine_weights
    assert 0.6 < judge < 0.7, "the lower end of 20 of 20, beside always saying one of two labels"
    assert nonsense == 0.0
    assert "judge 1 votes on 10 items by 0.66 of a person: 20 of 20 gold items right." in found.reason
    assert "nonsense 1 has no vote: 10 of 20" in found.reason
    assert "echo" not in found.reason, "it spoke after the answers"
    assert [(row.label, row.machine_votes) for row in rows[:10]] == [(of(n), 1) for n in range(10)]
    assert rows[10:] == people_alone[1][10:], "neither gold nor held-out items"
    assert [row.label for row in rows if row.split == "eval"] == [None] * 6
    assert found.is_probability is False
    assert list(export_rows(project, "items", Filters())) == before


def test_without_fresh_gold_nobody_has_a_say_and_who_was_shown_it_has_heard_it_already(torn, people):
    project, pool = torn
    update_project(people.manager, project, settings={"machine_votes": "on"})
    assert list(weighed(project)[0].machine_weights) == [0.0, 0.0]
    make_gold(project, pool[10:])
    KnownAnswer.objects.update(made_at=timezone.now() - timedelta(days=1))
    found, rows = weighed(project)
    assert list(found.machine_weights) == [0.0, 0.0], "what was known before it may have been learned"
    assert {row.machine_votes for row in rows} == {0}
    KnownAnswer.objects.update(made_at=timezone.now())
    version = Prediction.objects.filter(version__machine__name="judge").first().version
    seen = Task.objects.filter(item=pool[0]).first()
    Suggestion.objects.create(project=project, task=seen, version=version, answer={"label": "ham"}, shown=True)
    _, rows = weighed(project)
    assert [row.machine_votes for row in rows[:3]] == [0, 1, 1]
