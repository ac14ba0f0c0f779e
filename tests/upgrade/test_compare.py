"""The comparison of the upgrade test sees what it is there for."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.upgrade.compare import MISSING, compared

OLD = b'{"item_id": 1, "label": "ham", "votes": 2}\n{"item_id": 2, "label": null, "votes": 1}\n'


@pytest.mark.parametrize(
    ("new", "place"),
    [
        (OLD.replace(b"ham", b"spam"), "[].label"),
        (OLD.replace(b'"votes": 1', b'"votes": 1.0'), "[].votes"),
        (OLD.replace(b'"label": null, ', b""), "[].label"),
        (OLD.replace(b'"item_id": 1, "label": "ham"', b'"label": "ham", "item_id": 1'), "[]: order"),
        (OLD.splitlines()[0], ""),
        (OLD + OLD, ""),
    ],
    ids=["another value", "another type", "a column is missing", "another order", "a row less", "more rows"],
)
def test_a_planted_difference_is_found(new, place):
    assert place in compared("items.jsonl", OLD, new).changed


def test_a_new_column_is_no_change_but_is_told():
    found = compared("items.jsonl", OLD, OLD.replace(b"}", b', "tied": false}'))
    assert (found.changed, found.added) == ({}, {"[].tied"})


def test_cells_of_csv_are_compared_by_their_column():
    found = compared("items.csv", b"a,b\r\n1,2\r\n", b"b,new\r\n3,4\r\n")
    assert found.changed["[].a"] == ("1", MISSING)
    assert found.changed["[].b"] == ("2", "3")
    assert found.added == {"[].new"}


def test_a_parquet_column_of_another_type_is_found():
    def file(type_: pa.DataType) -> bytes:
        sink = io.BytesIO()
        pq.write_table(pa.table({"votes": pa.array([1], type_)}), sink)
        return sink.getvalue()

    found = compared("items.parquet", file(pa.int64()), file(pa.int32()))
    assert found.changed == {".types.votes": ("int64", "int32")}
