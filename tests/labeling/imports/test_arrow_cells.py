"""Cells of a parquet file: what Python has a value for, what is converted, and what is the fault of its row alone."""

import datetime as dt
import io
import json
import uuid
from decimal import Decimal

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.kinds import KINDS
from labeling.services.imports.readers.arrow_cells import cells_of
from labeling.services.imports.readers.parquet import ParquetReader
from labeling.services.imports.records.rows import Rejection

KIND = KINDS["classification"]


def stored(values: list) -> list:
    """As the row is kept: in JSON."""
    return json.loads(orjson.dumps(values, default=str))


def whole(numbers: list, kind: pa.DataType) -> pa.Array:
    return pa.array(numbers, pa.int64()).cast(kind)


def str_of(value) -> str:
    return str(value.type) if isinstance(value, pa.Array) else ""


def extension(kind: pa.DataType, storage: pa.Array) -> pa.Array:
    return pa.ExtensionArray.from_storage(kind, storage)


@pytest.mark.parametrize(("column", "meant"), [
    (pa.array([1, None]), [1, None]),
    (pa.array([2**64 - 1], pa.uint64()), [2**64 - 1]),
    (pa.array(["a", None], pa.string_view()), ["a", None]),
    (pa.array([1.5, float("nan"), None]), [1.5, None, None]),
    (pa.array([1.5, float("nan")], pa.float16()), [1.5, None]),
    (pa.array([float("nan"), 2.0], pa.float32()).dictionary_encode(), [None, 2.0]),
    (pa.array([1_700_000_000_123_456_000], pa.timestamp("ns")), ["2023-11-14T22:13:20.123456"]),
    (pa.array([1_700_000_000_123_456_789], pa.timestamp("ns")), ["2023-11-14T22:13:20.123456789"]),
    (pa.array([-1], pa.timestamp("ns")), ["1969-12-31T23:59:59.999999999"]),
    (pa.array([1_700_000_000_000_000_001], pa.timestamp("ns", tz="+05:30")), ["2023-11-15T03:43:20.000000001+05:30"]),
    (pa.array([0], pa.timestamp("us", tz="Not/AZone")), ["1970-01-01T00:00:00+00:00"]),
    (pa.array([[1_001]], pa.list_(pa.timestamp("ns"))), [["1970-01-01T00:00:00.000001001"]]),
    (pa.array([1_001], pa.time64("ns")), ["00:00:00.000001001"]),
    (pa.array([3_723_000_000_000], pa.time64("ns")), ["01:02:03"]),
    (pa.array([3_723_000], pa.time32("ms")), ["01:02:03"]),
    (pa.array([90_061_000_000_001], pa.duration("ns")), ["1 day, 1:01:01.000000001"]),
    (pa.array([-1], pa.duration("ns")), ["-1 day, 23:59:59.999999999"]),
    (pa.array([dt.timedelta(days=2, seconds=1)]), ["2 days, 0:00:01"]),
    (pa.array([10**15], pa.duration("s")), ["11574074074 days, 1:46:40"]),
    (pa.array([Decimal("1.10")], pa.decimal256(60, 2)), ["1.10"]),
    (pa.array([Decimal(10) ** 50], pa.decimal256(60, 0)), ["1" + "0" * 50]),
    (pa.array([b"caf\xc3\xa9", None]), ["café", None]),
    (pa.array([b"ab"], pa.binary(2)), ["ab"]),
    (pa.array([b"ab"], pa.binary_view()), ["ab"]),
    (pa.array([b"ab"]).dictionary_encode(), ["ab"]),
    (pa.array([{"a": b"x", "b": [b"y"]}]), [{"a": "x", "b": ["y"]}]),
    (pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())), [[["k", 1]], None]),
    (pa.array([[("k", b"v")]], pa.map_(pa.string(), pa.binary())), [[["k", "v"]]]),
    (pa.array([[{"a": [1, None]}], []]), [[{"a": [1, None]}], []]),
    (extension(pa.uuid(), pa.array([uuid.UUID(int=5).bytes], pa.binary(16))), [str(uuid.UUID(int=5))]),
    (extension(pa.json_(), pa.array(['{"a": 1}'])), ['{"a": 1}']),
    (extension(pa.bool8(), pa.array([1, 0, None], pa.int8())), [True, False, None]),
    (extension(pa.opaque(pa.binary(), "geometry", "x"), pa.array([b"POINT"])), ["POINT"]),
    (extension(pa.fixed_shape_tensor(pa.int8(), [2]), pa.array([[1, 2]], pa.list_(pa.int8(), 2))), [[1, 2]]),
    (pa.array([None, None]), [None, None]),
], ids=str_of)  # fmt: skip
def test_a_value_is_kept_to_the_last_digit(column, meant):
    cells = cells_of(column)
    assert not cells.faults
    assert stored(cells.values) == meant


@pytest.mark.parametrize(("column", "words"), [
    (whole([10**7], pa.int32()).cast(pa.date32()), "outside the years 1 to 9999"),
    (whole([-(10**15)], pa.date64()), "outside the years 1 to 9999"),
    (whole([10**18], pa.timestamp("s")), "outside the years 1 to 9999"),
    (whole([10**18], pa.timestamp("s", tz="UTC")), "outside the years 1 to 9999"),
    (pa.array([b"\xff\xd8\xff"]), "bytes that are no text (3)"),
    (pa.array([{"path": "a.png", "bytes": b"\x89PNG"}]), "bytes that are no text (4)"),
    (pa.array([[("k", b"\xff")]], pa.map_(pa.string(), pa.binary())), "bytes that are no text (1)"),
    (pa.StructArray.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), "one name"),
    (
        pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"a\xff")]),
        "Not UTF-8: byte 0xFF",
    ),
], ids=str_of)  # fmt: skip
def test_what_no_row_can_hold_is_the_fault_of_its_row_alone(column, words):
    both = pa.concat_arrays([pa.nulls(1, column.type), column])
    cells = cells_of(both)
    assert list(cells.faults) == [1]
    assert words in cells.faults[1]
    assert cells.values == [None, None]


