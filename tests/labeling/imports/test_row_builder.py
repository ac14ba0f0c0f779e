"""From a record to a row: what is kept, what is refused by name, and on which side of the split it falls."""

import hashlib
from datetime import date
from decimal import Decimal

import orjson
import pytest

from labeling.models import Project
from labeling.services.imports.errors import RowRejected
from labeling.services.imports.records.rows import CONTEXT, RowBuilder
from tests.factories import make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def texts(db) -> RowBuilder:
    return RowBuilder(make_project(eval_share=0.2))


@pytest.fixture
def tables(db) -> RowBuilder:
    return RowBuilder(make_project(slug="table", modality="tabular", labels=("yes", "no")))


def nested(depth: int, value) -> list:
    for _ in range(depth):
        value = [value]
    return value


def refused(builder: RowBuilder, **record) -> tuple[str, str]:
    with pytest.raises(RowRejected) as error:
        builder.build(1, record)
    return error.value.field, error.value.reason


def test_reserved_columns_go_where_they_belong_and_the_rest_is_kept(texts):
    row = texts.build(7, {
        "id": " a1 ", "text": " Hello ", "context": " about ", "group": " g ", "origin": "web", "split": " EVAL ",
        "label": "spam", "likes": 3, "when": date(2026, 1, 2), "price": Decimal("1.10"),
    })  # fmt: skip
    assert (row.number, row.external_id, row.text, row.context) == (7, "a1", " Hello ", " about ")
    assert (row.group, row.origin, row.split) == ("g", "web", "eval")
    assert orjson.loads(row.answer) == {"label": "spam"}
    assert orjson.loads(row.data) == {"likes": 3, "when": "2026-01-02", "price": "1.10"}


def test_what_is_empty_is_not_there(texts):
    row = texts.build(1, {"text": "a", "id": "", "label": "", "group": "", "split": "", "context": ""})
    assert (row.external_id, row.answer, row.group, row.split, row.context, row.data) == (None, None, "", "", "", "{}")


@pytest.mark.parametrize(("record", "field", "words"), [
    ({"text": "  \n"}, "text", "There is no text"),
    ({}, "text", "There is no text"),
    ({"text": ["a"]}, "text", "Expected text, found a list"),
    ({"text": True}, "text", "found true or false"),
    ({"text": "a\0b"}, "text", "NUL"),
    ({"text": "sch\udcf6n"}, "text", "byte 0xF6 at character 4"),
    ({"text": "\ud83d"}, "text", "half a surrogate pair"),
    ({"text": "a", "id": "x" * 201}, "id", "201 characters; at most 200"),
    ({"text": "a", "id": {"a": 1}}, "id", "found an object"),
    ({"text": "a", "group": "g" * 201}, "group", "at most 200"),
    ({"text": "a", "split": "test"}, "split", "'test' is not a split"),
    ({"text": "a", "label": "eggs"}, "label", "eggs"),
    ({"text": "a", "label": 3}, "label", "3"),
    ({"text": "a", "note": "b\0"}, "note", "NUL"),
    ({"text": "a", "note": {"deep": ["\0"]}}, "note", "NUL"),
    ({"text": "a", "note": "\udcff"}, "note", "Not UTF-8"),
    ({"text": "a", "n": [2**64, "\udcff"]}, "", "cannot be kept as JSON"),
    ({"text": "a", "n": nested(300, 2**64)}, "", "cannot be kept as JSON"),
    ({"text": "a", "n": nested(5_000, 1)}, "", "cannot be kept as JSON"),
])  # fmt: skip
def test_a_bad_row_is_refused_by_the_name_of_its_column(texts, record, field, words):
    found, reason = refused(texts, **record)
    assert found == field
    assert words in reason


def test_a_backslash_and_a_zero_are_no_nul(texts):
    row = texts.build(1, {"text": "a", "note": "\\u0000"})
    assert orjson.loads(row.data) == {"note": "\\u0000"}


def test_one_cell_and_all_cells_together_have_a_limit(settings, db):
    settings.IMPORT_MAX_CELL_BYTES = 100
    builder = RowBuilder(make_project())
    builder.build(1, {"text": "x" * 100})
    assert refused(builder, text="x" * 101) == ("text", "101 bytes in one cell; at most 100 are accepted.")
    assert refused(builder, text="é" * 51)[0] == "text", "bytes count, not characters"
    assert refused(builder, text="a", note="x" * 200)[0] == "note"
    builder.build(1, {"text": "a", **{f"c{n}": "x" * 80 for n in range(4)}})
    assert "columns together" in refused(builder, text="a", **{f"c{n}": "x" * 90 for n in range(5)})[1]


def test_a_table_row_is_the_same_whatever_the_order_of_its_columns(tables):
    one = tables.build(1, {"age": 39, "job": "clerk", "label": "yes"})
    other = tables.build(2, {"job": "clerk", "age": 39.0, "label": "no"})
    assert orjson.loads(one.data) == {"age": 39, "job": "clerk"}
    assert one.content_hash == other.content_hash, "39 and 39.0 are one number"
    assert one.content_hash == tables.build(3, {"job": "clerk", "age": 39}).content_hash
    assert list(tables.columns) == ["age", "job"]


def test_a_table_row_needs_a_feature(tables):
    for record in ({}, {"age": "", "job": ""}, {"age": None}, {"id": "1", "label": "yes"}):
        assert "no feature columns" in refused(tables, **record)[1]


def test_the_side_is_drawn_by_the_seed_and_the_content_and_comes_near_its_share(texts):
    drawn = [texts.build(n, {"text": f"text {n}"}).drawn for n in range(4_000)]
    assert 0.17 < drawn.count("eval") / 4_000 < 0.23
    again = RowBuilder(Project.objects.get())
    assert [again.build(n, {"text": f"text {n}"}).drawn for n in range(4_000)] == drawn
    Project.objects.update(split_seed="another")
    other = RowBuilder(Project.objects.get())
    assert [other.build(n, {"text": f"text {n}"}).drawn for n in range(4_000)] != drawn


def test_members_of_a_group_and_one_content_in_two_contexts_fall_on_one_side(texts):
    for n in range(60):
        assert len({texts.build(m, {"text": f"{n} {m}", "group": f"g{n}"}).drawn for m in range(6)}) == 1
        rows = [texts.build(m, {"text": f"{n}", "context": f"c{m}"}) for m in range(6)]
        assert len({row.drawn for row in rows}) == 1
        assert len({row.content_hash for row in rows}) == 6, "they are six questions"


def test_what_is_asked_about_is_what_the_hash_says(texts):
    row = texts.build(1, {"text": "Hello", "note": "not asked about"})
    assert row.content_hash == hashlib.sha256(b"Hello").hexdigest()
    assert row.content_hash == texts.build(2, {"text": "Hello", "id": "b"}).content_hash
    about = texts.build(3, {"text": "Hello", "context": "c"}).content_hash
    assert about == hashlib.sha256(b"Hello\0c").hexdigest()
    assert texts.build(4, {"text": "Hello", "context": "c", CONTEXT: "identity"}).content_hash != about
    assert 0 <= row.draw_key < 2**63
