"""Models beside one another, on the eval items that all of them answered."""

import re

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling.models import Item, Split
from learning.core.evaluation.intervals_difference import paired_difference
from learning.core.evaluation.side_by_side import beside, by_label
from learning.families.labels import eval_answers
from learning.models import ModelVersion, Run
from learning.services import files
from tests.factories import make_items

pytestmark = pytest.mark.django_db

HAM, SPAM = 0, 1
N_ITEMS, N_BEFORE = 40, 30
PAGE, REST = "/p/sms/models/compare/", "/api/v1/projects/sms/models/compare/"


def measured(project, number: int, items: list[Item], truth: list[int], answers: list[int], **fields) -> ModelVersion:
    """A version that answered so on these eval items, .9 sure."""
    given = np.full((len(items), 2), 0.1, dtype=np.float32)
    given[np.arange(len(items)), answers] = 0.9
    right = float(np.mean(np.array(answers) == truth))
    kept = eval_answers.store(
        project.pk, np.array([item.ordinal for item in items]), given, np.array(answers), np.eye(2)[truth]
    )
    run = Run.objects.create(project=project, trigger="manual", state="done", seed=number, labels_version=1)
    return ModelVersion.objects.create(
        project=project, number=number, run=run, encoder="tfidf:1", strategy="margin", trained_on=10 * number,
        learner="logistic", labels=["ham", "spam"], n_eval=len(items), eval_sha256=str(len(items)),
        metrics={"accuracy": {"value": right, "low": right - 0.1, "high": min(right + 0.1, 1.0), "n": len(items)}},
        report={"eval_answers": kept, "reliability": [[0.9, right, len(items)]], "labels": []},
        **{"status": "retired", **fields},
    )  # fmt: skip


@pytest.fixture
def versions(project) -> list[ModelVersion]:
    """Model 1 knows the first 30 items, models 2 and 3 all 40; the label of the first one was corrected after 1.

    Of the 29 that all know, 1 errs on the items 1 to 6, 2 on 5 to 8, 3 on none.
    """
    items = make_items(project, [f"message {number}" for number in range(N_ITEMS)], split=Split.EVAL)
    truth = [number % 2 for number in range(N_ITEMS)]
    before = [1 - truth[0], *truth[1:N_BEFORE]]
    wrong = {1: range(1, 7), 2: range(5, 9), 3: range(0)}
    said = {model: [1 - t if at in errs else t for at, t in enumerate(truth)] for model, errs in wrong.items()}
    return [
        measured(project, 1, items[:N_BEFORE], before, said[1][:N_BEFORE]),
        measured(project, 2, items, truth, said[2], status="champion"),
        measured(project, 3, items, truth, said[3]),
    ]


def test_differences_are_paired_on_the_items_that_all_answered(versions, people, api, browser_of):
    found = api(people.viewer).get(f"{REST}?models=1,2,3").json()
    shared = found["shared"]
    assert (shared["n"], shared["changed"], found["why_not"]) == (29, 1, "")
    assert [round(each["value"] * 29) for each in shared["accuracy"]] == [23, 25, 29]
    second, third = shared["against_first"]
    assert (second["ahead"], second["behind"], third["ahead"], third["behind"]) == (4, 2, 6, 0)
    by_hand = paired_difference(4, 2, 29)
    assert [second["difference"][end] for end in ("value", "low", "high")] == [2 / 29, by_hand.low, by_hand.high]
    assert third["difference"]["low"] > 0 > second["difference"]["low"]
    assert all(
        word in " ".join(found["grounds"]) for word in ("not measured on the same eval items", "1 eval item that")
    )
    settings = {row["name"]: row["differs"] for row in found["settings"]}
    assert (settings["Seed"], settings["Learned from"], settings["Learner"]) == (True, True, False)
    shown = browser_of(people.viewer).get(f"{PAGE}?models=1,2,3").content.decode()
    assert "Model 3 is better than model 1" in shown
    assert "No difference is shown between model 2 and model 1" in shown
    assert "+20.7 points" in shown


