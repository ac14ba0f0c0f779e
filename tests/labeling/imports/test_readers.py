"""Readers alone: the same rows in whatever pieces the file comes, from whatever row on, in whatever encoding."""

import codecs
import csv
import io
import json
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labeling.kinds import KINDS
from labeling.services.imports.errors import ImportRefused
from labeling.services.imports.readers import csv as csv_reader
from labeling.services.imports.readers import lines
from labeling.services.imports.readers.csv import CsvReader
from labeling.services.imports.readers.jsonl import JsonlReader
from labeling.services.imports.readers.parquet import ParquetReader
from labeling.services.imports.records.rows import Rejection

PLAIN = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
#: what a cell may hold: any character that is one, line ends and quotes more often than by chance
CELLS = st.text(
    st.one_of(st.sampled_from("\",;\t\n\r'é漢👩 "), st.characters(codec="utf-8", exclude_characters="\0")), max_size=12
)
TABLES = st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=12)


def reading(reader, content: bytes, start: int = 0):
    """``[(number, record or "rejected")]`` of a project of texts."""
    made = reader(io.BytesIO(content), modality="text", kind=KINDS["classification"], options={})
    return [(number, "rejected" if isinstance(record, Rejection) else record) for number, record in made.records(start)]


@pytest.fixture
def pieces(monkeypatch):
    """Sets how many bytes of an upload are read at a time."""

    def of(size: int) -> None:
        for module in (lines, csv_reader, sys.modules[JsonlReader.__module__]):
            monkeypatch.setattr(module, "BLOCK_BYTES", size)

    return of


def as_csv(rows, delimiter=",", newline="\r\n", encoding="utf-8") -> bytes:
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=delimiter, lineterminator=newline, quoting=csv.QUOTE_ALL)
    writer.writerow(["text", "note"])
    writer.writerows(rows)
    return target.getvalue().encode(encoding)


def as_jsonl(rows) -> bytes:
    return b"".join(json.dumps({"text": text, "note": note}).encode() + b"\n" for text, note in rows)


def as_parquet(rows) -> bytes:
    target = io.BytesIO()
    columns = {"text": [text for text, _ in rows], "note": [note for _, note in rows]}
    pq.write_table(pa.table(columns), target, row_group_size=3)
    return target.getvalue()


def records(rows):
    return [(number, {"text": text, "note": note}) for number, (text, note) in enumerate(rows, 1)]


def records_of_csv(rows):
    """As ``records``, but a row that holds nothing is rejected, and behind the last one that does it is no row."""
    found = [
        (number, record if any(map(str.strip, record.values())) else "rejected") for number, record in records(rows)
    ]
    while found and found[-1][1] == "rejected":
        found.pop()
    return found


