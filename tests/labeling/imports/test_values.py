"""The same value means the same in every format: what is missing, what an id, a group and a label are called."""

import io
import json
import math
from datetime import date
from decimal import Decimal
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labeling.kinds import KINDS
from labeling.models import Annotation, Item, Pair
from labeling.selectors.importing import notes_of
from labeling.services.imports.errors import RowRejected
from labeling.services.imports.readers.jsonl import JsonlReader
from labeling.services.imports.records.rows import Rejection
from labeling.services.imports.records.values import as_split, as_text, storable, take_infinities
from tests.factories import make_items, make_project
from tests.labeling.imports.conftest import counts, reasons

INFINITY = float("inf")


def as_jsonl(rows: list[dict]) -> dict:
    return {"content": "\n".join(json.dumps(row) for row in rows).encode(), "file_name": "a.jsonl"}


def as_rows(rows: list[dict]) -> dict:
    return {"content": rows}


def as_parquet(rows: list[dict]) -> dict:
    target = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), target)
    return {"content": target.getvalue(), "file_name": "a.parquet"}


def as_csv(rows: list[dict]) -> dict:
    lines = [",".join(rows[0])]
    lines += [",".join("" if value is None else str(value) for value in row.values()) for row in rows]
    return {"content": "\n".join(lines).encode(), "file_name": "a.csv"}


TYPED = pytest.mark.parametrize("written", [as_jsonl, as_rows, as_parquet])
ALL = pytest.mark.parametrize("written", [as_jsonl, as_rows, as_parquet, as_csv])


# ---- one value ----


@pytest.mark.parametrize("value", [None, "", "  ", math.nan])
def test_a_reserved_column_that_says_nothing_is_empty(value):
    assert [as_text(value, name, 10) for name in ("id", "text", "context", "group")] == ["", "", "", ""]
    assert as_split(value) == ""


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (0.0, "0"), (" a ", "a"), (3.0, "3"), (False, "false")])
def test_a_reserved_column_that_says_something_keeps_it(value, text):
    assert as_text(value, "group", 10) == text


@pytest.mark.parametrize(("value", "field", "words"), [
    (INFINITY, "group", "infinity"), (1e17, "id", "rounded"), (True, "text", "true or false"),
    (False, "id", "true or false"),
    ([], "origin", "a list"), ("a\0", "id", "NUL"), (10**10, "id", "11 characters"), (b"a", "id", "bytes"),
])  # fmt: skip
def test_a_reserved_column_refuses_what_has_no_exact_text(value, field, words):
    with pytest.raises(RowRejected, match=words) as refused:
        as_text(value, field, 10)
    assert refused.value.field == field


@pytest.mark.parametrize("value", [0, False, "train", 1.0, []])
def test_a_side_that_there_is_not_is_refused_even_if_it_is_zero(value):
    with pytest.raises(RowRejected, match="not a split"):
        as_split(value)


def test_whole_numbers_of_more_than_64_bits_are_kept_digit_for_digit():
    row = {"a": 2**64, "b": [-(2**63) - 1, {"c": 2**64 - 1}], "d": True, "e": "x", "f": 1.5}
    assert storable(row) == {"a": str(2**64), "b": [str(-(2**63) - 1), {"c": 2**64 - 1}], "d": True, "e": "x", "f": 1.5}


def test_infinity_is_taken_out_of_data_wherever_it_stands_and_named():
    row = {"a": INFINITY, "b": [1.0, -INFINITY], "c": {"d": [INFINITY]}, "e": 1.0, "id": INFINITY}
    assert take_infinities(row, {"id"}) == ["a", "b", "c"]
    assert row == {"a": None, "b": [1.0, None], "c": {"d": [None]}, "e": 1.0, "id": INFINITY}


# ---- lines of JSON ----


def lines(text: str, modality: str = "text", kind: str = "classification") -> list:
    reader = JsonlReader(io.BytesIO(text.encode()), modality=modality, kind=KINDS[kind], options={})
    return [record for _, record in reader.records(0)]


