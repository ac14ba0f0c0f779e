"""A run from the frozen answers to the published queue, in this process."""

import pytest

from labeling.models import Epoch, Item, JobState, QueueEntry, Split
from learning.models import ModelVersion, NextDecision, Run, Status, Trigger
from learning.selectors.eval_uses import eval_uses
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from tests.factories import make_answer, make_items, make_project
from tests.learning.people import answer_some, make_text_project, truth

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
    assert states.pop("fit") == "skipped"
    assert states == dict.fromkeys(("freeze", "features", "data tests", "rank", "publish"), "done")
    epoch = Epoch.objects.get(project=project)
    assert (epoch.strategy, epoch.model_version, epoch.pool_size) == ("typical", None, 200)
    assert not QueueEntry.objects.filter(item__split=Split.EVAL).exists()


def test_answers_make_a_version_that_ranks_and_200_eval_answers_a_verified_champion(people):
    project = make_text_project(people.manager, n_pool=120, n_eval=210)
    answer_some(project, people.annotator, 40)
    answer_some(project, people.annotator, 199, Split.EVAL)
    trained(project)
    first = ModelVersion.objects.get(project=project)
    assert (first.status, first.verified, first.n_eval) == (Status.PROVISIONAL, False, 199)
    answer_some(project, people.annotator, 11, Split.EVAL)
    answer_some(project, people.annotator, 20)
    trained(project)
    second = ModelVersion.objects.get(project=project, number=2)
    assert (second.status, second.verified, second.n_eval) == (Status.CHAMPION, True, 210), second.decisions.first()
    answer_some(project, people.annotator, 20)
    trained(project)
    third = ModelVersion.objects.get(project=project, number=3)
    assert ModelVersion.objects.get(project=project, number=2).status == Status.CHAMPION, "no better, so it stays"
    assert (third.status, third.verified) == (Status.PROVISIONAL, False), third.decisions.first().reason
    project.refresh_from_db()
    assert Epoch.objects.get(project=project, number=project.epoch).model_version == 3, "and the newer one ranks"
    second.refresh_from_db()
    assert second.eval_sha256 == third.eval_sha256 != first.eval_sha256
    assert eval_uses(third).same == 2


def test_people_who_answer_the_same_eval_items_show_how_far_they_agree(people):
    project = make_text_project(people.manager, n_pool=60, n_eval=40, overlap=2)
    answer_some(project, people.annotator, 20)
    answer_some(project, people.annotator, 40, Split.EVAL)
    eval_items = Item.objects.filter(project=project, split=Split.EVAL).order_by("ordinal")
    for number, item in enumerate(eval_items[:20]):
        make_answer(item, people.reviewer, {"label": "ham"} if number < 5 else truth(item))
    trained(project)
    ceiling = ModelVersion.objects.get(project=project).report["human_ceiling"]
    wrong = sum(truth(item)["label"] == "spam" for item in eval_items[:5])
    assert wrong, "somebody must have differed"
    assert (ceiling["value"], ceiling["n"]) == (1 - wrong / 20, 20)
    assert ceiling["low"] < ceiling["value"] < ceiling["high"]


def test_answers_make_a_version_that_ranks(project, people):
    answer_some(project, people.annotator, 60)
    answer_some(project, people.annotator, 40, Split.EVAL)
    run = trained(project)
    assert run.state == JobState.DONE, run.error
    version = ModelVersion.objects.get(project=project)
    assert version.status == Status.PROVISIONAL, version.decisions.get().reason
    assert version.trained_on == 60
    assert version.metrics["accuracy"]["value"] > version.baselines["majority"]["accuracy"]["high"]
    project.refresh_from_db()
    epoch = Epoch.objects.get(project=project, number=project.epoch)
    assert epoch.model_version == version.number
    answered = Item.objects.filter(project=project, answers__gt=0)
    assert not QueueEntry.objects.filter(epoch=epoch, item__in=answered).exists()
    assert NextDecision.objects.get(project=project).seen_annotations == 100


def test_with_several_labels_the_constant_to_beat_is_the_most_frequent_set(people):
    """Each of five labels is rare: its share alone says no label at all, which is right for nobody."""
    project = make_project(manager=people.manager, kind="multilabel", labels=tuple("abcde"))
    texts = [f"{label * 4} number {number} {place}" for number in range(14) for place, label in enumerate("aabcde")]
    for items in (make_items(project, texts[:60]), make_items(project, texts[60:], split=Split.EVAL)):
        for item in items:
            make_answer(item, people.annotator, {"labels": [item.text[0]]})
    trained(project)
    version = ModelVersion.objects.get(project=project)
    constants = {name: version.baselines[name]["exact_match"]["value"] for name in ("majority", "most_frequent")}
    assert constants == {"majority": 0.0, "most_frequent": pytest.approx(8 / 24)}
    against = version.decisions.get().numbers["against_majority"]
    assert against["difference"] == pytest.approx(version.metrics["exact_match"]["value"] - 8 / 24)