@PLAIN
@given(
    TABLES,
    st.sampled_from(",;\t"),
    st.sampled_from(["\r\n", "\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
)
def test_a_quoted_csv_is_read_as_it_was_written(rows, delimiter, newline, encoding):
    assert reading(CsvReader, as_csv(rows, delimiter, newline, encoding)) == records_of_csv(rows)


def test_a_csv_of_old_line_ends_is_read():
    rows = [("one", "1"), ("two", "2")]
    assert reading(CsvReader, as_csv(rows, newline="\r")) == records(rows)


@PLAIN
@given(TABLES)
def test_json_lines_and_parquet_are_read_as_they_were_written(rows):
    assert reading(JsonlReader, as_jsonl(rows)) == records(rows)
    assert reading(ParquetReader, as_parquet(rows)) == records(rows)


@PLAIN
@given(TABLES, st.integers(0, 40), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_where_a_piece_ends_makes_no_difference(pieces, rows, size, encoding):
    """In the middle of a character, a quote or a line end."""
    pieces(36 + size)  # the header is in the first piece
    assert reading(CsvReader, as_csv(rows, encoding=encoding)) == records_of_csv(rows)
    assert reading(JsonlReader, as_jsonl(rows)) == records(rows)


@PLAIN
@given(TABLES, st.data())
def test_a_resumed_import_reads_what_is_left_under_the_same_numbers(rows, data):
    start = data.draw(st.integers(0, len(rows)))
    broken = as_jsonl(rows).replace(b"\n", b"\nno json\n", 1)
    for reader, content in (
        (CsvReader, as_csv(rows)),
        (CsvReader, as_csv(rows) + b"one cell\r\n"),
        (JsonlReader, broken),
        (ParquetReader, as_parquet(rows)),
    ):
        whole = reading(reader, content)
        assert reading(reader, content, start) == whole[start:]
        assert [number for number, _ in whole] == list(range(1, len(whole) + 1))


def test_a_row_of_too_many_or_too_few_cells_is_rejected_alone():
    content = b"text,note\r\na,1\r\nb\r\nc,1,2\r\n\r\nd,4\r\n"
    assert [record for _, record in reading(CsvReader, content)] == [
        {"text": "a", "note": "1"}, "rejected", "rejected", {"text": "d", "note": "4"},
    ]  # fmt: skip


@pytest.mark.parametrize("number", [2**63, 2**64, -(2**63) - 1, 123456789012345678901])
def test_a_whole_number_of_any_length_is_the_number_that_was_sent(number):
    """A parser that rounds it would make one id of two."""
    ((_, record),) = reading(JsonlReader, b'{"text": "a", "id": %d, "deep": [%d]}\n' % (number, number))
    assert record == {"text": "a", "id": number, "deep": [number]}


def test_a_long_number_is_found_wherever_it_lies_in_the_pieces_that_are_read(monkeypatch):
    """Pieces are looked through at once, not lines: none may hide in a cut, behind a quiet line or after a loud one."""
    number = 2**64 + 1
    lines = [b'{"text": "a", "id": %d}' % (number if n % 3 == 0 else n) for n in range(12)]
    content = b"\n".join(lines)
    for size in (7, 19, 40, 10_000):
        monkeypatch.setattr("labeling.services.imports.readers.jsonl.BLOCK_BYTES", size)
        found = [record["id"] for _, record in reading(JsonlReader, content)]
        assert found == [number if n % 3 == 0 else n for n in range(12)], size


def test_a_number_too_long_for_anybody_is_one_rejection():
    content = b'{"text": "a", "n": ' + b"9" * 10_000 + b'}\n{"text": "b"}\n'
    assert reading(JsonlReader, content) == [(1, "rejected"), (2, {"text": "b"})]


@pytest.mark.parametrize("line", ["[1]", '"text"', "3", "null", "true", "NaN", '{"text": nan}', "{'text': 1}"])
def test_a_line_that_is_no_json_object_is_one_rejection(line):
    assert reading(JsonlReader, f'{line}\n{{"text": "b"}}'.encode()) == [(1, "rejected"), (2, {"text": "b"})]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("text\ntëxt\n".encode("latin-1"), "not UTF-8: line 2 holds the byte 0xEB"),
        ("text\nabc\n".encode("utf-16-le"), "UTF-16 without a byte order mark"),
        (b"text\n\0\1\2\3", "binary data"),
        (codecs.BOM_UTF16_LE + "text\nabc".encode("utf-16-le") + b"\0", "ends in the middle of"),
        (codecs.BOM_UTF32_LE + "text\nabc".encode("utf-32-le") + b"\0\0\x11\0", "stops being valid"),
        (b"\n \n", "holds no rows"),
        (b"text,text\na,b\n", "names the column 'text' twice"),
        (b"note\na\n", "needs a column named text"),
    ],
)
def test_text_that_cannot_be_told_is_refused_and_says_why(content, words):
    with pytest.raises(ImportRefused) as refused:
        reading(CsvReader, content)
    assert words in refused.value.reason


def test_a_few_bad_bytes_are_a_matter_of_their_row():
    content = b"text\n" + b"good\n" * 60 + "schön\n".encode("latin-1") + b"good\n"
    found = reading(CsvReader, content)
    assert len(found) == 62
    assert found[60] == (61, {"text": "sch\udcf6n"})


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("text,note", ["text", "note"]),
        ("text;note, and more", ["text", "note, and more"]),
        ("text\ta;b\tc,d", ["text", "a;b", "c,d"]),
        ('"text;x";label', ["text;x", "label"]),
        ("a,b;text", ["a,b", "text"]),
    ],
)
def test_the_delimiter_is_the_one_that_fits_the_header(header, columns):
    reader = CsvReader(
        io.BytesIO(header.encode() + b"\n"), modality="tabular", kind=KINDS["classification"], options={}
    )
    reader.check()
    assert reader.columns == columns


def test_half_a_parquet_file_and_another_file_are_refused():
    whole = as_parquet([("a", "b")] * 10)
    for content, words in (
        (whole[:-9], "cut off"),
        (b"PARQ" + whole, "Not a parquet"),
        (whole[:4] + whole[60:], "broken"),
    ):
        with pytest.raises(ImportRefused) as refused:
            reading(ParquetReader, content)
        assert words in refused.value.reason
