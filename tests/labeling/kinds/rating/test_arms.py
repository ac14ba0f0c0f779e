"""Whether choosing pays is said of ratings by kappa: through runs, REST and the pages."""

import random

import pytest

from labeling.models import Split
from labeling.services.answers.record import record_answer
from labeling.services.serving.next_tasks import next_tasks
from learning.models import ArmComparison
from learning.pages.charts import learning_curve_chart
from learning.selectors.arms import arms
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from tests.factories import make_items, make_project
from tests.labeling.kinds.rating.test_learning import STEPS, rate, reviews, true_step

pytestmark = pytest.mark.django_db


@pytest.fixture
def taught(people, monkeypatch):
    """A project whose queue and random draws have been answered, after each 30 of them a run."""
    monkeypatch.setattr("labeling.services.jobs.enqueue.enqueue", lambda job, *args: True)
    project = make_project(kind="rating", labels=STEPS, manager=people.manager, random_share=0.5, eval_share=0.0)
    every = reviews(220)
    make_items(project, every[:160])
    make_items(project, every[160:], split=Split.EVAL)
    rate(project, people.annotator, 50, Split.EVAL)
    coins = random.Random(1)
    for _ in range(2):
        for _ in range(30):
            (task,) = next_tasks(people.manager, project, rng=coins)
            record_answer(people.manager, task.pk, {"rating": true_step(task.item)}, 1000)
        project.refresh_from_db()
        run_training(decide(project.pk).pk)
    return project


def test_the_arms_of_a_rating_project_are_compared_and_drawn_by_kappa(taught, people, api, browser_of):
    newest = ArmComparison.objects.in_order().last()
    assert newest.metric == "quadratic_kappa"
    assert newest.difference == pytest.approx(newest.active["value"] - newest.random["value"])
    assert newest.low < newest.difference < newest.high
    got = api(people.manager).get(f"/api/v1/projects/{taught.slug}/metrics/").json()
    assert {(point["arm"], point["metric"]) for point in got["learning_curve"]} == {
        ("active", "quadratic_kappa"), ("random", "quadratic_kappa"),
    }  # fmt: skip
    assert "of kappa (" in got["arms"]["text"]
    assert "points" not in got["arms"]["text"]
    page = browser_of(people.manager).get(f"/p/{taught.slug}/models/").content.decode()
    assert "line--random" in page

    # of old code, by another measure: neither said nor drawn
    ArmComparison.objects.update(metric="accuracy")
    assert arms(taught).comparisons == []
    assert "from 20 random answers" in arms(taught).text


def test_a_curve_of_kappa_below_0_lies_inside_its_drawing():
    def point(labels, value):
        return {"labels": labels, "metric": "quadratic_kappa", "value": value, "low": value - 0.2, "high": value + 0.2,
                "n": 50}  # fmt: skip

    chart = learning_curve_chart([point(20, -0.15), point(40, 0.3)], random=[point(20, 0.1)])
    for each in (*chart.points, *chart.others[0].points):
        assert chart.top <= each.high <= each.y <= each.low <= chart.bottom
    assert "−0.2" in [tick.text for tick in chart.y_ticks]
    above = learning_curve_chart([point(20, 0.3), point(40, 0.5)])
    assert min(float(tick.text) for tick in above.y_ticks) >= 0