@pytest.mark.parametrize("column", [
    pa.array([1.0, float("inf")]), pa.array([float("-inf")], pa.float16()), pa.array([[1.0], [float("inf")]]),
    pa.array([{"a": {"b": float("inf")}}]), pa.array([float("inf")]).dictionary_encode(),
    pa.array([[("k", float("inf"))]], pa.map_(pa.string(), pa.float64())),
    pa.array([[float("inf")]], pa.list_(pa.float32(), 1)), pa.array([[float("inf")]], pa.list_view(pa.float32())),
])  # fmt: skip
def test_infinity_is_noticed_wherever_it_stands(column):
    assert cells_of(column).has_infinity
    assert not cells_of(pa.nulls(2, column.type)).has_infinity


NANOSECONDS = st.integers(-(2**62), 2**62)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.none() | NANOSECONDS, min_size=1, max_size=5))
def test_moments_can_be_read_back_to_the_nanosecond(numbers):
    texts = stored(cells_of(pa.array(numbers, pa.timestamp("ns"))).values)
    back = [None if text is None else pa.scalar(text).cast(pa.timestamp("ns")).value for text in texts]
    assert back == numbers


@settings(max_examples=50, deadline=None)
@given(st.lists(st.none() | st.integers(0, 86_400 * 10**9 - 1), min_size=1, max_size=5))
def test_times_of_day_can_be_read_back_to_the_nanosecond(numbers):
    def read(text: str) -> int:
        clock, _, fraction = text.partition(".")
        hours, minutes, seconds = map(int, clock.split(":"))
        return (hours * 3_600 + minutes * 60 + seconds) * 10**9 + int(fraction.ljust(9, "0") or 0)

    texts = stored(cells_of(pa.array(numbers, pa.time64("ns"))).values)
    assert [None if text is None else read(text) for text in texts] == numbers


@settings(max_examples=50, deadline=None)
@given(st.lists(st.none() | st.timedeltas(dt.timedelta(-(10**8)), dt.timedelta(10**8)), min_size=1, max_size=5))
def test_a_duration_is_written_as_python_writes_it_whatever_its_unit(durations):
    meant = [None if duration is None else str(duration) for duration in durations]
    assert stored(cells_of(pa.array(durations, pa.duration("us"))).values) == meant


def parquet(columns: dict) -> io.BytesIO:
    target = io.BytesIO()
    pq.write_table(pa.table(columns), target, row_group_size=2)
    return target


def read(columns: dict, start: int = 0) -> dict[int, object]:
    return dict(ParquetReader(parquet(columns), modality="text", kind=KIND, options={}).records(start))


def test_one_bad_cell_costs_its_row_and_the_rest_goes_on_from_any_row():
    columns = {
        "text": ["a", "b", "c", "d", "e"],
        "on": pa.array([0, 10**7, 1, 2, 10**7], pa.int32()).cast(pa.date32()),
        "raw": [b"x", b"y", b"\xff", b"z", b"\xff"],
    }
    rows = read(columns)
    assert {number: row.field for number, row in rows.items() if isinstance(row, Rejection)} == {
        2: "on",
        3: "raw",
        5: "raw",
    }
    assert rows[4] == {"text": "d", "on": dt.date(1970, 1, 3), "raw": "z"}
    for start in range(6):
        assert read(columns, start) == {number: row for number, row in rows.items() if number > start}


def test_infinity_in_a_column_is_an_empty_cell_that_is_counted():
    infinity = float("inf")
    file = parquet({
        "text": ["a", "b", "c"], "score": [1.0, infinity, -infinity], "list": [[infinity, 1.0], [2.0], None],
        "group": [1.0, 2.0, infinity],
    })  # fmt: skip
    reader = ParquetReader(file, modality="text", kind=KIND, options={})
    rows = dict(reader.records(0))
    assert [row["score"] for row in rows.values()] == [1.0, None, None]
    assert [row["list"] for row in rows.values()] == [[None, 1.0], [2.0], None]
    assert rows[3]["group"] == infinity, "a group is refused by name, not left out"
    assert {(note["many"].split("'")[1], note["count"]) for note in reader.notes.as_stored()} == {
        ("score", 2),
        ("list", 1),
    }


def test_no_value_is_of_pandas_where_that_is_installed():
    columns = {
        "text": ["a", "b"], "at": pa.array([1_001, 2_000], pa.timestamp("ns")), "on": pa.array([1, 2], pa.date64()),
        "for": pa.array([1_001, 2_000], pa.duration("ns")), "clock": pa.array([1_001, 2_000], pa.time64("ns")),
        "list": pa.array([[1_000], [2_000]], pa.list_(pa.timestamp("ns"))),
    }  # fmt: skip
    for row in read(columns).values():
        values = [part for value in row.values() for part in (value if isinstance(value, list) else [value])]
        assert {type(value).__module__ for value in values} <= {"builtins", "datetime"}
