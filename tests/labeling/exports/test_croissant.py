"""What mlcroissant, the specification's own reader, makes of the data set for it."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from django.core.files.storage import default_storage

from labeling.models import Annotation, Source
from labeling.selectors.export import Filters
from labeling.services.exports.folders.croissant_file import field_id
from tests.factories import make_answer, make_items, make_project
from tests.labeling.exports.awkward import awkward_project, differences, names_in, picture, stored, unpacked
from tests.labeling.exports.test_huggingface import JSON_TEXTS, as_told, compact

mlcroissant = pytest.importorskip("mlcroissant")
pytestmark = pytest.mark.django_db
SIDES = (("train", "pool"), ("test", "eval"))


def opened(folder: Path) -> Any:
    """The data set; reading it checks the file. Nothing to warn of but what nobody can know."""
    made = mlcroissant.Dataset(folder / "croissant.json")
    assert not made.metadata.ctx.issues.errors
    assert not made.metadata.ctx.issues.warnings
    return made


def said(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "croissant.json").read_text())
    return found


def records(made: Any, side: str) -> list[dict[str, Any]]:
    """By the names of columns, texts as texts, times as they are stored."""
    names = {field.id: field.name for found in made.metadata.record_sets if found.id == side for field in found.fields}
    return [{names[key]: plain(value) for key, value in row.items()} for row in made.records(side)]


def plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, pd.Timestamp):
        return value.isoformat().replace("+00:00", "Z")
    return [plain(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("rows", ["annotations", "items"])
def test_every_value_comes_back_with_its_type_on_its_side(people, tmp_path, rows):
    project = awkward_project([people.annotator, people.reviewer])
    made = opened(unpacked(project, "croissant", rows, tmp_path / "set"))
    for side, split in SIDES:
        expected = [as_told(row, JSON_TEXTS) for row in stored(project, rows, split=split)]
        got = [compact(row, JSON_TEXTS) for row in records(made, side)]
        lost = differences(got, expected)
        assert {name for _, name, *_ in lost} <= {"numbers"}  # a null among them: read as fractions, 2^63-1 is rounded


@pytest.mark.parametrize("piece", [1, 100_000])
def test_who_answered_what_and_why_is_told_as_it_happened(people, tmp_path, monkeypatch, piece):
    monkeypatch.setattr("labeling.selectors.set_facts.IDS_A_PIECE", piece)
    project = make_project(name="Müll 🗑", purpose='Sort "waste".', labels=("glass", "paper"), overlap=2)
    project.instructions_versions.create(number=1, text="Look twice.", created_by=people.manager)
    first, second, held = [*make_items(project, ["one", "two"]), *make_items(project, ["three"], split="eval")]
    drawn = {"reason": "strategy", "strategy": "margin", "pool_size": 2, "draw": 1}
    make_answer(first, people.annotator, {"label": "glass"}, propensity=0.25, **drawn)
    make_answer(first, people.reviewer, {"label": "paper"}, propensity=0.5, **drawn)
    make_answer(held, people.annotator, {"label": "paper"}, reason="eval")
    Annotation.objects.create(project=project, item=second, source=Source.IMPORT, answer={"label": "glass"})
    Annotation.objects.filter(source=Source.HUMAN).update(instructions_version=1)
    found = said(unpacked(project, "croissant", "annotations", tmp_path / "set"))
    assert (found["name"], found["description"]) == ("Müll 🗑", 'Sort "waste".')
    assert found["conformsTo"] == ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
    assert found["rai:annotationsPerItem"] == "1 of people: 1 items or pairs; 2 of people: 1 items or pairs"
    assert "- 2 answers by `annotator`" in found["rai:annotatorDemographics"]
    assert "- 1 answers by `came with the data`" in found["rai:annotatorDemographics"]
    assert "- 2 answers: `strategy (margin)`" in found["rai:dataCollection"]
    assert "from 0.1 to 0.5;\n1 answers have none" in found["rai:dataBiases"]
    assert "pairs of answers that are equal: 0.000" in found["rai:dataAnnotationAnalysis"]
    assert "Instructions, version 1" in found["rai:dataAnnotationProtocol"]
    assert "Look twice." in found["rai:dataAnnotationProtocol"]
    assert found["rai:dataCollectionType"] == ["Manual Human Curator", "Secondary Data analysis"]
    assert len(found["rai:dataCollectionTimeframe"]) == 2
    metadata = opened(tmp_path / "set").metadata  # every one of them is a property that the vocabulary has
    assert metadata.annotations_per_item == found["rai:annotationsPerItem"]
    known = {f"rai:{camel(name)}" for name in RAI if getattr(metadata, name)}
    # mlcroissant 1.1.1 spells this one dataCollectionTimeFrame, the vocabulary does not
    assert {name for name in found if name.startswith("rai:")} == known | {"rai:dataCollectionTimeframe"}


RAI = (
    "data_collection", "data_collection_type", "data_collection_missing_data", "data_annotation_protocol",
    "data_annotation_platform", "data_annotation_analysis", "annotations_per_item",
    "annotator_demographics", "data_biases", "data_limitations", "data_preprocessing_protocol", "data_use_cases",
    "personal_sensitive_information", "data_release_maintenance_plan",
)  # fmt: skip


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def test_a_set_that_holds_no_answer_says_so(tmp_path):
    project = make_project()
    make_items(project, ["one"])
    folder = unpacked(project, "croissant", "annotations", tmp_path / "set")
    assert list(names_in(folder)) == ["croissant.json", "datasheet.md", "test.parquet", "train.parquet"]
    found = said(folder)
    assert found["rai:annotationsPerItem"] == "No answer of a person is in it."
    assert "rai:dataCollectionTimeframe" not in found
    assert records(opened(folder), "train") == records(opened(folder), "test") == []


def test_labels_stand_by_name_in_the_project_s_order_with_those_that_are_gone_last(people, tmp_path):
    project = make_project(kind="multilabel", labels=("b", "a"), overlap=2)
    split_one, none_of_them, both = make_items(project, ["x", "y", "z"])
    for item, answers in ((split_one, (["a"], [])), (none_of_them, ([], [])), (both, (["a", "gone"], ["a", "gone"]))):
        for person, labels in zip((people.annotator, people.reviewer), answers, strict=True):
            make_answer(item, person, {"labels": labels})
    made = opened(unpacked(project, "croissant", "items", tmp_path / "set"))
    assert [row["label"] for row in records(made, "train")] == [None, [], ["a", "gone"]]
    assert [row["labels/name"] for row in made.records("labels")] == ["b", "a", "gone"]
    assert [dict(row) for row in made.records("splits")] == [
        {"splits/name": "train", "splits/url": "cr:TrainingSplit"},
        {"splits/name": "test", "splits/url": "cr:TestSplit"},
    ]


def test_steps_of_a_scale_are_numbers_or_names(people, tmp_path):
    for steps, step in ((("1", "2", "3"), 3), (("bad", "fair", "good"), "fair")):
        project = make_project(kind="rating", labels=steps)
        make_answer(make_items(project, ["x"])[0], people.annotator, {"rating": step})
        made = opened(unpacked(project, "croissant", "annotations", tmp_path / steps[0]))
        assert [row["answer"] for row in records(made, "train")] == [step]


NAMES = (
    "a b",
    "x/y",
    "..",
    ".",
    "a:b",
    "sc:name",
    "#",
    "?q=1",
    "100%",
    "%41",
    "@id",
    "index",
    "filename",
    "Ünï",
    "\"'\\",
    "train",
)


def test_columns_may_be_called_anything(people, tmp_path):
    project = make_project()
    (item,) = make_items(project, ["x"], data={name: f"of {name}" for name in NAMES})
    make_answer(item, people.annotator, {"label": "ham"})
    (row,) = records(opened(unpacked(project, "croissant", "items", tmp_path / "set")), "train")
    assert {name: row[name] for name in NAMES} == {name: f"of {name}" for name in NAMES}
    assert len({field_id("train", name) for name in NAMES}) == len(NAMES)


def test_pictures_of_any_format_are_in_the_records(people, tmp_path):
    project = make_project(modality="image")
    for n, form in enumerate(("PNG", "JPEG", "WEBP", "TIFF")):
        (item,) = make_items(project, [f"{n}"], asset=picture(project, n, form), data={"image": "in/the/zip.png"})
        make_answer(item, people.annotator, {"label": "ham"})
    gone = make_items(project, ["gone"], asset=picture(project, 9))[0]
    make_answer(gone, people.annotator, {"label": "ham"})
    default_storage.delete(gone.asset.path)
    folder = unpacked(project, "croissant", "items", tmp_path / "set")
    rows = records(opened(folder), "train")
    assert [row["image"] and row["image"].format for row in rows] == ["PNG", "JPEG", "WEBP", "TIFF", None]
    assert [row["image_"] for row in rows[:4]] == ["in/the/zip.png"] * 4
    assert "1 rows: The file of the picture is missing" in said(folder)["rai:dataLimitations"]


@pytest.mark.parametrize("rows", ["annotations", "items"])
def test_an_item_s_own_image_and_image__stand_beside_the_picture(people, tmp_path, rows):
    project = make_project(modality="image")
    own = {name: f"of {name}" for name in ("image", "image_", "image__", "file_name", "left_image", "images")}
    (item,) = make_items(project, ["x"], asset=picture(project, 1, "PNG"), data=own)
    make_answer(item, people.annotator, {"label": "ham"})
    (row,) = records(opened(unpacked(project, "croissant", rows, tmp_path / "set")), "train")
    assert row["image"].format == "PNG"
    assert {name: row[name if name == "images" else f"{name}_"] for name in own} == own


def test_a_file_that_is_not_the_one_that_was_written_is_refused(people, tmp_path):
    project = make_project()
    make_answer(make_items(project, ["x"])[0], people.annotator, {"label": "ham"})
    folder = unpacked(project, "croissant", "items", tmp_path / "set")
    (folder / "train.parquet").write_bytes((folder / "test.parquet").read_bytes())
    with pytest.raises(mlcroissant.GenerationError) as refused:
        records(opened(folder), "train")
    assert "not identical" in str(refused.value.__cause__)


def test_nobody_s_name_is_in_it_where_pseudonyms_are_asked_for(people, tmp_path):
    project = awkward_project([people.annotator, people.reviewer])
    folder = unpacked(project, "croissant", "annotations", tmp_path / "set", Filters(pseudonyms=True))
    text = (folder / "croissant.json").read_text()
    assert "answers by `person-" in text
    assert f"`{people.reviewer.username}`" not in text
