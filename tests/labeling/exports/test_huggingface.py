"""What ``datasets.load_dataset`` makes of the data set for it."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.core.files.storage import default_storage

from labeling.models import Item, Label
from labeling.selectors.export import Filters
from labeling.services.exports.folders import shards
from tests.factories import make_answer, make_items, make_project
from tests.labeling.exports.awkward import LABELS, awkward_project, differences, names_in, picture, stored, unpacked

datasets = pytest.importorskip("datasets")
pytestmark = pytest.mark.django_db


def load(folder: Path, tmp_path: Path) -> Any:
    return datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))


def read_back(row: dict[str, Any], features: Any) -> dict[str, Any]:
    """Names of class labels, times as stored."""
    said = {}
    for name, value in row.items():
        feature = features[name]
        if isinstance(feature, datasets.ClassLabel) and value is not None:
            value = feature.int2str(value)
        elif isinstance(feature, datasets.List) and isinstance(feature.feature, datasets.ClassLabel) and value:
            value = feature.feature.int2str(value)
        elif isinstance(value, datetime):
            value = value.isoformat().replace("+00:00", "Z")
        said[name] = value
    return said


def as_told(row: dict[str, Any], texts: set[str]) -> dict[str, Any]:
    """What is stored, as this format says it: JSON texts for what no column type holds, an answer as one value."""
    told = {name: json.dumps(value) if name in texts and value is not None else value for name, value in row.items()}
    if "answer" in told:
        (told["answer"],) = row["answer"].values()
    return told


def compact(row: dict[str, Any], texts: set[str]) -> dict[str, Any]:
    return {name: json.dumps(json.loads(v)) if name in texts and v is not None else v for name, v in row.items()}


JSON_TEXTS = {"beyond", "long_or_fraction", "mixed", "nested", "soft_label"}


@pytest.mark.parametrize("rows", ["annotations", "items"])
def test_every_value_comes_back_with_its_type_on_its_side(people, tmp_path, rows):
    project = awkward_project([people.annotator, people.reviewer])
    folder = unpacked(project, "huggingface", rows, tmp_path / "set")
    loaded = load(folder, tmp_path)
    assert set(loaded) == {"train", "test"}
    for side, split in (("train", "pool"), ("test", "eval")):
        expected = stored(project, rows, split=split)
        got = [compact(read_back(row, loaded[side].features), JSON_TEXTS) for row in loaded[side]]
        assert differences(got, [as_told(row, JSON_TEXTS) for row in expected]) == []


def test_labels_are_class_labels_in_the_project_s_order_and_lists_are_lists(people, tmp_path):
    project = awkward_project([people.annotator])
    features = load(unpacked(project, "huggingface", "items", tmp_path / "set"), tmp_path)["train"].features
    assert features["label"] == datasets.ClassLabel(names=list(LABELS))
    assert features["words"] == datasets.List(datasets.Value("string"))
    assert features["numbers"] == datasets.List(datasets.Value("int64"))
    assert features["whole"] == datasets.Value("int64")
    assert features["flag"] == datasets.Value("bool")
    assert features["empty"] == datasets.Value("string")


def test_an_answer_with_a_label_that_is_gone_keeps_its_name(people, tmp_path):
    project = make_project(labels=("a", "b"))
    items = make_items(project, ["x", "y"])
    make_answer(items[0], people.annotator, {"label": "gone"})
    make_answer(items[1], people.annotator, {"label": "b"})
    Label.objects.filter(project=project, name="a").update(archived=True)
    (split,) = load(unpacked(project, "huggingface", "items", tmp_path / "set"), tmp_path).values()
    assert split.features["label"].names == ["a", "b", "gone"]
    assert split.features["label"].int2str(split["label"]) == ["gone", "b"]


def test_several_labels_are_a_list_of_class_labels_and_none_of_them_is_not_no_consensus(people, tmp_path):
    project = make_project(kind="multilabel", labels=("b", "a"), overlap=2)
    split_one, none_of_them, both = make_items(project, ["x", "y", "z"])
    for item, answers in ((split_one, (["a"], [])), (none_of_them, ([], [])), (both, (["a", "b"], ["a", "b"]))):
        for person, labels in zip((people.annotator, people.reviewer), answers, strict=True):
            make_answer(item, person, {"labels": labels})
    (split,) = load(unpacked(project, "huggingface", "items", tmp_path / "set"), tmp_path).values()
    assert split.features["label"] == datasets.List(datasets.ClassLabel(names=["b", "a"]))
    assert list(split["label"]) == [None, [], [1, 0]]


def test_ratings_are_numbers_or_steps_in_their_order(people, tmp_path):
    numbers, names = (
        make_project(kind="rating", labels=("1", "2", "3")),
        make_project(kind="rating", labels=("bad", "fair", "good")),
    )
    make_answer(make_items(numbers, ["x"])[0], people.annotator, {"rating": 3})
    make_answer(make_items(names, ["y"])[0], people.annotator, {"rating": "fair"})
    (one,) = load(unpacked(numbers, "huggingface", "annotations", tmp_path / "one"), tmp_path).values()
    (other,) = load(unpacked(names, "huggingface", "annotations", tmp_path / "other"), tmp_path).values()
    assert (one.features["answer"], one["answer"][0]) == (datasets.Value("int64"), 3)
    assert (other.features["answer"].names, other["answer"][0]) == (["bad", "fair", "good"], 1)


def test_pictures_are_inside_and_a_missing_file_is_told(people, tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "ROWS_A_BATCH", 1)
    monkeypatch.setattr(shards, "ROWS_A_GROUP", 2)
    project = make_project(modality="image")
    pictures = [picture(project, 1), picture(project, 2, "JPEG")]
    gone = picture(project, 3)
    for n, asset in enumerate([*pictures, gone, None]):
        (item,) = make_items(project, [f"{n}"], asset=asset)
        make_answer(item, people.annotator, {"label": "ham"})
    default_storage.delete(gone.path)
    Item.objects.update(data={"image": "in/the/zip.png"})  # as every item from a zip has it
    folder = unpacked(project, "huggingface", "items", tmp_path / "set")
    (split,) = load(folder, tmp_path).values()
    assert split.features["image"] == datasets.Image()
    assert split["image_"][0] == "in/the/zip.png"
    raw = split.cast_column("image", datasets.Image(decode=False))["image"]
    assert [one and one["bytes"] for one in raw] == [default_storage.open(p.path).read() for p in pictures] + [None] * 2
    assert split["image"][0].size == (8, 6)
    assert "1 row: The file of the picture is missing" in (folder / "datasheet.md").read_text()
    groups = pq.ParquetFile(folder / "train/00000.parquet").metadata
    assert [groups.row_group(n).num_rows for n in range(groups.num_row_groups)] == [2, 2]


def test_a_side_without_rows_has_no_folder_and_a_set_without_rows_has_its_columns(people, tmp_path):
    project = awkward_project([people.annotator])
    assert list(names_in(unpacked(project, "huggingface", "items", tmp_path / "a", Filters(split="eval")))) == [
        "datasheet.md", "test/00000.parquet",
    ]  # fmt: skip
    nothing = pq.read_schema(unpacked(make_project(), "huggingface", "items", tmp_path / "b") / "train/00000.parquet")
    assert datasets.Features.from_arrow_schema(nothing)["label"] == datasets.ClassLabel(names=["ham", "spam"])
