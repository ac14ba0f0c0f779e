"""A run from the frozen answers to the published queue, in this process."""

import pytest

from labeling.models import Epoch, Item, JobState, QueueEntry, Split
from learning.models import ModelVersion, NextDecision, Run, Status, Trigger
from learning.services.decide import decide
from learning.services.training import run_training
from tests.learning.people import answer_some, make_text_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(people):
    return make_text_project(people.manager)


def trained(project, trigger=None) -> Run:
    run = decide(project.pk, trigger)
    assert run is not None
    run_training(run.pk)
    run.refresh_from_db()
    return run


def test_items_without_an_answer_are_ranked_by_typicality(project):
    run = trained(project, Trigger.IMPORT)
    assert run.state == JobState.DONE, run.error
    states = {step["name"]: step["state"] for step in run.steps}
    assert states == {"freeze": "done", "features": "done", "fit": "skipped", "rank": "done", "publish": "done"}
    epoch = Epoch.objects.get(project=project)
    assert (epoch.strategy, epoch.model_version, epoch.pool_size) == ("typical", None, 200)
    assert not QueueEntry.objects.filter(item__split=Split.EVAL).exists()


def test_answers_make_a_champion_that_ranks(project, people):
    answer_some(project, people.annotator, 60)
    answer_some(project, people.annotator, 40, Split.EVAL)
    run = trained(project)
    assert run.state == JobState.DONE, run.error
    version = ModelVersion.objects.get(project=project)
    assert version.status == Status.CHAMPION, version.decisions.get().reason
    assert version.trained_on == 60
    assert version.metrics["accuracy"]["value"] > version.baselines["majority"]["accuracy"]["high"]
    project.refresh_from_db()
    epoch = Epoch.objects.get(project=project, number=project.epoch)
    assert epoch.model_version == version.number
    answered = Item.objects.filter(project=project, answers__gt=0)
    assert not QueueEntry.objects.filter(epoch=epoch, item__in=answered).exists()
    assert NextDecision.objects.get(project=project).seen_annotations == 100
