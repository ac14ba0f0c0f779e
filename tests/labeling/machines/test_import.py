"""Predictions in bulk: every kind's shape, refused rows by their number, the same again without effect."""

import json
import uuid

import pytest

from labeling.kinds import KINDS
from labeling.models import Annotation, Context, Item, Label, Pair, Prediction, PredictionImport, Progress
from labeling.services.machines.manage import add_machine
from labeling.services.machines.predictions import MAX_ROWS
from labeling.services.projects.renames import rename_label
from tests.factories import make_answer, make_items, make_project
from tests.labeling.machines.test_members import by

pytestmark = pytest.mark.django_db
AT = "/api/v1/projects/sms/predictions/import/"


@pytest.fixture
def items(project):
    return make_items(project, [f"text {n}" for n in range(4)])


@pytest.fixture
def machine(project, people):
    """A client of the machine."""
    return by(add_machine(people.manager, project, name="judge", version="1")[1])


def stored() -> dict:
    return {row.item_id: (row.answer, row.probabilities) for row in Prediction.objects.all()}


def test_rows_name_items_by_number_or_id_and_say_a_label_or_probabilities(project, machine, items):
    one, two, three, four = items
    rows = [
        {"item": one.pk, "label": "ham", "cost": 0.5},
        {"id": two.external_id, "probabilities": {"spam": 0.9, "ham": 0.1}},
        {"item": three.pk, "label": "spam", "probabilities": {"ham": 0.6, "spam": 0.4}},
        {"item": four.pk, "answer": {"label": "ham"}},
    ]
    answer = machine.post(AT, {"rows": rows}).json()
    assert [answer[name] for name in ("machine", "version", "total", "accepted", "repeated", "rejected")] == [
        "judge", "1", 4, 4, 0, 0,
    ]  # fmt: skip
    assert stored() == {
        one.pk: ({"label": "ham"}, None),
        two.pk: ({"label": "spam"}, {"ham": 0.1, "spam": 0.9}),
        three.pk: ({"label": "spam"}, {"ham": 0.6, "spam": 0.4}),
        four.pk: ({"label": "ham"}, None),
    }
    assert Prediction.objects.get(item=one).cost == 0.5


WRONG = [
    ("no row", "row"), (None, "row"), ({}, "item"), ({"label": "ham"}, "item"), ({"id": "row-0"}, "label"),
    ({"id": "row-0", "item": 1, "label": "ham"}, "item"), ({"id": "nothing", "label": "ham"}, "item"),
    ({"item": 2**70, "label": "ham"}, "item"), ({"item": True, "label": "ham"}, "item"),
    ({"id": "row-0", "label": "eggs"}, "label"),
    ({"id": "row-0", "label": "ham", "answer": {"label": "ham"}}, "answer"),
    ({"id": "row-0", "answer": {"labels": ["ham"]}}, "answer"), ({"id": "row-0", "label": "ham", "sure": 1}, "sure"),
    ({"id": "row-0", "label": "ham", "a\0b": 1}, "a\\x00b"), ({"id": "row-0", "label": "ham", "\ud800": 1}, "\\ud800"),
    ({"id": "row-0", "probabilities": {"ham": 0.5}}, "probabilities"),
    ({"id": "row-0", "probabilities": {"ham": 0.5, "spam": 0.5}}, "probabilities"),
    ({"id": "row-0", "probabilities": {"ham": 1.5}}, "probabilities"),
    ({"id": "row-0", "probabilities": {"eggs": 1}}, "probabilities"),
    ({"id": "row-0", "probabilities": {"ham": 1, "HAM": 0}}, "probabilities"),
    ({"id": "row-0", "probabilities": {"ham": True}}, "probabilities"),
    ({"id": "row-0", "probabilities": []}, "probabilities"), ({"id": "row-0", "label": "ham", "cost": -1}, "cost"),
    ({"id": "\ud800", "label": "ham"}, "id"), ({"id": "row-0", "label": "\ud800"}, "label"),
    ({"id": "row-0", "label": "ham", "cost": "free"}, "cost"), ({"id": "a\0", "label": "ham"}, "id"),
]  # fmt: skip


def test_a_wrong_row_is_refused_by_its_number_and_the_others_are_taken_in(project, machine, items):
    good = {"item": items[3].pk, "label": "ham"}
    sent = json.dumps({"rows": [*(row for row, _ in WRONG), good]})
    answer = machine.generic("POST", AT, sent, content_type="application/json").json()
    assert [(one["row"], one["field"]) for one in answer["rejections"]] == [
        (number, field) for number, (_, field) in enumerate(WRONG, 1)
    ]
    assert all(one["reason"] for one in answer["rejections"])
    assert (answer["total"], answer["accepted"], answer["rejected"]) == (len(WRONG) + 1, 1, len(WRONG))
    assert list(stored()) == [items[3].pk]


