"""The labeled data set as rows and files."""

import csv
import io
import json

import pyarrow.parquet as pq
import pytest

from labeling.models import Annotation, Asset, Item, Source
from labeling.selectors.columns import ANSWER
from labeling.selectors.export import Filters, bounded, export_columns, export_rows
from labeling.selectors.own_columns import common, types_in
from labeling.services.exports import FORMATS, export_file
from labeling.services.exports.delimited import neutral
from tests.factories import make_answer, make_items, make_project

pytestmark = pytest.mark.django_db

NO_FILTER = Filters()


def rows_of(project, rows="annotations", **filters):
    return list(export_rows(project, rows, Filters(**filters)))


def jsonl_of(project, rows="annotations", filters=NO_FILTER):
    return [json.loads(line) for line in b"".join(export_file(project, "jsonl", rows, filters)).splitlines()]


def revise(annotation, answer):
    Annotation.objects.filter(pk=annotation.pk).update(is_current=False)
    return Annotation.objects.create(
        project=annotation.project, item=annotation.item, task=annotation.task, annotator=annotation.annotator,
        answer=answer, revision=annotation.revision + 1,
    )  # fmt: skip


def test_an_annotation_row_has_the_columns_of_the_contract_then_the_items_own(project, people):
    (item,) = make_items(project, ["=free money"], data={"length": 11, "kind": "sms"}, context="inbox", group="g")
    annotation = make_answer(
        item, people.annotator, {"label": "spam"}, reason="strategy", strategy="margin", model_version=3, epoch=2,
        utility=0.75, propensity=0.25, pool_size=40, draw=7,
    )  # fmt: skip
    (row,) = jsonl_of(project)
    assert list(row)[: len(ANSWER)] == [column.name for column in ANSWER]
    created_at = row.pop("created_at")
    assert created_at == annotation.created_at.isoformat().replace("+00:00", "Z")
    assert row == {
        "item_id": item.pk, "external_id": "row-0", "kind": "classification", "answer": {"label": "spam"},
        "annotator": "annotator", "source": "human", "elapsed_ms": 1200, "revision": 1, "split": "pool",
        "reason": "strategy", "strategy": "margin", "model_version": 3, "model_verified": None, "epoch": 2,
        "utility": 0.75, "propensity": 0.25, "pool_size": 40, "draw": 7, "weight_lure": pytest.approx(0.1),
        "weight_missing": None, "context": "inbox", "left_id": None, "right_id": None,
        "instructions_version": 0, "quarantined": False, "doubt": False, "comment": None,
        "text": "=free money", "group": "g", "origin": None,
        "length": 11, "item.kind": "sms",
    }  # fmt: skip


def test_only_the_newest_revision_counts_and_a_take_back_does_not(project, people):
    first, second = make_items(project, ["a", "b"])
    revise(make_answer(first, people.annotator, {"label": "ham"}), {"label": "spam"})
    revise(make_answer(second, people.annotator, {"label": "ham"}), None)
    (row,) = rows_of(project)
    assert (row["answer"], row["revision"]) == ({"label": "spam"}, 2)


def test_what_is_stored_after_the_moment_of_the_set_is_not_in_it(project, people):
    items = make_items(project, ["a", "b"])
    old = make_answer(items[0], people.annotator, {"label": "ham"})
    moment = bounded(project, NO_FILTER)
    revise(old, {"label": "spam"})
    make_answer(items[1], people.annotator, {"label": "ham"})
    assert [row["answer"] for row in export_rows(project, "annotations", moment)] == [{"label": "ham"}]
    assert [row["label"] for row in export_rows(project, "items", moment)] == ["ham"]
    assert [row["answer"]["label"] for row in rows_of(project)] == ["spam", "ham"]


def test_filters(project, people):
    pool = make_items(project, ["a", "b"])
    (measured,) = make_items(project, ["c"], split="eval")
    make_answer(pool[0], people.annotator, {"label": "ham"}, reason="strategy")
    make_answer(pool[1], people.annotator, {"label": "ham"}, reason="random")
    make_answer(measured, people.annotator, {"label": "ham"}, reason="eval")
    Annotation.objects.create(project=project, item=pool[1], source=Source.IMPORT, answer={"label": "spam"})
    texts = lambda **filters: [row["text"] for row in rows_of(project, **filters)]  # noqa: E731
    assert texts() == ["a", "b", "c", "b"]
    assert texts(split="eval") == ["c"]
    assert texts(source="import") == ["b"]
    assert texts(only="iid") == ["b", "c"]
    assert texts(only="iid", split="pool", source="human") == ["b"]


