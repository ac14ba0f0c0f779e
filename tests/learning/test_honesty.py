"""The two arms and the stopping advice, through runs, REST and the pages."""

from itertools import pairwise

import pytest

from labeling.models import Project, Split
from labeling.services.answers.record import record_answer
from labeling.services.serving.next_tasks import next_tasks
from learning.models import ArmComparison, ModelVersion, Run
from learning.selectors.arms import arms
from learning.selectors.stopping import stopping
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from tests.learning.people import answer_some, make_text_project, truth

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr("labeling.services.jobs.enqueue.enqueue", lambda job, *args: True)


@pytest.fixture
def taught(people, built_once):
    """A project whose queue and random draws have been answered, after each 20 of them a run."""
    built_once(lambda: teach(people))
    return Project.objects.get()


def teach(people) -> None:
    settings = {"random_share": 0.5, "eval_share": 0.0, "min_gain": 0.05, "learner": "logistic"}
    project = make_text_project(people.manager, n_pool=120, n_eval=60, **settings)
    answer_some(project, people.annotator, 50, Split.EVAL)
    run_training(decide(project.pk).pk)
    for _ in range(4):
        for _ in range(20):
            (task,) = next_tasks(people.manager, project)
            record_answer(people.manager, task.pk, truth(task.item), 1000)
        project.refresh_from_db()
        run_training(decide(project.pk).pk)


def test_arms_are_compared_when_there_are_a_third_more_random_answers(taught, api, people):
    rows = list(ArmComparison.objects.in_order())
    assert rows
    assert all(later.labels >= round(earlier.labels * 4 / 3) for earlier, later in pairwise(rows))
    newest = rows[-1]
    assert newest.active["n"] == newest.random["n"] == 50
    assert newest.difference == pytest.approx(newest.active["value"] - newest.random["value"])
    assert newest.low <= newest.difference <= newest.high
    assert [step["name"] for step in newest.run.steps][-3:] == ["arms", "who asks", "suspected errors"]
    taught.members.create(user=people.viewer, role="viewer")
    got = api(people.viewer).get(f"/api/v1/projects/{taught.slug}/metrics/").json()
    assert {point["arm"] for point in got["learning_curve"]} == {"active", "random"}
    assert got["arms"]["comparisons"][-1]["labels"] == newest.labels
    assert f"At {newest.labels} labels active is" in got["arms"]["text"]


def test_a_run_that_is_taken_up_again_compares_the_same_again(taught):
    newest = ArmComparison.objects.in_order().last()
    before = (newest.difference, newest.low, newest.high)
    Run.objects.filter(pk=newest.run_id).update(state="queued")
    ModelVersion.objects.filter(number__gt=newest.run.model_version.number).delete()
    run_training(newest.run_id)
    again = ArmComparison.objects.get(pk=newest.pk)
    assert (again.difference, again.low, again.high) == before


def test_versions_keep_how_much_they_differ_and_what_they_gained(taught):
    versions = list(ModelVersion.objects.order_by("number"))
    assert "stability" not in versions[0].report
    assert [version.report["stability"]["against"] for version in versions[1:]] == [v.number for v in versions[:-1]]
    assert versions[-1].report["gain"]["against"] == versions[-4].number
    found = stopping(taught)
    assert len(found.kappas) == 3
    assert all(-1 <= kappa <= 1 for kappa in found.kappas)


def test_advice_on_the_pages_and_over_rest(taught, api, browser_of, people):
    versions = list(ModelVersion.objects.order_by("-number")[:3])
    for version in versions:
        version.report["stability"] = {"kappa": 0.995, "n": 200, "against": version.number - 1}
        version.report["gain"] = {"value": 0.0, "low": -0.01, "high": 0.02, "n": 50, "against": version.number - 3}
        version.save()
    assert stopping(taught).text.startswith("You could stop: the last 4 models give the same answers (kappa 0.995")
    client = browser_of(people.manager)
    for address in ("fragments/curve/", "models/", f"models/{versions[0].number}/"):
        assert "You could stop" in client.get(f"/p/{taught.slug}/{address}").content.decode()
    got = api(people.manager).get(f"/api/v1/projects/{taught.slug}/metrics/").json()["stopping"]
    assert (got["stop"], got["min_gain"]) == (True, 0.05)
    taught.min_gain = 0.01
    taught.save()
    assert not stopping(taught).stop
    assert "more eval answers would show" in stopping(taught).text


def test_a_banner_says_when_choosing_does_not_pay(taught, browser_of, people):
    client = browser_of(people.manager)
    newest = ArmComparison.objects.in_order().last()
    for low, high, shown in ((0.01, 0.05, False), (-0.02, 0.02, False), (-0.09, -0.01, True)):
        ArmComparison.objects.filter(pk=newest.pk).update(difference=(low + high) / 2, low=low, high=high)
        page = client.get(f"/p/{taught.slug}/fragments/curve/").content.decode()
        assert ("Choosing does not pay." in page) == shown
    assert arms(taught).what_to_do
    assert "Set the query strategy" in page
    assert f"/p/{taught.slug}/settings/#settings" in page
    models = client.get(f"/p/{taught.slug}/models/").content.decode()
    assert "line--random" in models


def test_before_there_is_anything_to_compare_it_says_so(project, browser_of, people):
    assert arms(project).pays == "unclear"
    assert "from 20 random answers" in arms(project).text
    assert stopping(project).text == "Whether to stop can be said after 4 models."


def test_a_comparison_that_fails_takes_nothing_away_from_the_run(people, monkeypatch):
    project = make_text_project(people.manager, n_pool=60, n_eval=50, learner="logistic")
    answer_some(project, people.annotator, 30)
    answer_some(project, people.annotator, 45, Split.EVAL)

    def broken(*_):
        raise ArithmeticError("no such luck")

    monkeypatch.setattr("learning.families.labels.arms._draws", broken)
    monkeypatch.setattr("learning.families.labels.stopping.sample_of", broken)
    assert run_training(decide(project.pk).pk)["state"] == "done"
    project.refresh_from_db()
    assert project.epoch == 1
    assert not ArmComparison.objects.exists()
