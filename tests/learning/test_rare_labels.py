"""A rare label from the imported answers to the queue, the report, REST and the model's page."""

import re

import pytest

from labeling.models import Annotation, Source, Split
from learning.models import ModelVersion
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from tests.factories import make_answers, make_items, make_project
from tests.learning.people import texts, truth

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr("labeling.services.jobs.enqueue.enqueue", lambda job, *args: True)


@pytest.fixture
def project(people):
    """A pool of 300 messages with some 6 % spam, of which sixty came with an answer; 150 eval items, all answered."""
    made = make_project(manager=people.manager, slug="rare", learner="logistic")
    made.members.create(user=people.viewer, role="viewer")
    every = texts(450, seed=5, spam_share=0.06)
    pool = make_items(made, every[:300])
    for item in pool[:60]:
        Annotation.objects.create(project=made, item=item, source=Source.IMPORT, answer=truth(item))
    held = make_items(made, every[300:], split=Split.EVAL)
    make_answers((item, people.annotator, truth(item)) for item in held)
    return made


@pytest.fixture
def version(project):
    run_training(decide(project.pk).pk)
    return ModelVersion.objects.get()


def test_imported_positives_reach_the_queue_before_anybody_was_asked(project, version):
    spam = [truth(item)["label"] for item in project.items.filter(split=Split.POOL).order_by("ordinal")]
    assert 1 <= spam[:60].count("spam") <= 6
    queue = project.epochs.get()
    assert queue.strategy == "more_like_it"
    head = [truth(entry.item)["label"] for entry in queue.entries.order_by("rank")[:20]]
    by_chance = 20 * spam[60:].count("spam") / 240
    assert head.count("spam") >= 3 * by_chance


def test_the_report_says_from_which_probability_to_give_the_label(api, people, project, version):
    told = api(people.viewer).get(f"/api/v1/models/{version.pk}/").json()["report"]
    ham, spam = told["labels"]
    assert spam["average_precision"]["n"] == spam["support"]
    assert spam["average_precision"]["low"] < spam["average_precision"]["value"]
    assert ham["average_precision"]["value"] > 0.9
    rare = next(row for row in told["thresholds"] if row["label"] == 1)
    assert 0 < rare["threshold"] <= 0.5
    assert rare["recall"]["n"] == spam["support"]
    assert rare["f1"]["value"] >= spam["f1"]["value"] - 0.05
    assert rare["curve"][-1][0] == 1.0
    assert api(people.stranger).get(f"/api/v1/models/{version.pk}/").status_code == 404


def test_the_page_draws_precision_over_recall_and_names_the_threshold(browser_of, people, project, version):
    shown = browser_of(people.viewer).get(f"/p/rare/models/{version.number}/").content.decode()
    part = shown[shown.index('id="thresholds"') : shown.index("Use it where predictions are read")]
    rare = next(row for row in version.report["thresholds"] if row["label"] == 1)
    assert f"{rare['threshold']:.2f}" in part
    assert part.index("spam") < part.index("ham</bdi>"), "the rarest first"
    (line,) = re.findall(r'<polyline class="line" points="([^"]+)"', part)
    assert len(line.split()) == len(rare["curve"])
    assert "Average precision" in shown


def test_with_fewer_than_five_eval_items_nothing_is_drawn_and_too_few_is_said(browser_of, people, project):
    spam = [item for item in project.items.filter(split=Split.EVAL) if truth(item)["label"] == "spam"]
    Annotation.objects.filter(item__in=spam[3:]).delete()
    run_training(decide(project.pk).pk)
    version = ModelVersion.objects.get()
    rare = next(row for row in version.report["thresholds"] if row["label"] == 1)
    assert (rare["support"], rare["curve"]) == (3, [])
    shown = browser_of(people.viewer).get(f"/p/rare/models/{version.number}/").content.decode()
    part = shown[shown.index('id="thresholds"') : shown.index("Use it where predictions are read")]
    row = part[part.index('title="spam"') : part.index("</tr>", part.index('title="spam"'))]
    assert "too few to say" in row


def test_a_version_of_before_shows_its_labels_without_what_was_not_measured_then(browser_of, people, project, version):
    for scores in version.report["labels"]:
        del scores["average_precision"]
    del version.report["thresholds"]
    version.save(update_fields=["report"])
    shown = browser_of(people.viewer).get(f"/p/rare/models/{version.number}/").content.decode()
    assert "not measured then" in shown
    assert 'id="thresholds"' not in shown