def test_another_projects_answers_stay_there(project, people):
    other = make_project()
    (item,) = make_items(other, ["theirs"])
    make_answer(item, people.annotator, {"label": "ham"})
    assert rows_of(project) == []
    assert rows_of(project, "items") == []


def test_an_item_row_is_the_majority_and_a_tie_has_no_label(people):
    project = make_project(overlap=3)
    agreed, tied, imported, _ = make_items(project, ["a", "b", "c", "d"])
    for person, label in zip(("annotator", "reviewer", "manager"), ("ham", "ham", "spam"), strict=True):
        make_answer(agreed, getattr(people, person), {"label": label}, draw=len(label))
    make_answer(tied, people.annotator, {"label": "ham"})
    make_answer(tied, people.reviewer, {"label": "spam"})
    Annotation.objects.create(project=project, item=tied, source=Source.IMPORT, answer={"label": "spam"})
    Annotation.objects.create(project=project, item=imported, source=Source.IMPORT, answer={"label": "spam"})
    rows = rows_of(project, "items")
    got = [(row["label"], row["votes"], row["agreement"], row["soft_label"], row["reason"]) for row in rows]
    assert got == [
        ("ham", 3, pytest.approx(1 / 3), {"ham": pytest.approx(2 / 3), "spam": pytest.approx(1 / 3)}, "random"),
        (None, 2, 0.0, {"ham": 0.5, "spam": 0.5}, "random"),
        ("spam", 1, None, {"spam": 1.0}, None),
    ]
    assert rows[0]["confidence"] == pytest.approx(2 / 3)
    assert rows[0]["draw"] == 3


def test_a_multilabel_item_has_the_labels_more_than_half_gave(people):
    project = make_project(kind="multilabel", labels=("a", "b", "c"), overlap=3)
    (item,) = make_items(project, ["x"])
    for person, labels in zip(("annotator", "reviewer", "manager"), (["a"], ["a", "b"], ["a", "b", "c"]), strict=True):
        make_answer(item, getattr(people, person), {"labels": labels})
    (row,) = rows_of(project, "items")
    assert row["label"] == ["a", "b"]
    assert row["soft_label"] == {"a": 1.0, "b": pytest.approx(2 / 3), "c": pytest.approx(1 / 3)}
    assert row["confidence"] == pytest.approx(2 / 3)
    text = b"".join(export_file(project, "csv", "items", NO_FILTER)).decode()
    assert next(csv.DictReader(io.StringIO(text)))["label"] == "a|b"
    table = pq.read_table(io.BytesIO(b"".join(export_file(project, "parquet", "items", NO_FILTER))))
    assert table["label"].to_pylist() == [["a", "b"]]


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("rows", ["annotations", "items"])
@pytest.mark.parametrize("chunk", [1, 2, 1000])
def test_the_bytes_are_the_same_every_time_whatever_the_chunks(project, people, monkeypatch, format_, rows, chunk):
    for n, item in enumerate(make_items(project, [f"text {n}" for n in range(7)], data={"n": 1, "x": [1]})):
        if n != 3:
            make_answer(item, people.annotator, {"label": "ham" if n % 2 else "spam"})
    whole = b"".join(export_file(project, format_, rows, NO_FILTER))
    monkeypatch.setattr("labeling.selectors.export.CHUNK_ANNOTATIONS", chunk)
    monkeypatch.setattr("labeling.selectors.export.CHUNK_ORDINALS", chunk)
    assert b"".join(export_file(project, format_, rows, NO_FILTER)) == whole


def test_own_columns_are_found_in_all_items_and_typed(project, people):
    items = make_items(project, ["a", "b", "c"])
    values = [
        {"n": 1, "x": 1, "mixed": "a", "flag": True, "text": "mine"},
        {"n": None, "x": 0.5, "mixed": 2, "flag": False, "nested": {"a": [1]}},
        {"late": "z"},
    ]
    for item, data in zip(items, values, strict=True):
        Item.objects.filter(pk=item.pk).update(data=data)
        make_answer(Item.objects.get(pk=item.pk), people.annotator, {"label": "ham"})
    own = {c.name: c.type for c in export_columns(project, "annotations", NO_FILTER)[len(ANSWER) + 3 :]}
    assert own == {
        "flag": "boolean", "item.text": "text", "late": "text", "mixed": "json", "n": "integer",
        "nested": "json", "x": "number",
    }  # fmt: skip
    table = pq.read_table(io.BytesIO(b"".join(export_file(project, "parquet", "annotations", NO_FILTER))))
    assert table["x"].to_pylist() == [1.0, 0.5, None]
    assert table["mixed"].to_pylist() == ['"a"', "2", None]
    assert str(table.schema.field("created_at").type) == "timestamp[us, tz=UTC]"


