"""csv, JSON lines, JSON rows and parquet: what is read, what is refused, what it costs in memory."""

import csv
import io
import json
import sys
import tracemalloc

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labeling.kinds import KINDS
from labeling.models import Item
from labeling.services.imports import ImportRefused
from labeling.services.imports.readers.csv import CsvReader
from labeling.services.imports.readers.jsonl import JsonlReader
from labeling.services.imports.records.rows import Rejection
from tests.labeling.imports.conftest import counts, reasons, small_blocks

pytestmark = pytest.mark.django_db


def texts(project) -> list[str]:
    return list(Item.objects.filter(project=project).order_by("ordinal").values_list("text", flat=True))


@pytest.mark.parametrize(
    "content",
    [
        b"text,label\nno\xc3\xabl,ham\n",
        b"\xef\xbb\xbftext,label\nno\xc3\xabl,ham\n",
        b"text;label\r\nno\xc3\xabl;ham\r\n",
        b"label\ttext\nham\tno\xc3\xabl\n",
        b"text,label\rno\xc3\xabl,ham\r",
        "text,label\nnoël,ham\n".encode("utf-16"),
        b"\n\ntext,label\n\nno\xc3\xabl,ham",
        b' "text" ,label\n"no\xc3\xabl",ham\n'.replace(b' "text" ', b'"text"'),
    ],
    ids=["plain", "bom", "semicolon", "tab", "carriage-return", "utf-16", "blank-lines", "quoted"],
)
def test_csv_varieties(project, bring_in, content):
    assert counts(bring_in(project, content)) == ("done", 1, 0, 0)
    assert texts(project) == ["noël"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \n\n", "white space"),
        (b"text,text\na,b\n", "twice"),
        (b"body,label\na,b\n", "needs a column named text"),
        ("text\ncafé\nété\n".encode("latin-1"), "not UTF-8: line 2 holds the byte 0xE9"),
        ("text\nhello there\n".encode("utf-16-le"), "UTF-16 without a byte order mark"),
        (b"text\n\0\1\2\3" * 40, "binary"),
        (b"<!DOCTYPE html><html></html>", "HTML"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"%PDF-1.7", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "Office document of before 2007"),
        (b"SQLite format 3\0" + b"\0" * 600, "SQLite"),
        (b"ARROW1\0\0" + b"\0" * 600, "Arrow"),
        (b"\x93NUMPY\x01\0v\0", "NumPy"),
        (b"(\xb5/\xfd" + b"\0" * 600, "zstd"),
        (b"BZh91AY&SY" + b"\0" * 600, "bzip2"),
        (b"\x80\x04\x95\x10\0\0\0\0\0\0\0\x8c\x04", "pickle"),
        (b"7z\xbc\xaf'\x1c\0\x04", "7z"),
        (b"$FL2@(#) IBM SPSS", "SPSS"),
        (b"PK\x03\x04" + b"\x14\0" * 13 + b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "Office document"),
        (b"PK\x03\x04" + b"\x14\0" * 13 + b"docProps/app.xml", "Office document"),
        (b"PAR1 cut off", "cut off"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
    ],
)
def test_refused_before_anything_is_stored(project, bring_in, content, words):
    with pytest.raises(ImportRefused, match=words):
        bring_in(project, content, "upload")
    assert not project.imports.exists()


def test_header_without_rows_fails_in_words(project, bring_in):
    batch = bring_in(project, b"text,label\n")
    assert (batch.state, batch.error) == ("failed", "The file holds no rows.")


def test_a_name_that_contradicts_the_content_is_refused(project, bring_in):
    with pytest.raises(ImportRefused, match="The name says parquet, but the content is text"):
        bring_in(project, b"text\na\n", "items.parquet")
    with pytest.raises(ImportRefused, match="The name says image"):
        bring_in(project, b"text\na\n", "cat.png")
    with pytest.raises(ImportRefused, match="The format says zip"):
        bring_in(project, b"text\na\n", "items.csv", format="zip")


def test_json_lines(project, bring_in):
    content = b"""{"text": "a", "id": 7, "deep": {"x": [1, null, 2.5]}}

not json
[1, 2]
{"text": 12}
{"text": {"no": 1}}
{"id": "8"}
{"text": "nul \\u0000"}
{"text": "half \\ud800"}
{"text": "z"}"""
    batch = bring_in(project, content, "items.jsonl")
    assert counts(batch) == ("done", 3, 0, 6)
    assert texts(project) == ["a", "12", "z"]
    first = Item.objects.get(project=project, ordinal=0)
    assert (first.external_id, first.data) == ("7", {"deep": {"x": [1, None, 2.5]}})
    found = reasons(batch)
    assert set(found) == {2, 3, 5, 6, 7, 8}
    assert "Not valid JSON" in found[2]
    assert "found an array" in found[3]
    assert "NUL" in found[7]


