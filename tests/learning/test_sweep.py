"""What the sweeper finds when a message was lost, and what it leaves alone."""

from datetime import timedelta

import pytest

from labeling.models import Epoch, ImportBatch, Split
from learning.families.labels import evaluation
from learning.models import Decision, ModelVersion, NextDecision, Run
from learning.services.features import contents, encoder_versions
from learning.services.pipeline.rank import rank_again
from learning.services.pipeline.run import run_training
from learning.services.registry import gate, promotion
from learning.services.runs import control, sweep
from learning.services.runs.decide import decide
from tests.factories import make_items
from tests.learning.people import answer_some, make_text_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(people):
    return make_text_project(people.manager, n_pool=80, n_eval=20, retrain_every=10)


@pytest.fixture
def champions(project, people, built_once):
    """Two models; the second one is champion and has ranked."""
    built_once(lambda: train_twice(project, people.annotator))
    project.refresh_from_db()
    return list(ModelVersion.objects.filter(project=project).order_by("number"))


def train_twice(project, annotator) -> None:
    answer_some(project, annotator, 20, Split.EVAL)
    for _ in range(2):
        answer_some(project, annotator, 20)
        run_training(decide(project.pk).pk)


def grow_older(**by):
    """The decisions were made this much earlier."""
    for decision in Decision.objects.all():
        Decision.objects.filter(pk=decision.pk).update(created_at=decision.created_at - timedelta(**by))


def test_a_promoted_champion_that_has_not_ranked_is_noticed_once(project, people, champions):
    grow_older(minutes=1)
    assert sweep.unranked_projects() == []
    other = next(version for version in champions if version.status != "champion")
    control.promote(people.manager, other, "it knows better")  # and its message is lost
    assert sweep.unranked_projects() == [], "the message is given a moment"
    grow_older(minutes=1)
    assert sweep.unranked_projects() == [project.pk]
    assert sweep.unranked_projects() == [], "it was asked for already"
    NextDecision.objects.update(ranking_asked_at=None)
    assert sweep.sweep_learning()["unranked"] == [project.pk]
    assert rank_again(project.pk) is not None
    NextDecision.objects.update(ranking_asked_at=None)
    assert sweep.unranked_projects() == []
    project.refresh_from_db()
    assert Epoch.objects.get(project=project, number=project.epoch).model_version == other.number


def test_an_archived_project_is_left_alone(project, people, champions):
    answer_some(project, people.annotator, 15)
    ModelVersion.objects.update(status="retired")
    ModelVersion.objects.filter(pk=champions[0].pk).update(status="champion")
    type(project).objects.filter(pk=project.pk).update(archived_at="2026-01-01T00:00Z")
    grow_older(minutes=1)
    assert sweep.sweep_learning() == {"projects": [], "unranked": []}
    assert sweep.sweep_runs() == {"runs": 0}


def test_an_import_whose_message_was_lost_is_looked_at(project):
    assert sweep.due_projects() == [project.pk]
    importing = ImportBatch.objects.create(project=project, format="csv", path="x", state="running")
    assert sweep.due_projects() == [], "its end will say so"
    importing.delete()
    run_training(decide(project.pk).pk)
    assert sweep.due_projects() == []
    make_items(project, ["one more"])
    assert sweep.due_projects() == [project.pk]
    Run.objects.update(state="cancelled")
    assert sweep.due_projects() == [], "what a person called off is not begun again"


def test_a_label_whose_message_was_lost_is_looked_at(project):
    run_training(decide(project.pk).pk)
    type(project).objects.filter(pk=project.pk).update(labels_version=3)
    assert sweep.due_projects() == [project.pk]


def test_a_promotion_by_a_person_during_the_gate_is_judged_against(project, people, champions, monkeypatch):
    by_hand = next(version for version in champions if version.status != "champion")
    answer_some(project, people.annotator, 10)
    contender_of, compared_with = evaluation.contender_of, []

    def promoted_meanwhile(version, **of):
        compared_with.append(version)
        if len(compared_with) == 1:
            promotion.settle(by_hand, "champion", "by hand", {}, people.manager)
        return contender_of(version, **of)

    monkeypatch.setattr(evaluation, "contender_of", promoted_meanwhile)
    run_training(decide(project.pk).pk)
    assert compared_with[1:] == [by_hand]
    in_use = ModelVersion.objects.filter(project=project).in_use()
    assert in_use in (by_hand, ModelVersion.objects.newest_first().first())
    project.refresh_from_db()
    assert Epoch.objects.get(project=project, number=project.epoch).model_version == in_use.number


def test_a_verdict_found_by_another_champion_does_not_count(champions):
    first, second = champions
    promotion.settle(first, "champion", "by hand", {})
    with pytest.raises(promotion.ChampionChanged):
        promotion.settle(second, "champion", "better", {}, against=second)
    assert ModelVersion.objects.filter(project=first.project).champion() == first


def test_a_run_called_off_before_its_verdict_promotes_nothing(project, people, champions, monkeypatch):
    answer_some(project, people.annotator, 10)
    run = decide(project.pk)
    champion = ModelVersion.objects.filter(project=project).champion()
    verdict_on = gate.verdict_on

    def cancelled_while_judging(*args, **more):
        control.cancel(people.manager, Run.objects.get(pk=run.pk))
        return verdict_on(*args, **more)

    monkeypatch.setattr(gate, "verdict_on", cancelled_while_judging)
    assert run_training(run.pk)["state"] == "stopped"
    assert ModelVersion.objects.filter(project=project).champion() == champion
    assert not ModelVersion.objects.newest_first().first().decisions.exists()


def test_the_encoder_is_fitted_without_the_eval_split(project, monkeypatch):
    looked_at = []
    contents_at = contents.contents_at

    def spy(of, ordinals):
        looked_at.extend(ordinals)
        return contents_at(of, ordinals)

    monkeypatch.setattr(contents, "contents_at", spy)
    encoder_versions.encoder_for(project, 1_000)
    assert looked_at
    assert not project.items.filter(split=Split.EVAL, ordinal__in=looked_at).exists()
