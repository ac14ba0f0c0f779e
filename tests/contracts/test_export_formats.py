"""What every export format must do. A new one in FORMATS is tested without a line here but its reader."""

import csv
import io
import json
import math

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labeling.kinds import KINDS
from labeling.selectors.columns import Column
from labeling.services.exports import FORMATS, ExportFormat

KIND = KINDS["classification"]
COLUMNS = [
    Column("item_id", "integer"), Column("answer", "json"), Column("created_at", "time"), Column("text", "text"),
    Column("score", "number"), Column("flag", "boolean"), Column("labels", "list"), Column("any", "json"),
]  # fmt: skip


def read_jsonl(data):
    return [json.loads(line) for line in data.decode().split("\n")[:-1]]


def read_csv(data):
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def read_parquet(data):
    return pq.read_table(io.BytesIO(data)).to_pylist()


READERS = {"jsonl": read_jsonl, "csv": read_csv, "parquet": read_parquet}


@pytest.fixture(params=sorted(FORMATS))
def format_(request) -> ExportFormat:
    return FORMATS[request.param]


def rows(count):
    for n in range(count):
        yield {
            "item_id": n, "answer": {"label": "ham"}, "created_at": "2026-01-02T03:04:05.000006Z", "text": f"text {n}",
            "score": n / 7, "flag": bool(n % 2), "labels": ["a", "b"], "any": {"deep": [n]},
        }  # fmt: skip


def test_it_says_what_it_is(format_):
    assert FORMATS[format_.name] is format_
    assert "/" in format_.media_type
    assert format_.extension.isalnum()
    assert format_.name in READERS, "tests need a reader for the new format"


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 10_001])
def test_every_row_comes_once_and_in_order(format_, count):
    read = READERS[format_.name](b"".join(format_.write(COLUMNS, rows(count), KIND)))
    assert [int(row["item_id"]) for row in read] == list(range(count))


def test_the_bytes_are_the_same_every_time(format_):
    first, second = (b"".join(format_.write(COLUMNS, rows(1200), KIND)) for _ in range(2))
    assert first == second


def test_it_streams(format_):
    """A piece comes before all rows have been asked for."""
    asked = 0

    def counted():
        nonlocal asked
        for row in rows(25_000):
            asked += 1
            yield row

    pieces = format_.write(COLUMNS, counted(), KIND)
    next(pieces)
    assert asked < 25_000


def test_missing_values_are_allowed_everywhere(format_):
    read = READERS[format_.name](b"".join(format_.write(COLUMNS, [{"item_id": 1}, *rows(1)], KIND)))
    assert len(read) == 2
    assert not read[0].get("text")


TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=30)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXT, score=st.floats(allow_nan=False, allow_infinity=False), whole=st.integers(-(2**63), 2**63 - 1))
def test_values_survive(format_, text, score, whole):
    row = {"item_id": whole, "text": text, "score": score, "flag": True, "any": [text]}
    (read,) = READERS[format_.name](b"".join(format_.write(COLUMNS, [row], KIND)))
    assert int(read["item_id"]) == whole
    assert math.isclose(float(read["score"]), score, rel_tol=0, abs_tol=0)
    got = read["text"] or ""
    assert got in (text, f"'{text}")
    if format_.name != "csv":
        assert got == text
    elif got[:1] in "=+-@\t\r" and got:
        float(got)  # only numbers may start like a formula


@pytest.mark.parametrize("columns", [COLUMNS, [Column("text", "text")], [Column("any", "json")]])
def test_lines_of_csv_are_those_of_the_csv_module(columns):
    """Few rows and many that repeat: what repeats is told once."""
    given = {
        "text": ["", None, "a,b", 'say "hi"', "two\r\nlines", "plain", "é", " "],
        "score": [0.0, -0.0, None, 1, 1.0, 1e300, 0.5, 2],
        "any": [0, False, None, "a,b", 1.0, True, [1, "x,"], {"a": None}],
        "item_id": [1, None, 2, 3, 4, 5, 6, 0],
    }
    some = [dict(zip(given, values, strict=True)) for values in zip(*given.values(), strict=True)]
    for repeated in (some, some * 20):
        lines = b"".join(FORMATS["csv"].write(columns, repeated, KIND)).decode()
        expected = io.StringIO(newline="")
        writer = csv.writer(expected)
        writer.writerow([column.name for column in columns])
        writer.writerows([[_plain(row.get(column.name)) for column in columns] for row in repeated])
        assert lines == expected.getvalue()


def _plain(value):
    is_nested = isinstance(value, bool | list | dict)
    return json.dumps(value, separators=(",", ":")) if is_nested else value
