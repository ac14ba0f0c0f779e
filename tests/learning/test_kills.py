"""kill -9 of a real worker: the run goes on, and ends as if nothing had happened."""

import pytest

from labeling.models import Epoch, JobState, Project, QueueEntry, Split
from learning.families.labels.training_data import freeze
from learning.models import ModelVersion, Run
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from tests.learning.conftest import RealWorker, until
from tests.learning.people import answer_some, make_text_project

pytestmark = [pytest.mark.broker, pytest.mark.django_db(transaction=True)]

IN_TRAINING = (
    "learning.families.labels.training_data:freeze:before",
    "learning.services.features.shards:_save:after",
    "learning.families.labels.candidates:fit_model:before",
    "learning.services.files:store:after",
    "learning.services.registry.promotion:settle:after",
)
IN_RANKING = (
    "labeling.services.queue.publish:reserve_epoch:after",
    "learning.families.labels.ranking:rank_pool:before",
    "learning.families.labels.ranking:rank_pool:after",
    "labeling.services.queue.publish:_insert:after",
    "learning.families.labels.ranking:publish:after",
)


def make_answered_project(people, slug: str) -> Project:
    project = make_text_project(people.manager, slug=slug)
    answer_some(project, people.annotator, 45)
    answer_some(project, people.annotator, 30, Split.EVAL)
    return project


def end_state(project: Project) -> dict[str, object]:
    """All that a run leaves behind, without what only says when and how often it was tried."""
    project.refresh_from_db()
    version = ModelVersion.objects.get(project=project)
    epoch = Epoch.objects.get(project=project, number=project.epoch)
    entries = QueueEntry.objects.filter(epoch=epoch).values_list("item__ordinal", "utility", "propensity")
    run = Run.objects.get(project=project)
    return {
        "run": (run.state, run.error, run.data_sha256 == freeze(run).sha256),
        "model": (version.number, version.status, version.sha256, version.metrics, version.decisions.count()),
        "epoch": (epoch.model_version, epoch.strategy, epoch.pool_size, epoch.number == project.reserved_epoch),
        "entries": list(entries),
    }


@pytest.mark.parametrize("places", [IN_TRAINING, IN_RANKING], ids=["training", "ranking"])
def test_five_kills_change_nothing(real_worker: RealWorker, people, places):
    undisturbed = make_answered_project(people, "undisturbed")
    run_training(decide(undisturbed.pk).pk)

    project = make_answered_project(people, "killed")
    real_worker.start_scheduler()
    for number, place in enumerate(places):
        real_worker.pause_at(place)
        real_worker.start()
        if number == 0:
            real_worker.send("learning.decide", project.pk)
        real_worker.wait_until_paused()
        real_worker.kill()
        assert Run.objects.get(project=project).state == JobState.RUNNING
    real_worker.start()
    run = until(
        lambda: Run.objects.filter(project=project).exclude(state=JobState.RUNNING).first(),
        "the run ends",
        log=real_worker.log,
    )
    assert run.attempt == 6
    assert end_state(project) == end_state(undisturbed)