def test_json_rows(project, bring_in):
    batch = bring_in(project, [{"text": "a"}, 5, {"text": "b", "score": 1.5}])
    assert counts(batch) == ("done", 2, 0, 1)
    assert batch.total == 3
    with pytest.raises(ImportRefused, match="empty"):
        bring_in(project, [])


def test_a_json_array_is_its_objects(project, bring_in):
    batch = bring_in(project, b'[{"text": "a"}, 5, {"text": "b", "label": "ham"}]', "items.json")
    assert counts(batch) == ("done", 2, 0, 1)


def parquet(columns: dict) -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.table(columns), target, row_group_size=2)
    return target.getvalue()


def test_parquet_keeps_types_and_nests(project, bring_in):
    batch = bring_in(
        project,
        parquet({
            "text": ["a", "b", None, "d", "e"], "n": [1, 2, 3, 4, None], "list": [[1], [], None, [2, 3], [4]],
            "when": pa.array([0, 1, 2, 3, 4], pa.timestamp("s")),
        }),
        "x.parquet",
    )  # fmt: skip
    assert counts(batch) == ("done", 4, 0, 1)
    assert Item.objects.get(project=project, text="d").data == {"n": 4, "list": [2, 3], "when": "1970-01-01T00:00:03"}
    assert list(reasons(batch)) == [3]


def test_parquet_broken_inside_is_refused_and_a_row_with_bytes_rejected(project, bring_in):
    good = parquet({"text": ["a", "b"]})
    broken = bring_in(project, good[:8] + b"\xff" * 40 + good[48:], "x.parquet")
    assert broken.state == "failed"
    assert "broken" in broken.error
    binary = bring_in(project, parquet({"text": ["a", "b", "c"], "raw": [b"\xff", b"plain", None]}), "x.parquet")
    assert counts(binary) == ("done", 2, 0, 1)
    assert reasons(binary) == {1: "Holds bytes that are no text (1)."}
    assert binary.rejections.get().field == "raw"


def test_an_array_with_null_of_duckdb_is_named_and_can_be_left_out(project, bring_in, tmp_path):
    """``findings/duckdb-arrays-in-parquet.sh``: DuckDB and Polars read what Arrow refuses."""
    written = tmp_path / "duck.parquet"
    rows = "SELECT 'a' AS text, [1, 2]::FLOAT[2] AS place UNION ALL SELECT 'b', NULL"
    duckdb.sql(f"COPY ({rows}) TO '{written}'")
    refused = bring_in(project, written.read_bytes(), "duck.parquet")
    assert refused.state == "failed"
    assert all(words in refused.error for words in ("column 'place'", "Leave it out", "FLOAT[]"))
    batch = bring_in(project, written.read_bytes(), "duck.parquet", options={"columns": {"place": None}})
    assert counts(batch) == ("done", 2, 0, 0)


def test_a_table_keeps_numbers_and_needs_features(table, bring_in):
    batch = bring_in(
        table,
        b"id,age,zip,price,when,gone,label\n1,42,00501,-1.5e3,2020-01-01,,yes\n2,1_0,+7,inf,nan,x,no\n3,,,,,,yes\n",
    )
    assert counts(batch) == ("done", 2, 0, 1)
    first, second = Item.objects.filter(project=table).order_by("ordinal")
    assert first.data == {"age": "42", "zip": "00501", "price": "-1.5e3", "when": "2020-01-01", "gone": None}
    assert second.data == {"age": "1_0", "zip": "+7", "price": "inf", "when": "nan", "gone": "x"}
    with pytest.raises(ImportRefused, match="at least one feature column"):
        bring_in(table, b"id,label\n1,yes\n")


def test_rows_of_a_table_that_differ_in_order_only_are_the_same(table, bring_in):
    assert counts(bring_in(table, b"a,b\n1,2\n")) == ("done", 1, 0, 0)
    assert counts(bring_in(table, b"b,a\n2,1\n")) == ("done", 0, 1, 0)


def test_text_formats_do_not_fit_a_project_of_pictures(pictures, bring_in):
    with pytest.raises(ImportRefused, match="takes zip, image"):
        bring_in(pictures, b"text\na\n")


@pytest.mark.parametrize("cell", [b"x" * 9, b"x\n" * 5])
def test_one_cell_over_the_limit(project, bring_in, settings, cell):
    settings.IMPORT_MAX_CELL_BYTES = 8
    batch = bring_in(project, b'text,note\nok,1\n"' + cell + b'",2\nfine,"' + cell + b'"\ngood,4\n')
    assert counts(batch) == ("done", 2, 0, 2)
    assert batch.rejections.get(row=2).field == "text"
    assert batch.rejections.get(row=3).field == "note"


