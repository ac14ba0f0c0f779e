"""Zips that doccano 1.8.4 exported (``made_by/doccano``), and the files in them."""

import json

import pytest

from labeling.services.imports import ImportRefused
from labeling.services.imports.foreign.doccano import split_cell
from tests.labeling.imports.conftest import picture, zip_of
from tests.labeling.imports.foreign.reading import MADE_BY, reading

FORMATS = pytest.mark.parametrize("format_", ["jsonl", "json", "csv"])
TOGETHER = [["negative", "positive"], ["negative"], ["C#"], None, ["negative", "positive"]]


@FORMATS
def test_labels_are_a_list_whatever_the_format_and_data_come_along(format_):
    found = reading(f"doccano/classification.{format_}.zip", kind="multilabel")
    assert found.column("label") == TOGETHER
    assert [str(each) for each in found.column("id")] == ["1", "2", "3", "4", "5"]
    assert found.rows[2]["text"] == 'Grüße, "quoted", and\nnew line 🦊'
    assert found.rows[2]["source"] == "web"
    assert found.rejected == []
    assert found.said("1 row has no label, which doccano writes for none of the labels and for no answer alike")


@FORMATS
def test_one_label_is_the_label_and_several_are_none_where_one_is_asked_for(format_):
    found = reading(f"doccano/classification.{format_}.zip")
    assert found.column("label") == [None, "negative", "C#", None, None]
    assert found.said("2 answers gave several labels")


@FORMATS
def test_the_files_of_several_people_come_together_and_each_keeps_what_it_says(format_):
    found = reading(f"doccano/classification-by-person.{format_}.zip")
    assert found.by_name == [
        {"ann": "positive", "bob": "positive"}, {"ann": "negative"}, {"bob": "C#"}, {},
        {"ann": "positive", "bob": "negative"},
    ]  # fmt: skip
    assert found.rows[0]["comments"] in ("a comment", ["a comment"])


def test_a_file_of_the_zip_can_be_sent_alone():
    line = {"id": 1, "text": "a", "label": ["x"], "Comments": [], "lang": "de"}
    assert reading(json.dumps(line).encode(), "all.jsonl").rows == [{"id": 1, "text": "a", "lang": "de", "label": "x"}]
    csv = b"id,text,lang,label,Comments\n1,a,de,x#y,\n"
    assert reading(csv, "all.csv", kind="multilabel").column("label", "lang") == [(["x", "y"], "de")]


def test_records_whose_number_somebody_took_out_are_about_items_of_their_own():
    people = {
        f"{who}.jsonl": [{"id": None, "text": text, "label": ["x"], "Comments": []} for text in "ab"]
        for who in ("ann", "bob")
    }
    zipped = zip_of({name: "\n".join(map(json.dumps, rows)).encode() for name, rows in people.items()})
    assert reading(zipped, "a.zip").column("text") == ["a", "b", "a", "b"]


@pytest.mark.parametrize(
    ("cell", "labels"),
    [("", []), ("a", ["a"]), ("a#b", ["a", "b"]), ("C#", ["C#"]), ("C##a", ["C#", "a"]), ("a#C#", ["a", "C#"])],
)
def test_the_separator_may_end_a_label(cell, labels):
    assert split_cell(cell) == labels


def test_spans_and_fasttext_are_refused_by_name():
    with pytest.raises(ImportRefused, match=r"all\.jsonl: This is an export of doccano with spans; spans are not"):
        reading("doccano/spans.jsonl.zip")
    with pytest.raises(ImportRefused, match="the zip holds none of them"):
        reading("doccano/classification.fasttext.zip")
    with pytest.raises(ImportRefused, match="This is a fastText file"):
        reading(b"__label__positive I like it \n", "all.txt")


def test_pictures_beside_the_file_are_those_that_it_names():
    line = b'{"id":16,"filename":"cat one.png","label":["cat"],"Comments":[]}\n'
    found = reading(zip_of({"all.jsonl": line, "pictures/cat one.png": picture(1)}), "z.zip", modality="image")
    assert found.column("image", "label") == [("pictures/cat one.png", "cat")]
    assert reading("doccano/images.jsonl.zip", modality="image").rejected == ["The zip holds no file of this name."]


def test_lists_of_labels_that_are_nobodys_stay_what_they_were():
    """``[]`` in a plain file says that none of the labels is right."""
    found = reading(b'{"text": "a", "label": []}\n{"text": "b", "label": ["x"]}\n', "a.jsonl", kind="multilabel")
    assert (found.tool, found.column("label")) == ("", [[], ["x"]])


def test_every_file_that_doccano_made_is_tried():
    assert {path.name for path in (MADE_BY / "doccano").iterdir()} == {
        f"{name}.{format_}.zip"
        for name, formats in {
            "classification": ("csv", "json", "jsonl", "fasttext"),
            "classification-by-person": ("csv", "json", "jsonl", "fasttext"),
            "spans": ("jsonl",),
            "images": ("jsonl",),
        }.items()
        for format_ in formats
    }