@pytest.mark.parametrize(("line", "record"), [
    ('{"id":1844674407370955161701}', {"id": 1844674407370955161701}),
    ('{"id":-9223372036854775809}', {"id": -(2**63) - 1}),
    ('{"id":18446744073709551615}', {"id": 2**64 - 1}),
    ('{"id":1.00000000000000000001}', {"id": Decimal("1.00000000000000000001")}),
    ('{"x":NaN,"y":[NaN,1.5],"z":{"w":NaN}}', {"x": None, "y": [None, 1.5], "z": {"w": None}}),
    ('{"x":Infinity,"y":-Infinity,"z":1e999}', {"x": None, "y": None, "z": None}),
    ('{"group":Infinity}', {"group": INFINITY}),
    ('{"text":"NaN","x":NaN}', {"text": "NaN", "x": None}),
    ('{"x":0.1234567890123456789012,"n":NaN}', {"x": 0.1234567890123456789012, "n": None}),
    ('{"left":0.5,"n":12345678901234567890123}', {"left": 0.5, "n": 12345678901234567890123}),
    ('{"text":"digits 123456789012345678901234567890"}', {"text": "digits 123456789012345678901234567890"}),
    ('{"a":1,"a":2}', {"a": 2}),
])  # fmt: skip
def test_a_line_is_read_exactly(line, record):
    found = lines(line)
    assert found == [record]
    assert list(map(type, found[0].values())) == list(map(type, record.values()))


def test_which_columns_are_exact_depends_on_what_they_are_for():
    line = '{"text":1.5,"left":2.5,"n":12345678901234567890123}'
    types = {
        modality: [type(value) for value in lines(line, modality, kind)[0].values()]
        for modality, kind in (("text", "classification"), ("tabular", "classification"))
    }
    assert types == {"text": [Decimal, float, int], "tabular": [float, float, int]}
    assert type(lines(line, "text", "pairwise")[0]["left"]) is Decimal


@pytest.mark.parametrize("line", [
    '{"x":nan}', '{"x":NaN', '{"x":NaN,}', "{NaN:1}", '{"x":1e99999999999999999999999}', "[" * 5_000 + "NaN",
    '{"n":' + "9" * 5_000 + "}", '{"x":+1}', '{"x":01}', "NaN", "Infinity", '{"x":-NaN}',
])  # fmt: skip
def test_what_is_no_json_by_any_reading_is_one_rejection(line):
    found = lines(f'{line}\n{{"text":"next"}}')
    assert isinstance(found[0], Rejection)
    assert found[1:] == [{"text": "next"}]


# ---- what is stored ----


@pytest.mark.django_db
@TYPED
def test_zero_is_a_value_of_every_reserved_column(bring_in, written):
    project = make_project(labels=("0", "1"))
    rows = [
        {"id": 0, "text": "a", "group": 0, "origin": 0, "context": 0, "label": 0, "n": 0},
        {"id": 1, "text": "b", "group": 1, "origin": 1, "context": 1, "label": 1, "n": 1},
    ]
    assert counts(bring_in(project, **written(rows))) == ("done", 2, 0, 0)
    names = ("external_id", "group", "origin", "context", "data__n")
    stored = Item.objects.filter(project=project).order_by("ordinal").values_list(*names)
    assert list(stored) == [("0", "0", "0", "0", 0), ("1", "1", "1", "1", 1)]
    answers = Annotation.objects.filter(project=project).order_by("item__ordinal").values_list("answer", flat=True)
    assert list(answers) == [{"label": "0"}, {"label": "1"}]


@pytest.mark.django_db
def test_a_group_is_one_group_whatever_type_it_has(bring_in):
    project = make_project(labels=("a",), eval_share=0.5)
    forms = ((as_jsonl, int), (as_parquet, float), (as_rows, str), (as_csv, int), (as_jsonl, float), (as_csv, float))
    for part, (written, of) in enumerate(forms):
        bring_in(project, **written([{"text": f"{part} {n}", "group": of(n % 10)} for n in range(30)]))
    found = set(Item.objects.filter(project=project).values_list("group", "split"))
    assert {group for group, _ in found} == {str(n) for n in range(10)} | {f"{n}.0" for n in range(10)}, "text stays"
    assert len(found) == 20
    assert len({(group.removesuffix(".0"), side) for group, side in found}) == 10, "every group is on one side"
    assert {side for _, side in found} == {"pool", "eval"}


@pytest.mark.django_db
def test_a_group_goes_where_what_is_stored_of_it_is(bring_in):
    """Before 0064 the group 1.0 of a parquet file was another than 1, and drawn apart."""
    project = make_project(labels=("a",), eval_share=0.5)
    sides = {"0.0": "eval", "1.0": "pool", "2": "pool", "2.0": "eval", "nan": "eval"}
    for group, side in sides.items():
        make_items(project, [f"stored {group}"], split=side, group=group)
    bring_in(project, **as_jsonl([{"text": f"{n} {group}", "group": group} for n in range(9) for group in (0, 1, 2)]))
    bring_in(project, **as_csv([{"text": f"again {n}", "group": "2.0"} for n in range(9)]))
    new = Item.objects.filter(project=project).exclude(text__startswith="stored")
    assert set(new.values_list("group", "split")) == {("0", "eval"), ("1", "pool"), ("2", "pool"), ("2.0", "eval")}


