"""Parquet that ``datasets`` 5.2.0 wrote (``made_by/huggingface``): names of labels, lists of them, pictures."""

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labeling.services.imports import ImportRefused
from tests.labeling.imports.conftest import zip_of
from tests.labeling.imports.foreign.reading import MADE_BY, reading


def parquet(columns: dict, told: dict | None = None, schema: pa.Schema | None = None) -> bytes:
    table = pa.table(columns, schema=schema)
    if told is not None:
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": told}})})
    target = io.BytesIO()
    pq.write_table(table, target)
    return target.getvalue()


LABEL = {"names": ["no", "yes"], "_type": "ClassLabel"}


def test_labels_are_called_by_their_names_and_one_that_nobody_knows_is_missing():
    found = reading("huggingface/class-label.parquet")
    assert found.column("label", "idx") == [("positive", 1), ("negative", 2), (None, 3), ("C#", 4)]


def test_lists_of_labels_too():
    found = reading("huggingface/several-labels.parquet", kind="multilabel")
    assert found.column("label") == [["negative", "C#"], [], ["positive"]]


@pytest.mark.parametrize(
    "told", [{"feature": LABEL, "_type": "Sequence"}, {"feature": LABEL, "_type": "List"}, [LABEL]]
)
def test_whichever_version_of_datasets_wrote_the_list(told):
    file = parquet({"text": ["a"], "label": [[1, 0]]}, {"text": {"_type": "Value", "dtype": "string"}, "label": told})
    assert reading(file, kind="multilabel").column("label") == [["yes", "no"]]


def test_a_place_outside_the_names_rejects_its_row():
    found = reading(parquet({"text": ["a", "b"], "label": [5, 1]}, {"label": LABEL}))
    assert found.column("label") == ["yes"]
    assert found.rejected == ["5 is no place in its 2 names."]


@pytest.mark.parametrize("metadata", [{}, {"label": None}, {"label": {"_type": "ClassLabel"}}, {"label": []}])
def test_metadata_that_says_nothing_of_the_column_changes_nothing(metadata):
    assert reading(parquet({"text": ["a"], "label": [1]}, metadata)).column("label") == [1]


def test_pictures_go_in_with_their_names_and_labels():
    found = reading("huggingface/images.parquet", modality="image")
    assert found.column("image", "label") == [("red.png", "cat"), ("", "dog")]
    assert all(size > 50 for size in found.column("\0picture"))


def test_a_picture_that_is_named_and_not_there_rejects_its_row():
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    schema = pa.schema([("image", kind), ("label", pa.string())])
    rows = [{"bytes": b"x", "path": "a.png"}, {"bytes": None, "path": "b.png"}, None]
    found = reading(parquet({"image": rows, "label": ["x"] * 3}, schema=schema), "a.parquet", modality="image")
    assert (len(found.rows), len(found.rejected)) == (1, 2)
    assert "does not hold its bytes" in found.rejected[0]


def test_in_a_project_of_texts_pictures_are_left_out_and_that_is_said():
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    schema = pa.schema([("image", kind), ("text", pa.string())])
    found = reading(parquet({"image": [{"bytes": b"x", "path": ""}], "text": ["a"]}, schema=schema))
    assert found.rows == [{"text": "a"}]
    assert found.said("Pictures in the file were left out")


def test_a_table_without_pictures_is_refused_where_pictures_are_asked_about():
    with pytest.raises(ImportRefused, match="A project of pictures needs pictures"):
        reading("huggingface/class-label.parquet", modality="image")


def test_the_shards_of_a_data_set_are_read_one_after_the_other():
    shard = (MADE_BY / "huggingface/class-label.parquet").read_bytes()
    files = {"data/train/0.parquet": shard, "data/test/0.parquet": shard, "dataset_info.json": b"{}", "README.md": b"x"}
    found = reading(zip_of(files), "a.zip")
    assert found.column("label") == ["positive", "negative", None, "C#"] * 2
    pictures = (MADE_BY / "huggingface/images.parquet").read_bytes()
    found = reading(zip_of({"train/0.parquet": pictures, "test/0.parquet": pictures}), "a.zip", modality="image")
    assert found.column("label") == ["cat", "dog"] * 2
