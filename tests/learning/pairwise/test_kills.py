"""kill -9 of a real worker in the middle of a pairwise run: it goes on, and ends as if nothing had happened."""

import pytest

from labeling.models import Epoch, JobState, PairQueueEntry, Project
from learning.families.pairwise.freeze import freeze
from learning.models import ModelVersion, PairwiseFinding, PairwiseScore, Run
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from tests.learning.conftest import RealWorker, until
from tests.learning.pairwise.people import bring, honest, item_rows, judgments, make_pairwise_project

pytestmark = [pytest.mark.broker, pytest.mark.django_db(transaction=True)]

PLACES = (
    "learning.families.pairwise.freeze:freeze:after",
    "learning.families.pairwise.fit:fit_ranking:before",
    "learning.services.files:store:after",
    "learning.families.pairwise.publish:store:after",
    "learning.families.pairwise.choose:publish:after",
)


def make_judged_project(people, slug: str) -> Project:
    project = make_pairwise_project(people.manager, slug, eval_share=0.2)
    Project.objects.filter(pk=project.pk).update(split_seed="one seed for both")
    project.refresh_from_db()
    bring(project, people.manager, item_rows(4, 8))
    bring(project, people.manager, judgments(5, 200, {"ann": honest, "bob": honest}, 4, 8))
    return project


def end_state(project: Project) -> dict[str, object]:
    """All that a run leaves behind, without what only says when and how often it was tried."""
    project.refresh_from_db()
    version, run = ModelVersion.objects.get(project=project), Run.objects.get(project=project)
    epoch = Epoch.objects.get(project=project, number=project.epoch)
    entries = PairQueueEntry.objects.filter(epoch=epoch).order_by("rank")
    scores = PairwiseScore.objects.filter(model_version=version).order_by("item__ordinal")
    findings = PairwiseFinding.objects.filter(model_version=version).order_by("context__ordinal")
    return {
        "run": (run.state, run.error, run.data_sha256 == freeze(run).sha256),
        "model": (version.number, version.status, version.sha256, version.metrics, version.decisions.count()),
        "epoch": (epoch.model_version, epoch.strategy, epoch.pool_size, epoch.number == project.reserved_epoch),
        "entries": list(entries.values_list("pair__first__ordinal", "pair__second__ordinal", "utility", "propensity")),
        "scores": list(scores.values_list("item__ordinal", "score", "se", "rank", "judgments", "component")),
        "findings": list(findings.values_list("connected", "sentence", "n_cycles", "judgments")),
    }


def test_five_kills_change_nothing(real_worker: RealWorker, people):
    undisturbed = make_judged_project(people, "undisturbed")
    run_training(decide(undisturbed.pk).pk)

    project = make_judged_project(people, "killed")
    real_worker.start_scheduler()
    for number, place in enumerate(PLACES):
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
    assert run.attempt == len(PLACES) + 1
    assert end_state(project) == end_state(undisturbed)
    assert len(end_state(project)["entries"]) > 0
