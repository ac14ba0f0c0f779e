"""A queue leans towards random by the errors that its project has measured."""

import pytest
from django.urls import reverse

from labeling.models import Item, Split
from learning.models import Run
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from tests.factories import make_answer, make_answers
from tests.learning.people import answer_some, make_text_project, truth

pytestmark = pytest.mark.django_db

OTHER = {"spam": {"label": "ham"}, "ham": {"label": "spam"}}


def run(project) -> Run:
    found = decide(project.pk)
    run_training(found.pk)
    found.refresh_from_db()
    project.refresh_from_db()
    return found


def rank_note(found: Run) -> str:
    return next(step["note"] for step in found.steps if step["name"] == "rank")


def erring(project, annotator, split, n, every) -> None:
    """Of ``n`` answers each ``every``-th is wrong."""
    items = Item.objects.open_in(split).filter(project=project).order_by("ordinal")[:n]
    make_answers(
        (item, annotator, truth(item) if number % every else OTHER[truth(item)["label"]])
        for number, item in enumerate(items)
    )


@pytest.fixture
def project(people):
    return make_text_project(people.manager, n_pool=150, n_eval=60, retrain_every=10, learner="logistic")


def test_wrong_eval_answers_make_the_queue_lean_and_the_run_says_so(project, people):
    answer_some(project, people.annotator, 90)
    erring(project, people.annotator, Split.EVAL, 60, every=3)
    note = rank_note(run(project))
    assert project.leaning > 0.3
    assert project.share_at_random == project.leaning > project.random_share
    assert "% of the answers: " in note
    assert f"{project.leaning:.0%} of the questions are drawn at random" in note


def test_the_project_page_says_that_the_queue_leans_and_nothing_where_it_does_not(project, people, client):
    answer_some(project, people.annotator, 90)
    erring(project, people.annotator, Split.EVAL, 60, every=3)
    run(project)
    client.force_login(people.manager)
    curve = reverse("learning-pages:fragment-curve", args=[project.slug])
    said = f"People err here: {project.leaning:.0%} of the questions are drawn at random instead of 10%"
    assert said in client.get(curve).content.decode()
    project.leaning = 0.1  # no more than was set
    project.save(update_fields=["leaning"])
    assert "People err" not in client.get(curve).content.decode()
    client.force_login(people.stranger)
    assert client.get(curve).status_code == 404


def test_right_answers_leave_the_random_share_as_it_was_set(project, people):
    answer_some(project, people.annotator, 90)
    answer_some(project, people.annotator, 60, Split.EVAL)
    note = rank_note(run(project))
    assert project.leaning < 0.05
    assert project.share_at_random == project.random_share
    assert "at random" not in note


def test_two_who_contradict_each_other_are_counted_although_they_leave_no_truth(project, people):
    answer_some(project, people.annotator, 90)
    twice = Item.objects.filter(project=project, split=Split.EVAL, ordinal__lt=180)
    twice.update(annotations_required=2, extra_slots=1)
    for item in twice.order_by("ordinal"):
        said = truth(item)
        make_answer(item, people.annotator, said)
        make_answer(item, people.reviewer, OTHER[said["label"]] if item.ordinal % 2 else said)
    run(project)
    assert project.leaning > 0.3


def test_a_strategy_that_somebody_chose_is_followed(project, people):
    answer_some(project, people.annotator, 90)
    erring(project, people.annotator, Split.EVAL, 60, every=3)
    run(project)
    assert project.leaning > 0.3
    project.strategy = "margin"
    project.save(update_fields=["strategy"])
    answer_some(project, people.annotator, 20)
    run(project)
    assert project.leaning == 0.0


def test_when_people_err_no_more_the_queue_leans_back(project, people):
    answer_some(project, people.annotator, 60)
    erring(project, people.annotator, Split.EVAL, 12, every=2)
    run(project)
    leaned = project.leaning
    answer_some(project, people.annotator, 20)
    answer_some(project, people.annotator, 48, Split.EVAL)
    run(project)
    assert project.leaning < leaned


def test_who_contradicts_the_model_far_more_than_others_weighs_less_and_the_run_says_so(project, people):
    wanted = Item.objects.open_in(Split.POOL).filter(project=project).order_by("ordinal")
    for number, item in enumerate(wanted[:120]):
        said = truth(item)
        if number % 3:
            make_answer(item, people.annotator, said)
        else:
            make_answer(item, people.reviewer, OTHER[said["label"]] if number % 2 else said)
    found = run(project)
    fit = next(step["note"] for step in found.steps if step["name"] == "fit")
    assert "40 answers of people who contradict it far more than others weigh less" in fit