def read_all(reader) -> tuple[list[dict], list[int], int]:
    tracemalloc.start()
    try:
        good, bad = [], []
        for number, record in reader.records(0):
            if isinstance(record, Rejection):
                bad.append(number)
            else:
                good.append(record["text"][:10])
        return good, bad, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("pattern", [b"x" * 100, b'x ""quoted"" \n next line\n'])
def test_a_giant_csv_cell_is_one_rejection_and_little_memory(pattern, settings, monkeypatch):
    settings.IMPORT_MAX_CELL_BYTES = 20_000
    small_blocks(monkeypatch)
    giant = pattern * (1_200_000 // len(pattern))
    content = io.BytesIO(b'text,n\nbefore,1\n"' + giant + b'",2\nafter,3\n"two\nlines",4\n')
    del giant
    good, bad, peak = read_all(CsvReader(content, modality="text", kind=KINDS["classification"], options={}))
    assert (good, bad) == (["before", "after", "two\nlines"], [2])
    assert peak < 2_000_000


def test_a_quote_never_closed_is_one_rejection_and_the_rows_behind_it_are_read(settings, monkeypatch):
    settings.IMPORT_MAX_CELL_BYTES = 10_000
    small_blocks(monkeypatch)
    content = io.BytesIO(b'text,n\nbefore,1\n"open,2\n' + b"row,3\n" * 50_000)
    good, bad, peak = read_all(CsvReader(content, modality="text", kind=KINDS["classification"], options={}))
    assert (good[0], set(good[1:]), len(good), bad) == ("before", {"row"}, 50_001, [2])
    assert peak - sum(map(sys.getsizeof, good)) < 1_200_000


def test_a_giant_json_line_is_one_rejection_and_little_memory(settings):
    settings.IMPORT_MAX_CELL_BYTES = 100_000
    content = io.BytesIO(b'{"text": "a"}\n{"text": "' + b"x" * 30_000_000 + b'"}\n{"text": "b"}\n')
    good, bad, peak = read_all(JsonlReader(content, modality="text", kind=KINDS["classification"], options={}))
    assert (good, bad) == (["a", "b"], [2])
    assert peak < 8_000_000


def test_csv_agrees_with_the_csv_module_across_blocks(settings):
    """Cells with quotes, newlines and delimiters, in a file of many blocks, against the plain reader."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(["text", "n"])
    for n in range(60_000):
        writer.writerow([f'{n} "said"\nline two, and\r\n{"é" * (n % 50)}', n])
    content = target.getvalue()
    expected = [row[0] for row in csv.reader(io.StringIO(content, newline=""))][1:]
    reader = CsvReader(io.BytesIO(content.encode()), modality="text", kind=KINDS["classification"], options={})
    assert [record["text"] for _, record in reader.records(0)] == expected
    assert [number for number, _ in reader.records(59_990)] == list(range(59_991, 60_001))


@pytest.mark.parametrize("end_of_copy", ["\n\\.", ""], ids=["copy", "the way around it"])
def test_strange_text_arrives_unchanged(project, bring_in, monkeypatch, end_of_copy):
    monkeypatch.setattr("labeling.db.insert._END_OF_COPY", end_of_copy)
    rows = [
        {"text": text}
        for text in ("\\.", "a\n\\.\nb", "\\N", 'quo"te', " tab\t", "NULL", "a\u2028b", "é" * 3, "{}", "a\\")
    ]
    assert counts(bring_in(project, rows))[1] == len(rows)
    assert texts(project) == [row["text"] for row in rows]


def test_columns_of_a_table_keep_the_order_of_the_file(table, bring_in):
    bring_in(table, b"zip,age,label,name\n1,2,yes,x\n")
    bring_in(table, b'{"name": "y", "extra": 1, "age": 3}\n', file_name="more.jsonl")
    table.refresh_from_db()
    assert table.columns == ["zip", "age", "name", "extra"]
    second = Item.objects.get(project=table, ordinal=1)
    assert table.in_column_order(second.data) == [("age", 3), ("name", "y"), ("extra", 1)]


def test_ids_longer_than_64_bits_stay_two_and_such_a_number_beside_them_is_said(project, bring_in):
    ids = [123456789012345678901, 123456789012345678902]
    rows = [{"id": number, "text": f"text {number}"} for number in ids] + [{"text": "c", "n": 2**70}]
    batch = bring_in(project, b"".join(json.dumps(row).encode() + b"\n" for row in rows), "items.jsonl")
    assert counts(batch) == ("done", 3, 0, 0)
    assert sorted(Item.objects.exclude(text="c").values_list("external_id", flat=True)) == sorted(map(str, ids))
    assert Item.objects.get(text="c").data == {"n": str(2**70)}
    assert "64" in batch.notes[0]["one"]


def test_a_header_that_begins_as_a_program_does_is_a_header(table, bring_in):
    assert counts(bring_in(table, b"MZ,intensity\n1.5,2\n3.5,4\n", "spectra.csv")) == ("done", 2, 0, 0)
