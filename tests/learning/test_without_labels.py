"""A run with too few labels is skipped and says so; it is no failure."""

import pytest

from labeling.models import JobState
from labeling.services.projects.label_set import set_labels
from learning.models import Alert, Run, Trigger
from learning.services.pipeline.run import run_training
from learning.services.runs import sweep
from learning.services.runs.decide import decide
from tests.learning.people import answer_some, make_text_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(people):
    return make_text_project(people.manager, n_pool=60, n_eval=10, retrain_every=10)


@pytest.mark.parametrize(
    ("labels", "kind", "reason"),
    [
        ([], "classification", "no labels yet"),
        ([], "multilabel", "no labels yet"),
    ],
)
@pytest.mark.parametrize("trigger", [None, Trigger.IMPORT, Trigger.MANUAL])
def test_skipped_with_the_reason(project, people, labels, kind, reason, trigger):
    type(project).objects.filter(pk=project.pk).update(kind=kind)
    project.refresh_from_db()
    set_labels(project, labels)
    run = decide(project.pk, trigger, people.manager if trigger == Trigger.MANUAL else None)
    assert (run.state, run.reason) == (JobState.SKIPPED, reason)
    assert decide(project.pk) is None, "one automatic refusal is enough"


@pytest.mark.parametrize("kind", ["classification", "multilabel"])
def test_one_label_can_be_learned(project, kind):
    type(project).objects.filter(pk=project.pk).update(kind=kind)
    project.refresh_from_db()
    set_labels(project, ["only"])
    assert decide(project.pk).state == JobState.QUEUED


def test_a_run_whose_labels_were_archived_meanwhile_is_skipped(project, people):
    answer_some(project, people.manager, 20)
    run = decide(project.pk)
    set_labels(project, [])
    assert run_training(run.pk)["state"] == JobState.SKIPPED
    run.refresh_from_db()
    assert run.reason == "no labels yet"
    assert run.error == ""
    assert not Alert.objects.exists()


def test_the_sweep_does_not_ask_again_and_again_and_labels_make_a_run(project):
    set_labels(project, [])
    decide(project.pk)
    assert sweep.due_projects() == []
    set_labels(project, ["ham", "spam"])
    assert sweep.due_projects() == [project.pk]
    assert decide(project.pk).state == JobState.QUEUED
    assert Run.objects.filter(state=JobState.SKIPPED).count() == 1


def test_the_runs_page_shows_it_as_skipped(project, people, browser_of):
    set_labels(project, [])
    decide(project.pk)
    content = browser_of(people.manager).get(f"/p/{project.slug}/runs/").content.decode()
    assert "no labels yet" in content
    assert "argmax" not in content
