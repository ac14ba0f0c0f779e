"""Machines vote where answers are weighed, by what gold has proven of them, and nowhere else."""

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from labeling.models import KnownAnswer, Prediction, Split, Suggestion, Task
from labeling.selectors.consensus_by_evidence import weighed
from labeling.selectors.export import Filters, export_rows
from labeling.services.machines.manage import add_machine
from labeling.services.projects.manage import update_project
from learning.families.labels.training_data import freeze
from learning.models import Run
from learning.services.pipeline.repeat import repeat
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import data_watermark, decide
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


def test_a_model_learns_what_votes_come_to_and_is_measured_by_people_alone(torn, people, api):
    project, pool = torn
    make_gold(project, pool[10:])

    def frozen(**settings):
        update_project(people.manager, project, settings=settings)
        return freeze(Run(project=project, **data_watermark(project)))

    majority, alone = frozen(), frozen(consensus_by="evidence")
    voted = frozen(machine_votes="on")
    for data in (alone, voted):
        assert (len(data.evaluation), len(data.tied)) == (len(majority.evaluation), len(majority.tied)) == (0, 6)
        assert np.array_equal(data.tied.soft, majority.tied.soft)
    assert (majority.consensus, majority.pool.tied.sum(), alone.pool.tied.sum(), voted.pool.tied.sum()) == (
        None,
        10,
        10,
        0,
    )
    assert [voted.labels[at] for at in voted.pool.hard[:10].argmax(axis=1)] == [of(n) for n in range(10)]
    assert voted.pool.soft[0].max() == pytest.approx((1 + 0.66) / 2.66, abs=0.01), "one of two people and the machine"
    assert np.array_equal(voted.pool.taught, voted.pool.soft), "what a machine tips is not certain"
    assert np.array_equal(voted.pool.soft[10:], majority.pool.soft[10:]), "where the truth is known nothing votes"
    assert len({data.sha256 for data in (majority, voted)}) == 2
    run = decide(project.pk)
    run_training(run.pk)
    run.refresh_from_db()
    assert run.state == "done", run.error
    told = api(people.manager).get(f"/api/v1/runs/{run.public_id}/").json()["consensus"]
    assert told["reason"].startswith("The majority counts")
    assert "judge 1 votes on 10 items" in told["reason"]
    assert (told["rule"], told["items"], told["is_probability"]) == ("majority", 30, False)
    assert told["machines"] == {"judge 1": pytest.approx(0.66, abs=0.01), "nonsense 1": 0.0}
    rows = list(export_rows(project, "items", Filters()))
    assert [(row["label"], row["weighed_label"], row["machine_votes"]) for row in rows[:10]] == [
        (None, of(n), 1) for n in range(10)
    ]
    assert (rows[10]["weighed_label"], rows[10]["weighed_rule"], rows[10]["machine_votes"]) == (of(10), "majority", 0)
    assert {row["weighed_label"] for row in rows if row["split"] == "eval"} == {None}
    project.items.filter(pk=pool[0].pk).update(annotations_required=3)
    make_answer(project.items.get(pk=pool[0].pk), UserFactory(username="eve"), {"label": "ham"})
    make_gold(project, pool[:1])
    rows = list(export_rows(project, "items", Filters()))
    assert [row["weighed_label"] for row in rows[:2]] == [None, of(1)], "an answer came since"
    assert repeat(Run.objects.get(pk=run.pk)).is_same, "what became known since is not in it"


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