def test_pictures_are_named_by_their_hash(people):
    project = make_project(modality="image")
    asset = Asset.objects.create(
        project=project, sha256="ab" * 32, path="x", size_bytes=1, format="PNG", media_type="image/png", mode="RGB",
        width=1, height=1,
    )  # fmt: skip
    (item,) = make_items(project, [""], asset=asset)
    make_answer(item, people.annotator, {"label": "ham"})
    (row,) = rows_of(project)
    assert (row["image_sha256"], row["text"]) == ("ab" * 32, None)


def test_the_columns_of_a_table_row_are_its_own(people):
    project = make_project(modality="tabular")
    (item,) = make_items(project, [""], data={"text": "x", "age": 3})
    make_answer(item, people.annotator, {"label": "ham"})
    for rows in ("annotations", "items"):
        (row,) = rows_of(project, rows)
        assert (row["text"], row["age"]) == ("x", 3)


@pytest.mark.parametrize(
    "cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "--3", "'=", "''-3"]
)
def test_formulas_are_neutralised(cell):
    assert neutral(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["-3.5", "+3", "1e-5", "-.5", "a=b", "", "'", "'a", "-1.5E+10"])
def test_numbers_and_plain_texts_stay(cell):
    assert neutral(cell) == cell


def test_formulas_are_neutral_in_the_file_in_headers_too(project, people):
    (item,) = make_items(project, ["=HYPERLINK(1)"], data={"@col": "-3.5", "n": -2})
    make_answer(item, people.annotator, {"label": "ham"})
    (row,) = csv.DictReader(io.StringIO(b"".join(export_file(project, "csv", "annotations", NO_FILTER)).decode()))
    assert (row["text"], row["'@col"], row["n"], row["answer"]) == ("'=HYPERLINK(1)", "-3.5", "-2", "ham")


def test_an_own_column_that_comes_late_under_a_taken_name_is_renamed_there_too(project, people):
    """The first rows teach which names are free; a later row with a new name is looked at again."""
    for n, data in enumerate([{"a": 1}, {"a": 2}, {"a": 3, "label": "x"}, {"item.a": 4}]):
        (item,) = make_items(project, [f"text {n}"], data=data)
        make_answer(item, people.annotator, {"label": "ham"})
    rows = rows_of(project, "items")
    assert [row.get("a") for row in rows] == [1, 2, 3, None]
    assert [(row["label"], row.get("item.label"), row.get("item.item.a")) for row in rows] == [
        ("ham", None, None), ("ham", None, None), ("ham", "x", None), ("ham", None, 4),
    ]  # fmt: skip


def test_an_integer_beyond_64_bits_makes_its_column_json_and_only_its(project, people):
    items = make_items(project, ["a", "b"], data={"n": 1, "code": 5})
    Item.objects.filter(pk=items[1].pk).update(data={"n": 2**63, "code": 6})
    for item in items:
        make_answer(item, people.annotator, {"label": "ham"})
    types = {column.name: column.type for column in export_columns(project, "items", NO_FILTER)}
    assert (types["n"], types["code"]) == ("json", "integer")


def test_the_type_of_a_column_holds_its_least_and_its_greatest_whole_number():
    exact, most = 2**53, 2**63 - 1
    typed = {
        ("integer", ""): [[1, -exact], [None, 3], [-exact - 1, 5, 0], [5, most, None], [-most - 1, most]],
        ("number", ""): [[1, 0.5, exact], [None, -exact, 1.5]],
        ("json", ""): [
            [5, most + 1, 0], [-exact - 1, most + 1], [0, exact + 1, 0.5], [-exact - 1, 3, 0.5], [1, True], [1, "1"],
            [2, [1]],
        ],
        ("json", "integer"): [[[1], [], [exact + 1]], [None, [-exact - 1, 3]]],
        ("json", "number"): [[[1], [0.5]]],
    }  # fmt: skip
    for expected, columns in typed.items():
        for values in columns:
            texts = [json.dumps({"a": value}) for value in values]
            assert common(type_ for _, type_ in types_in(texts)) == expected, values


def test_items_with_the_same_answers_have_the_same_consensus_each(project, people):
    project.overlap = 2
    items = make_items(project, ["a", "b", "c"])
    for item, labels in zip(items, [("ham", "spam"), ("ham", "ham"), ("ham", "spam")], strict=True):
        for person, label in zip((people.annotator, people.reviewer), labels, strict=True):
            make_answer(item, person, {"label": label})
    rows = rows_of(project, "items")
    assert [(row["label"], row["votes"], row["agreement"]) for row in rows] == [
        (None, 2, 0.0), ("ham", 2, 1.0), (None, 2, 0.0),
    ]  # fmt: skip
