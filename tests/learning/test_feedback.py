"""What the world outside says of predictions: kept once, weighed by people's answers, learned by that weight."""

import json
from random import Random

import pytest

from labeling.models import ApiToken, Item, Project, Split
from labeling.selectors.export import Filters
from labeling.selectors.row_shapes import shapes_of
from learning.families.labels.training_data import freeze
from learning.models import ModelVersion, PredictionFeedback, ProductionFacts, Run, ServedPrediction
from learning.models.served_prediction import first_id
from learning.services.feedback.look import look
from learning.services.runs.decide import data_watermark
from tests.factories import make_answer, make_items, make_project
from tests.learning.test_training import trained

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
URL = "/api/v1/projects/told/feedback/"


def served(project, items, label="spam"):
    """A prediction for each item's content, as it is kept."""
    version, _ = ModelVersion.objects.get_or_create(
        project=project, number=1, defaults={"trained_on": 1, "labels": ["ham", "spam"]}
    )
    key, moment = first_id(), ServedPrediction._meta.get_field("created_at").to_python("2026-01-01T00:00:00+00:00")
    return ServedPrediction.objects.bulk_create(
        ServedPrediction(
            id=key + n, project=project, model_version=version, content_hash=item.content_hash,
            answer={"label": label} if label else {}, status="ok" if label else "outlier", created_at=moment,
        )
        for n, item in enumerate(items)
    )  # fmt: skip


@pytest.fixture
def told(people):
    project = make_project(slug="told", manager=people.manager, labels=("ham", "spam"))
    make_items(project, [f"text {n}" for n in range(60)])
    make_items(project, [f"held {n}" for n in range(4)], split=Split.EVAL)
    return project


def test_feedback_is_kept_once_a_prediction_and_caller_and_a_bad_row_is_refused_by_its_number(told, people, api):
    one, two, odd = (*served(told, told.items.order_by("pk")[:2]), *served(told, told.items.order_by("pk")[2:3], ""))
    _, key = ApiToken.issue(people.manager, "shop", scopes="predict")
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")

    def say(*rows, by=client):
        response = by.post(URL, {"rows": list(rows)}, format="json")
        assert response.status_code == 200, response.content
        found = response.json()
        return found["stored"], found["unchanged"], [(no["row"], no["field"]) for no in found["refused"]]

    given = {"prediction": str(one.pk), "label": "ham"}
    bad = [
        3, {"prediction": "x", "right": True}, {"prediction": "7", "right": True}, {"prediction": str(one.pk)},
        {"prediction": str(one.pk), "label": "eggs"}, {"prediction": str(one.pk), "right": "yes"},
        {"prediction": str(one.pk), "right": True, "clicked": True}, {"prediction": str(odd.pk), "right": True},
    ]  # fmt: skip
    fields = ["prediction", "prediction", "prediction", "prediction", "label", "right", "prediction", "right"]
    assert say(*bad, given) == (1, 0, list(enumerate(fields, 1)))
    assert say(given, {"prediction": two.pk, "right": True}) == (1, 1, [])
    assert say(given, by=api(people.manager)) == (1, 0, []), "another caller"
    assert say({**given, "label": "spam"}, given, {**given, "label": "spam"}) == (1, 0, []), "the last of them"
    rows = PredictionFeedback.objects.filter(prediction=one.pk, caller__startswith="token")
    assert list(rows.values_list("revision", "is_current", "answer")) == [
        (1, False, {"label": "ham"}), (2, True, {"label": "spam"}),
    ]  # fmt: skip
    single = client.post(URL, {"prediction": str(two.pk), "clicked": False}, format="json")
    refused = client.post(URL, {"prediction": str(two.pk), "right": 1}, format="json")
    assert (single.json()["stored"], refused.status_code, list(refused.json())) == (1, 400, ["right"])
    for body in ([], {"rows": []}, {"rows": [given] * 1001}, {"rows": [given], "x": 1}):
        assert client.post(URL, body, format="json").status_code == 400
    exported = list(shapes_of(told)["feedback"].rows(told, Filters()))
    assert [(row["form"], row["answer"], row["source"], row["weight"]) for row in exported] == [
        ("label", {"label": "ham"}, "feedback", 0.0), ("label", {"label": "spam"}, "feedback", 0.0),
        ("clicked", None, "feedback", 0.0),
    ]  # fmt: skip


def test_a_label_by_feedback_weighs_what_people_show_and_is_never_measured_by(told, people, api):
    """Without evidence nothing, and whoever says right to everything is no evidence."""
    items = list(told.items.filter(split=Split.POOL).order_by("pk"))
    said = {item.pk: "spam" if n % 2 else "ham" for n, item in enumerate(items)}
    predictions = served(told, [*items, *told.items.filter(split=Split.EVAL).order_by("pk")])
    client = api(people.manager)
    rows = [{"prediction": one.pk, "label": "spam" if n % 2 else "ham"} for n, one in enumerate(predictions)]
    assert client.post(URL, {"rows": rows}, format="json").json()["stored"] == 64
    ProductionFacts.objects.create(project=told)

    def weight():
        look(told.pk, Random(0))
        return client.get("/api/v1/projects/told/production/").json()["feedback"]

    assert weight()["weight"] == 0.0
    for item in items[:40]:
        make_answer(item, people.manager, {"label": said[item.pk]})
    found = weight()
    assert (found["given"], found["evidence"]["label"]["n"], found["evidence"]["label"]["agreed"]) == (64, 40, 40)
    assert found["weight"] == 0.8, "the lower end of 40 of 40, beyond chance"

    def frozen():
        return freeze(Run(project=told, **data_watermark(Project.objects.get(pk=told.pk))))

    data = frozen()
    assert data.sources.learned == {"feedback": 20, "human": 40}
    assert (data.sources.measured, len(data.evaluation)) == ({}, 0), "of held-out items it says nothing"
    assert set(data.item_weights.tolist()) == {0.8, 1.0}
    assert data.sources.in_words(data.weights).endswith("20 by feedback at weight .8")
    run = trained(told)
    assert (run.source_weights, run.sources["learned"]) == ({"feedback": 0.8}, {"feedback": 20, "human": 40})
    assert json.loads(json.dumps(run.sources))["measured"] == {}

    rows = [{"prediction": one.pk, "right": True} for one in predictions]  # all were called spam, half of them are
    client.post(URL, {"rows": rows}, format="json")
    found = weight()
    assert (found["weight"], found["evidence"]["right"]["agreed"], found["evidence"]["right"]["weight"]) == (0.0, 20, 0)
    assert frozen().sources.learned == {"human": 40}
    assert Item.objects.filter(project=told, answers__gt=0).count() == 40