def test_the_same_again_changes_nothing_and_another_answer_is_refused(project, machine, items):
    rows = [{"item": items[0].pk, "label": "ham"}, {"item": items[0].pk, "label": "ham"},
            {"item": items[0].pk, "label": "spam"}]  # fmt: skip
    first = machine.post(AT, {"rows": rows}).json()
    assert (first["accepted"], first["repeated"], [row["row"] for row in first["rejections"]]) == (1, 1, [3])
    before = list(Prediction.objects.values())
    again = machine.post(AT, {"rows": rows}).json()
    assert (again["accepted"], again["repeated"], [row["row"] for row in again["rejections"]]) == (0, 2, [3])
    assert "never changed" in again["rejections"][0]["reason"]
    same_label = {"item": items[0].pk, "label": "ham", "probabilities": {"ham": 1}}
    assert machine.post(AT, {"rows": [same_label]}).json()["rejected"] == 1, "probabilities belong to the answer"
    assert list(Prediction.objects.values()) == before
    next_version = machine.post(f"{AT}?version=2", {"rows": rows[2:]}).json()
    assert (next_version["version"], next_version["accepted"]) == ("2", 1)
    assert machine.post(AT, {"rows": rows[:1]}).json()["version"] == "2", "the newest is the default"


def test_a_request_that_is_sent_twice_with_its_key_is_answered_as_the_first(project, machine, items):
    key, rows = str(uuid.uuid4()), [{"item": items[0].pk, "label": "ham"}]
    first, again = (machine.post(AT, {"rows": rows}, headers={"Idempotency-Key": key}) for _ in range(2))
    assert (first.json(), again.json()["accepted"]) == (again.json(), 1)
    other = machine.post(AT, {"rows": []}, headers={"Idempotency-Key": key})
    assert other.status_code == 409
    assert PredictionImport.objects.count() == 1


def test_lines_are_rows_too_and_a_broken_one_is_refused_by_its_number(project, machine, items):
    lines = b'{"item": %d, "label": "ham"}\n\n{"item": \n{"id": "row-1", "label": "spam"}\r\n' % items[0].pk
    answer = machine.generic("POST", AT, lines, content_type="application/jsonl").json()
    assert (answer["accepted"], answer["rejections"]) == (
        2, [{"row": 2, "field": "row", "reason": "The line is no JSON."}],
    )  # fmt: skip


def test_limits_are_said(project, people, machine, items, settings):
    row = {"item": items[0].pk, "label": "ham"}
    refused = machine.post(AT, {"rows": [row] * (MAX_ROWS + 1)}, format="json")
    assert (refused.status_code, list(refused.json())) == (400, ["rows"])
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    for media_type in ("application/json", "application/jsonl"):
        assert machine.generic("POST", AT, b"[" + b" " * 200 + b"]", content_type=media_type).status_code == 413
    assert not Prediction.objects.exists()


KIND_ROWS = {
    "multilabel": [
        ({"label": ["ham", "spam"]}, {"labels": ["ham", "spam"]}),
        ({"label": []}, {"labels": []}),
        ({"probabilities": {"ham": 0.9, "spam": 0.7}}, {"labels": ["ham", "spam"]}),
        ({"probabilities": {"ham": 0.5, "spam": 0.2}}, {"labels": []}),
    ],
    "rating": [
        ({"label": 2}, {"rating": 2}),
        ({"answer": {"rating": 3}}, {"rating": 3}),
        ({"probabilities": {"1": 0.4, "2": 0.2, "3": 0.4}}, {"rating": 2}),
        ({"probabilities": {"3": 1.0}}, {"rating": 3}),
    ],
}


@pytest.mark.parametrize("kind", KIND_ROWS)
def test_every_kind_has_its_shape(people, kind):
    labels = ("1", "2", "3") if kind == "rating" else ("ham", "spam")
    project = make_project(slug="sms", kind=kind, labels=labels, manager=people.manager)
    items = make_items(project, [f"text {n}" for n in range(4)])
    machine = by(add_machine(people.manager, project, name="judge", version="1")[1])
    rows = [{"item": item.pk, **row} for item, (row, _) in zip(items, KIND_ROWS[kind], strict=True)]
    assert machine.post(AT, {"rows": rows}).json()["rejections"] == []
    assert [said for said, _ in stored().values()] == [answer for _, answer in KIND_ROWS[kind]]
    assert KINDS.keys() == {*KIND_ROWS, "classification", "pairwise"}