@pytest.mark.django_db
@TYPED
@pytest.mark.parametrize("nothing", [math.nan, None, "  "])
def test_what_is_missing_is_missing_in_every_column(bring_in, written, nothing):
    if nothing != nothing and written is as_rows:
        nothing = None  # JSON by REST is strict JSON
    project = make_project(labels=("a",))
    row = {"text": "a", "id": nothing, "group": nothing, "origin": nothing, "context": nothing, "label": nothing}
    rows = [row, {**row, "text": "b"}, {**row, "text": nothing}]
    if nothing != nothing:  # a column of numbers, as a program writes it that joined tables
        rows = [{**row, "text": text, "split": nothing} for row, text in zip(rows, (1.0, 2.0, nothing), strict=True)]
    batch = bring_in(project, **written(rows))
    assert counts(batch) == ("done", 2, 0, 1)
    assert reasons(batch) == {3: "There is no text in this row."}
    stored = Item.objects.filter(project=project).values_list("external_id", "group", "origin", "context")
    assert set(stored) == {(None, "", "", "")}
    assert not Annotation.objects.filter(project=project).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("written", [as_jsonl, as_parquet])
def test_infinity_is_named_as_a_gap_in_data_and_as_a_fault_in_a_group(bring_in, written):
    project = make_project(labels=("a",))
    rows = [{"text": "a", "score": INFINITY, "group": 1.0}, {"text": "b", "score": 1.5, "group": -INFINITY}]
    batch = bring_in(project, **written(rows))
    assert counts(batch) == ("done", 1, 0, 1)
    refused = batch.rejections.get()
    assert (refused.row, refused.field, refused.reason) == (2, "group", "Expected text, found infinity.")
    assert Item.objects.get(project=project).data == {"score": None}
    assert notes_of(batch) == ["1 cell of 'score' held infinity, which is kept as an empty cell."]


@pytest.mark.django_db
@pytest.mark.parametrize("written", [as_jsonl, as_rows])
def test_two_long_ids_stay_two_and_a_long_number_is_kept_as_text(bring_in, written):
    project = make_project(labels=("a",))
    ids = [2**64 + 1, 2**64 + 2, -(2**63) - 1, 10**30, 2**53 + 1]
    batch = bring_in(project, **written([{"id": n, "text": f"t{n}", "ref": n} for n in ids]))
    assert counts(batch) == ("done", 5, 0, 0)
    stored = {item.external_id: item.data["ref"] for item in Item.objects.filter(project=project)}
    assert stored == {str(n): n if n == 2**53 + 1 else str(n) for n in ids}
    assert notes_of(batch) == [
        "4 rows hold whole numbers of more than 64 bits, which are kept as text, digit for digit."
    ]


@pytest.mark.django_db
def test_ids_of_other_types_are_their_text(bring_in):
    project = make_project(labels=("a",))
    uuids = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([UUID(int=7).bytes], pa.binary(16)))
    for column in (uuids, [date(2024, 1, 2)], [Decimal("1234567890123456789012")], [1001.0], [b"key"]):
        target = io.BytesIO()
        pq.write_table(pa.table({"id": column, "text": [str(column)]}), target)
        assert counts(bring_in(project, target.getvalue(), "a.parquet")) == ("done", 1, 0, 0)
    stored = Item.objects.filter(project=project).order_by("ordinal").values_list("external_id", flat=True)
    assert list(stored) == [str(UUID(int=7)), "2024-01-02", "1234567890123456789012", "1001", "key"]


@pytest.mark.django_db
@pytest.mark.parametrize("written", [as_jsonl, as_rows, as_csv])
def test_a_blank_cell_of_several_labels_is_no_answer_and_an_empty_list_is_none_of_them(bring_in, written):
    project = make_project(labels=("1", "a"), kind="multilabel")
    cells = ["", "  ", "[]", "1", "|"]
    batch = bring_in(project, **written([{"text": f"t{n}", "label": cell} for n, cell in enumerate(cells)]))
    assert counts(batch) == ("done", 4, 0, 1)
    answers = Annotation.objects.filter(project=project).order_by("item__ordinal").values_list("item__text", "answer")
    assert list(answers) == [("t2", {"labels": []}), ("t3", {"labels": ["1"]})]


# ---- pairs ----


@pytest.fixture
def pairwise(db):
    return make_project(kind="pairwise", labels=(), purpose="which is better")


def items(*ids) -> list[dict]:
    return [{"id": name, "text": f"text {name}", "context": "c"} for name in ids]