def test_which_items_changed_and_who_is_right(versions, people, api, browser_of):
    client = browser_of(people.viewer)
    found = api(people.viewer).get(f"{REST}?models=1,2").json()["shared"]
    assert found["disagreements"] == [{"right": [2], "items": 4}, {"right": [1], "items": 2}]
    numbers = {item.pk: item.ordinal for item in Item.objects.all()}
    first = Item.objects.order_by("ordinal").first().ordinal
    for right, ordinals in (("", {1, 2, 3, 4, 7, 8}), ("&right=2", {1, 2, 3, 4}), ("&right=1", {7, 8})):
        told = api(people.viewer).get(f"{REST}?models=1,2{right}").json()["shared"]["items"]
        assert {numbers[row["item"]] - first for row in told} == ordinals
        shown = client.get(f"{PAGE}?models=1,2{right}").content.decode()
        assert {numbers[int(pk)] - first for pk in re.findall(r'href="/p/sms/items/(\d+)/"', shown)} == ordinals
    assert {tuple(row["answers"]) for row in told} == {("ham", "spam"), ("spam", "ham")}


@pytest.mark.parametrize("query", ["models=1", "models=1,2,3,4,5", "models=1,x", "models=1,9", "models=1,1"])
def test_what_cannot_be_compared_is_said(versions, people, api, browser_of, query):
    refused = api(people.viewer).get(f"{REST}?{query}")
    assert (refused.status_code, list(refused.json())) == (400, ["models"])
    page = browser_of(people.viewer).get(f"{PAGE}?{query}")
    assert page.status_code == 400
    assert refused.json()["models"][0].split(":")[0].replace("“", "") in page.content.decode().replace("“", "")


def test_boxes_lead_to_the_one_address_and_wrong_filters_are_refused(versions, people, api, browser_of):
    client = browser_of(people.viewer)
    assert client.get(f"{PAGE}?models=3&models=1").url == f"{PAGE}?models=1,3"
    assert 'name="models" value="3"' in client.get(PAGE).content.decode()
    assert 'name="models" value="3"' in client.get("/p/sms/models/").content.decode()
    assert client.get(f"{PAGE}?models=1,2&right=3").status_code == 404
    assert api(people.viewer).get(f"{REST}?models=1,2&right=3").json()["right"]


def test_what_was_not_kept_or_is_damaged_leaves_the_figures(versions, people, api, browser_of):
    first = versions[0]
    files.local_path(first.report["eval_answers"]["path"]).write_bytes(b"not it")
    assert "is damaged" in api(people.viewer).get(f"{REST}?models=1,2").json()["why_not"]
    del first.report["eval_answers"]
    first.report["labels"] = [{"label": SPAM, "support": 9, "f1": {"value": 0.8, "low": 0.6, "high": 0.9, "n": 12}}]
    first.save()
    shown = browser_of(people.viewer).get(f"{PAGE}?models=1,2").content.decode()
    assert "was not kept" in shown
    assert "0.60 to 0.90" in shown


def test_merged_labels_are_read_as_one_and_split_ones_left_out(versions, project, people, api):
    project.labels.create(name="mail", position=9)
    project.labels.filter(name="spam").update(read_as="mail")
    one = api(people.viewer).get(f"{REST}?models=1,2").json()["shared"]
    assert {row["label"] for row in one["labels"]} == {"ham", "mail"}
    project.labels.filter(name="ham").update(is_split=True)
    two = api(people.viewer).get(f"{REST}?models=1,2").json()["shared"]
    assert (two["n"], [row["label"] for row in two["labels"]]) == (15, ["mail"])
    assert "a label that was split since" in {answer for row in two["items"] for answer in row["answers"]}


def test_four_cost_no_more_queries_than_two(versions, project, people, browser_of):
    items = list(Item.objects.order_by("ordinal"))
    measured(project, 4, items, [0] * N_ITEMS, [0, 1] * (N_ITEMS // 2))
    client, counts = browser_of(people.viewer), []
    for models in ("1,2", "1,2,3,4"):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{PAGE}?models={models}").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_of_a_scale_who_is_closer_counts_and_labels_sort_by_what_chance_leaves():
    (found,) = beside(np.array([[2, 2, 0, 1], [1, 2, 0, 2]]))
    assert (found.ahead, found.behind, found.difference.value) == (1, 1, 0.0)
    truth = np.array([0] * 40 + [1] * 40 + [2] * 2)
    first = truth.copy()
    first[:4] = 1
    first[40:70] = 0
    rows = by_label(np.array([first, truth]), truth, 3, 2)
    assert [(row.label, row.support) for row in rows] == [(1, 40), (0, 40)]
    assert rows[0].differences[0].value == 0.75
