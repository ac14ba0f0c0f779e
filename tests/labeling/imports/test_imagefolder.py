"""A zip as Hugging Face's imagefolder has it: metadata files name the pictures beside them."""

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labeling.selectors.importing import notes_of
from labeling.services.imports.readers.zip import ZipReader
from tests.labeling.imports.conftest import assert_counts_true, counts, picture, reasons, zip_of
from tests.labeling.imports.test_lost_rows import what_is_in

pytestmark = pytest.mark.django_db

ROWS = [{"file_name": "1.png", "label": "cat", "id": "c1"}, {"file_name": "sub/2.png", "label": "dog", "id": "d2"}]
PICTURES = {"1.png": picture(1), "sub/2.png": picture(2)}


def csv_of(rows) -> bytes:
    return "\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows)]).encode()


def jsonl_of(rows) -> bytes:
    return "\n".join(map(json.dumps, rows)).encode()


def parquet_of(rows) -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), target)
    return target.getvalue()


FILES = {"metadata.csv": csv_of, "metadata.jsonl": jsonl_of, "metadata.parquet": parquet_of}


@pytest.mark.parametrize("folder", ["", "data/train/"])
@pytest.mark.parametrize("name", FILES)
def test_the_pictures_have_the_rows_of_the_metadata(pictures, bring_in, name, folder):
    files = {f"{folder}{path}": content for path, content in {**PICTURES, name: FILES[name](ROWS)}.items()}
    batch = bring_in(pictures, zip_of(files), "p.zip")
    assert counts(batch) == ("done", 2, 0, 0), reasons(batch)
    assert what_is_in(pictures) == [("c1", f"{folder}1.png", "cat"), ("d2", f"{folder}sub/2.png", "dog")]
    assert "file_name" not in pictures.items.first().data
    assert_counts_true(pictures)


@pytest.mark.parametrize("chunk_rows", [1, 2, 100])
def test_every_folder_has_its_own_and_numbers_go_on(pictures, bring_in, monkeypatch, chunk_rows):
    monkeypatch.setattr(ZipReader, "chunk_rows", chunk_rows)
    files = {
        "train/metadata.csv": csv_of([*ROWS[:1], {"file_name": "gone.png", "label": "cat", "id": "g"}]),
        "test/metadata.jsonl": jsonl_of(ROWS) + b"\nno json", "train/1.png": picture(1), "test/1.png": picture(3),
        "test/sub/2.png": picture(2), "test/3.png": picture(4),
    }  # fmt: skip
    rows = files["test/metadata.jsonl"].replace(b"c1", b"c3")
    batch = bring_in(pictures, zip_of({**files, "test/metadata.jsonl": rows}), "p.zip")
    assert counts(batch) == ("done", 3, 0, 3)
    assert [found[0] for found in what_is_in(pictures)] == ["c1", "c3", "d2"]
    assert set(reasons(batch)) == {2, 5, 6}
    assert "holds no file" in reasons(batch)[2]
    assert "without a file" in reasons(batch)[6]


@pytest.mark.parametrize("name", ["metadata.csv", "labels.csv", "z.csv"])
def test_the_rest_of_a_file_is_read_on_with_the_names_of_before(pictures, people, name):
    """What an attempt that goes on yields is what the first would have."""
    content = io.BytesIO(zip_of({**PICTURES, "3.png": picture(3), name: csv_of(ROWS)}))
    from labeling.kinds import kind_of

    def found(start):
        reader = ZipReader(content, modality="image", kind=kind_of(pictures), options={})
        return [(number, record.get("id"), record["image"]) for number, record in reader.records(start)]

    whole = found(0)
    assert [row[1] for row in whole] == ["c1", "d2", None]
    for start in range(4):
        assert found(start) == whole[start:]


@pytest.mark.parametrize("content", [b"name,size\n1.png,3\n", b"", b"\xff\xfe\x00", b"{"])
def test_other_files_of_that_name_are_no_table(pictures, bring_in, content):
    batch = bring_in(pictures, zip_of({"1.png": picture(1), "metadata.csv": content}), "p.zip")
    assert counts(batch) == ("done", 1, 0, 1)