def test_a_pair_is_named_by_its_number_or_its_items_whichever_stands_left(people):
    project = make_project(slug="sms", kind="pairwise", labels=(), manager=people.manager)
    context = Context.objects.create(project=project, ordinal=0, text="For what?", split="pool", content_hash="c")
    a, b, c = make_items(project, ["a", "b", "c"], in_context=None)
    pairs = [Pair.objects.create(project=project, context=context, first=one, second=two, split="pool")
             for one, two in ((a, b), (a, c), (b, c))]  # fmt: skip
    machine = by(add_machine(people.manager, project, name="judge", version="1")[1])
    rows = [
        {"pair": pairs[0].pk, "label": "left"},
        {"left": c.external_id, "right": a.external_id, "probabilities": {"left": 0.8, "right": 0.1, "tie": 0.1}},
        {"left": b.external_id, "right": c.external_id, "label": "tie"},
        {"left": b.external_id, "right": "nothing", "label": "tie"},
        {"left": c.external_id, "right": b.external_id, "label": "tie"},
    ]
    answer = machine.post(AT, {"rows": rows}).json()
    assert (answer["accepted"], answer["repeated"], [one["row"] for one in answer["rejections"]]) == (3, 1, [4])
    assert {row.pair_id: (row.answer["winner"], row.probabilities) for row in Prediction.objects.all()} == {
        pairs[0].pk: ("left", None),
        pairs[1].pk: ("right", {"left": 0.1, "right": 0.8, "tie": 0.1, "neither": 0.0}),
        pairs[2].pk: ("tie", None),
    }
    listed = machine.get("/api/v1/projects/sms/predictions/items/").json()["results"]
    assert [(one["pair"], one["left"]["text"], one["right"]["text"]) for one in listed] == [
        (pairs[0].pk, "a", "b"), (pairs[1].pk, "a", "c"), (pairs[2].pk, "b", "c"),
    ]  # fmt: skip


def test_a_machine_reads_what_there_is_and_nothing_of_what_others_said(project, people, machine, items):
    make_items(project, ["of the eval split"], split="eval", data={"secret": 1}, group="g", origin="o")
    make_answer(items[0], people.annotator, {"label": "spam"})
    at = "/api/v1/projects/sms/predictions/items/"
    page = machine.get(f"{at}?limit=3").json()
    rest = machine.get(page["next"]).json()
    found = [*page["results"], *rest["results"]]
    assert [one["item"]["id"] for one in found] == list(Item.objects.order_by("ordinal").values_list("pk", flat=True))
    assert {frozenset(one) for one in found} == {frozenset({"item"})}
    assert {name for one in found for name in one["item"]} == {"id", "context", "text", "fields", "image"}
    machine.post(AT, {"rows": [{"item": one["item"]["id"], "label": "ham"} for one in found[:2]]})
    missing = machine.get(f"{at}?missing=true").json()["results"]
    assert [one["item"]["id"] for one in missing] == [one["item"]["id"] for one in found[2:]]
    assert len(machine.get(f"{at}?missing=true&version=next").json()["results"]) == len(found)


def test_predictions_are_listed_and_those_of_a_version_deleted(project, people, api, machine, items):
    rows = [{"item": item.pk, "probabilities": {"ham": 0.2, "spam": 0.8}} for item in items]
    machine.post(AT, {"rows": rows})
    machine.post(f"{AT}?version=2", {"rows": rows[:1]})
    rename_label(people.manager, project, "spam", "junk")
    manager, at = api(people.manager), "/api/v1/projects/sms/predictions/"
    listed = manager.get(f"{at}?machine=judge&version=1").json()["results"]
    assert len(listed) == 4
    assert listed[0] | {"id": 0, "created_at": ""} == {
        "id": 0, "machine": "judge", "version": "1", "item": items[0].pk, "pair": None, "external_id": "row-0",
        "answer": {"label": "junk"}, "probabilities": {"ham": 0.2, "junk": 0.8}, "cost": None, "created_at": "",
    }  # fmt: skip
    assert machine.post(AT, {"rows": [rows[0]]}).json()["repeated"] == 1, "by its earlier name, too"
    assert manager.delete(f"{at}?machine=judge").status_code == 400
    assert manager.delete(f"{at}?machine=judge&version=1").json() == {"deleted": 4}
    assert manager.delete(f"{at}?machine=judge&version=3").status_code == 404
    assert list(Prediction.objects.values_list("version__name", flat=True)) == ["2"]


def test_predictions_move_no_count_and_are_no_annotations(project, machine, items):
    before = Progress.objects.values().get(), list(Item.objects.values())
    machine.post(AT, {"rows": [{"item": item.pk, "label": "ham"} for item in items]})
    assert (Progress.objects.values().get(), list(Item.objects.values())) == before
    assert not Annotation.objects.exists()
    assert Label.objects.count() == 2
    assert json.dumps(stored()[items[0].pk])