def test_items_and_pairs_in_one_table_of_numbers(pairwise, bring_in):
    pair = {"left": 3.0, "right": 0.0, "winner": "left", "elapsed_ms": 1200.0, "annotator": 7.0}
    gaps = {"id": None, "text": None, "context": None}
    rows = [{**row, **dict.fromkeys(pair, math.nan), "winner": None} for row in items(3.0, 0.0)]
    batch = bring_in(pairwise, **as_parquet([*rows, {**gaps, **pair}]))
    assert (counts(batch), reasons(batch)) == (("done", 3, 0, 0), {})
    found = Annotation.objects.get(project=pairwise)
    assert (found.answer, found.elapsed_ms, found.imported_annotator) == ({"winner": "left"}, 1200, "7")


@pytest.mark.parametrize("name", ["1001.0", 1001, 1001.0, "1001"])
@pytest.mark.parametrize("stored", ["1001", "1001.0"])
def test_a_pair_finds_its_item_though_a_program_wrote_the_id_otherwise(pairwise, bring_in, stored, name):
    bring_in(pairwise, items(stored, 0))
    batch = bring_in(pairwise, [{"left": name, "right": 0, "winner": "tie", "elapsed_ms": "1200.0"}])
    assert (counts(batch), reasons(batch)) == (("done", 1, 0, 0), {})
    assert Pair.objects.get(project=pairwise).is_given


@pytest.mark.parametrize("winner", ["left", "Left", " LEFT "])
def test_a_pair_finds_its_item_whichever_way_its_accents_are_stored(pairwise, bring_in, winner):
    bring_in(pairwise, items("caf\u00e9", "the\u0301", "x"))
    rows = [{"left": "cafe\u0301", "right": "th\u00e9", "winner": winner}, {"left": "caf\u00e9", "right": "x"}]
    batch = bring_in(pairwise, rows)
    assert (counts(batch), reasons(batch)) == (("done", 2, 0, 0), {})
    assert Annotation.objects.get(project=pairwise).answer == {"winner": "left"}


def test_an_id_that_is_there_as_it_is_written_is_meant(pairwise, bring_in):
    bring_in(pairwise, items("1", "1.0", "x"))
    bring_in(pairwise, [{"left": "1.0", "right": "x"}, {"left": 1, "right": "x"}])
    found = Pair.objects.filter(project=pairwise).values_list("first__external_id", "second__external_id")
    assert set(found) == {("1.0", "x"), ("1", "x")}


@pytest.mark.parametrize(("row", "field", "words"), [
    ({"left": INFINITY, "right": 1.0}, "left", "infinity"), ({"left": 0, "right": math.nan}, "right", "ids of both"),
    ({"left": True, "right": 0}, "left", "true or false"), ({"left": 0, "right": 1, "winner": 0}, "winner", "'0'"),
    ({"left": 0, "right": 1, "elapsed_ms": False}, "elapsed_ms", "milliseconds"),
    ({"left": 0, "right": 1, "elapsed_ms": INFINITY}, "elapsed_ms", "milliseconds"),
    ({"left": 0, "right": 0.0}, "right", "with itself"),
])  # fmt: skip
def test_a_pair_is_refused_by_the_name_of_its_column(pairwise, bring_in, row, field, words):
    batch = bring_in(pairwise, **as_jsonl([*items(0, 1), row]))
    refused = batch.rejections.get()
    assert (refused.row, refused.field) == (3, field)
    assert words in refused.reason


@pytest.mark.parametrize(("given", "words"), [
    ({"text": "c", "facts": False}, "Facts are an object"), ({"text": "c", "split": 0}, "not a split"),
    ({"id": INFINITY}, "infinity"), ({"id": math.nan}, "no context"), (math.nan, "no context"), ("  ", "no context"),
])  # fmt: skip
def test_a_context_that_says_zero_or_nothing_is_taken_at_its_word(pairwise, bring_in, given, words):
    batch = bring_in(pairwise, **as_jsonl([{"id": 1, "text": "a", "context": given}]))
    assert words in reasons(batch)[1]


def test_facts_stay_as_they_were_written_for_they_tell_contexts_apart(pairwise, bring_in):
    facts = {"price": 2.0, "count": 0, "new": False, "gap": math.nan, "none": None, "share": 0.5}
    bring_in(pairwise, **as_jsonl([{"id": 1, "text": "a", "context": {"text": "c", "facts": facts}}]))
    found = Item.objects.get(project=pairwise).in_context.facts
    assert found == [["price", "2.0"], ["count", "0"], ["new", False], ["share", "0.5"]]