def test_metadata_that_cannot_be_read_is_a_reason_to_stop(pictures, bring_in):
    rows = "file_name,label\n" + "größe.png,cat\n" * 30
    batch = bring_in(pictures, zip_of({"1.png": picture(1), "metadata.csv": rows.encode("latin-1")}), "p.zip")
    assert batch.state == "failed"
    assert batch.error.startswith("metadata.csv cannot be read: ")
    assert not pictures.items.exists()


def test_our_own_table_goes_before_metadata(pictures, bring_in):
    files = {**PICTURES, "metadata.csv": csv_of(ROWS), "items.csv": b"image,id\n1.png,ours\nsub/2.png,two\n"}
    batch = bring_in(pictures, zip_of(files), "p.zip")
    assert counts(batch) == ("done", 2, 0, 1)  # metadata.csv is no picture
    assert [found[0] for found in what_is_in(pictures)] == ["ours", "two"]


def tsv_of(rows) -> bytes:
    return csv_of(rows).replace(b",", b"\t")


ANY = {"labels.csv": csv_of, "data/train.tsv": tsv_of, "annotations.jsonl": jsonl_of, "Pictures.PARQUET": parquet_of}


@pytest.mark.parametrize("column", ["image", "file_name", "filename", "File Name", "image_path", "path"])
@pytest.mark.parametrize("name", [*ANY, "items.tsv", "items.jsonl"])
def test_a_table_of_any_name_whose_column_names_files_of_the_zip_is_theirs(pictures, bring_in, name, column):
    write = ANY.get(name) or (tsv_of if name == "items.tsv" else jsonl_of)
    rows = [{column: row["file_name"], "label": row["label"], "id": row["id"]} for row in ROWS]
    batch = bring_in(pictures, zip_of({**PICTURES, name: write(rows)}), "p.zip")
    assert counts(batch) == ("done", 2, 0, 0), reasons(batch)
    assert what_is_in(pictures) == [("c1", "1.png", "cat"), ("d2", "sub/2.png", "dog")]
    assert any("was read as the table" in note for note in notes_of(batch)) == (name in ANY)


def test_a_column_that_was_chosen_makes_its_table_theirs(pictures, bring_in):
    files = {**PICTURES, "shots.csv": b"shot,kind\n1.png,cat\nsub/2.png,dog\n"}
    batch = bring_in(pictures, zip_of(files), "p.zip", options={"columns": {"shot": "image", "kind": "label"}})
    assert counts(batch) == ("done", 2, 0, 0), reasons(batch)
    assert [found[2] for found in what_is_in(pictures)] == ["cat", "dog"]


@pytest.mark.parametrize("content", [b"name,size\n1.png,3\n", b"path,size\n/var/log,3\n", b"image\n", b"\xff\xfe\x00"])
def test_a_table_about_something_else_is_one_rejection_that_says_so(pictures, bring_in, content):
    batch = bring_in(pictures, zip_of({**PICTURES, "sizes.csv": content}), "p.zip")
    assert counts(batch) == ("done", 2, 0, 1)
    assert "A table that was not read" in " ".join(reasons(batch).values())


def test_metadata_that_begins_with_a_mark_and_a_blank_line_is_read(pictures, bring_in):
    files = {**PICTURES, "metadata.jsonl": b"\xef\xbb\xbf\n" + jsonl_of(ROWS)}
    assert counts(bring_in(pictures, zip_of(files), "p.zip")) == ("done", 2, 0, 0)


@pytest.mark.parametrize("name", FILES)
def test_the_column_of_paths_may_have_a_name_before_its_ending(pictures, bring_in, name):
    rows = [{"photo_file_name": row["file_name"], "label": row["label"], "id": row["id"]} for row in ROWS]
    batch = bring_in(pictures, zip_of({**PICTURES, name: FILES[name](rows)}), "p.zip")
    assert counts(batch) == ("done", 2, 0, 0), reasons(batch)
    assert what_is_in(pictures) == [("c1", "1.png", "cat"), ("d2", "sub/2.png", "dog")]


def test_in_the_table_of_an_imagefolder_file_name_goes_before_a_column_called_image(pictures, bring_in):
    rows = [{**row, "image": f"once called {row['id']}.png"} for row in ROWS]
    batch = bring_in(pictures, zip_of({**PICTURES, "metadata.csv": csv_of(rows)}), "p.zip")
    assert counts(batch) == ("done", 2, 0, 0), reasons(batch)
    assert what_is_in(pictures) == [("c1", "1.png", "cat"), ("d2", "sub/2.png", "dog")]
