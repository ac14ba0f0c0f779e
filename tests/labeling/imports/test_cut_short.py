"""A file that can be read to a point only: what stands before that point goes in, all of it."""

import io

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labeling.models import Item
from labeling.services.imports import run_import, start_import
from labeling.services.imports.errors import ImportRefused
from labeling.services.imports.readers.jsonl import JsonlReader
from labeling.services.imports.records.row_names import row_name
from tests.labeling.imports.conftest import assert_counts_true, counts, picture, zip_of

pytestmark = pytest.mark.django_db


def test_a_zip_that_unpacks_to_too_much_keeps_every_picture_before_that(pictures, bring_in, settings):
    files = {f"{n}.png": picture(n) for n in range(5)}
    settings.IMPORT_MAX_ZIP_EXPANDED_BYTES = sum(map(len, files.values())) - 1
    batch = bring_in(pictures, zip_of(files), "many.zip")
    assert counts(batch) == ("failed", 4, 0, 0)
    assert "what came before that is kept" in batch.error
    assert_counts_true(pictures)


def test_a_parquet_file_with_a_broken_page_keeps_the_rows_before_it(project, bring_in):
    target = io.BytesIO()
    rows = {"id": [f"r{n}" for n in range(3_000)], "text": [f"message {n} " * 20 for n in range(3_000)]}
    pq.write_table(pa.table(rows), target, row_group_size=1_000, compression="none", use_dictionary=False)
    content = bytearray(target.getvalue())
    at = pq.ParquetFile(io.BytesIO(content)).metadata.row_group(2).column(0).data_page_offset
    content[at : at + 12] = b"\xff" * 12
    batch = bring_in(project, bytes(content), "rows.parquet")
    assert batch.state == "failed"
    assert "parquet file is broken" in batch.error
    assert Item.objects.count() == batch.accepted == 2_000
    assert_counts_true(project)


@pytest.mark.parametrize(
    "error", [ImportRefused("planted"), ZeroDivisionError("planted")], ids=["refused", "our fault"]
)
def test_whatever_ends_the_reading_the_rows_before_it_are_in(project, people, monkeypatch, error):
    """Of 7 rows in chunks of 3 the seventh is never read: three chunks, the last of one row and a rejection."""
    read = JsonlReader.records

    def cut(self, start):
        for number, record in read(self, start):
            if number == 7:
                raise error
            yield number, record

    monkeypatch.setattr(JsonlReader, "records", cut)
    monkeypatch.setattr(JsonlReader, "chunk_rows", 4)
    rows = [{"id": n, "text": f"text {n}" if n != 5 else ""} for n in range(10)]
    batch = start_import(people.manager, project, rows=rows)
    if isinstance(error, ImportRefused):
        run_import(batch.pk)
    else:
        with pytest.raises(ZeroDivisionError):
            run_import(batch.pk)
    batch.refresh_from_db()
    assert counts(batch) == ("failed", 5, 0, 1)
    assert batch.cursor == 6
    assert batch.error == ("planted" if isinstance(error, ImportRefused) else batch.error)
    assert batch.rejections.get().name == "5"
    assert_counts_true(project)


LINES = [
    ({"id": "a", "text": ""}, "a"),
    ({"id": 0, "text": ""}, "0"),
    ({"id": 2**70, "text": ""}, str(2**70)),
    ({"id": "b", "text": "x", "label": "eggs"}, "b"),
    ({"id": "c", "text": "x", "split": "train"}, "c"),
    ({"id": "d", "text": "x", "group": "g" * 201}, "d"),
    ({"id": "e" * 300, "text": "x"}, "e" * 255),
    ({"id": "nul\0", "text": "x"}, "nul"),
    ({"id": "f", "text": "x", "Text": "y", " text": "z"}, "f"),
    ({"text": ""}, ""),
]


def test_a_rejected_row_is_named_by_its_id_whatever_is_wrong_with_it(project, bring_in):
    batch = bring_in(project, b"\n".join(orjson.dumps(row) if row["id"] != 2**70 else  # orjson writes no such number
                     b'{"id": %d, "text": ""}' % 2**70 for row, _ in (({"id": None, **row}, n) for row, n in LINES)),
                     "rows.jsonl")  # fmt: skip
    found = dict(batch.rejections.values_list("row", "name"))
    wanted = {number: name for number, (_, name) in enumerate(LINES, 1)}
    assert found == {number: name for number, name in wanted.items() if number in found}
    assert len(found) >= len(LINES) - 1  # the twin columns may be data


@pytest.mark.parametrize(
    ("line", "name"), [("r1,only", "r1"), ("r2,a,b,c", "r2"), ("r3,,ham", "r3"), (",,ham", "")]
)  # fmt: skip
def test_a_row_of_a_csv_is_named_where_its_id_stands_first(project, bring_in, line, name):
    batch = bring_in(project, f"id,text,label\nok,hello,ham\n{line}\n".encode())
    assert batch.rejections.get().name == name


def test_a_cell_too_many_leaves_open_which_is_the_id(project, bring_in):
    batch = bring_in(project, b"text,id\nhello,r1\nhello, you,r2\n")
    assert batch.rejections.get().name == ""


def test_a_row_of_a_parquet_file_is_named_by_its_id(project, bring_in):
    target = io.BytesIO()
    when = pa.array([2**62, 0], pa.timestamp("ms"))
    pq.write_table(pa.table({"id": ["far", "near"], "text": ["a", "b"], "when": when}), target)
    batch = bring_in(project, target.getvalue(), "rows.parquet")
    assert dict(batch.rejections.values_list("name", "field")) == {"far": "when"}


@pytest.mark.parametrize(
    ("given_id", "record", "name"),
    [
        (None, {"left": "a", "right": "b"}, "a | b"),
        ("p", {"left": "a", "right": "b"}, "p"),
        ("", {"image": "glass/1.jpg"}, "glass/1.jpg"),
        (None, {"external_id": "of our own"}, "of our own"),
        ("\ud83d", {}, "?"),
        (None, {}, ""),
    ],
)
def test_what_a_row_is_called(given_id, record, name):
    assert row_name(given_id, record) == name
