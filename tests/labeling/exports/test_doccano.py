"""JSON lines for doccano, read as its importer reads them (``backend/data_import/pipeline`` of doccano 1.8)."""

import json
from pathlib import Path
from typing import Any

import pytest

from labeling.services.exports import check_folder
from labeling.services.validation.errors import Invalid
from tests.factories import make_answer, make_items, make_project
from tests.labeling.exports.awkward import LABELS, awkward_project, names_in, stored, unpacked

pytestmark = pytest.mark.django_db


def imported(file: Path) -> list[tuple[str, list[str], dict[str, Any]]]:
    """Text, labels and meta of each line: a line without a text or with a label that is no text is an error there."""
    found = []
    for line in file.read_text().split("\n")[:-1]:
        meta = json.loads(line)
        text, labels = meta.pop("text"), meta.pop("label")
        assert text
        assert all(isinstance(label, str) and label for label in labels)
        found.append((text, labels, meta))
    return found


def test_a_line_has_the_text_its_labels_and_the_rest_as_meta(people, tmp_path):
    project = awkward_project([people.annotator])
    folder = unpacked(project, "doccano", "items", tmp_path)
    assert list(names_in(folder)) == ["datasheet.md", "test.jsonl", "train.jsonl"]
    for side, split in (("train", "pool"), ("test", "eval")):
        rows = [row for row in stored(project, "items", split=split) if row["text"]]
        lines = imported(folder / f"{side}.jsonl")
        assert [(text, labels) for text, labels, _ in lines] == [(row["text"], [row["label"]]) for row in rows]
        assert {label for _, labels, _ in lines for label in labels} <= set(LABELS)
        whole = [{name: row[name] for name in meta} for row, (_, _, meta) in zip(rows, lines, strict=True)]
        assert [meta for _, _, meta in lines] == whole
    assert "1 row: An item without a text is left out" in (folder / "datasheet.md").read_text()


def test_several_labels_are_a_list_and_no_consensus_is_told_as_lost(people, tmp_path):
    project = make_project(kind="multilabel", labels=("a", "b"), overlap=2)
    for item, answers in zip(
        make_items(project, ["x", "y", "z"]), ((["a", "b"],) * 2, ([], []), (["a"], [])), strict=True
    ):
        for person, labels in zip((people.annotator, people.reviewer), answers, strict=True):
            make_answer(item, person, {"labels": labels})
    folder = unpacked(project, "doccano", "items", tmp_path)
    assert [labels for _, labels, _ in imported(folder / "train.jsonl")] == [["a", "b"], [], []]
    assert "1 row: No consensus is an empty list" in (folder / "datasheet.md").read_text()


@pytest.mark.parametrize("fields", [{"modality": "image"}, {"kind": "rating", "labels": ("1", "2")},
                                    {"kind": "pairwise", "labels": ()}])  # fmt: skip
def test_what_has_no_text_or_no_label_is_refused(fields):
    with pytest.raises(Invalid, match="texts with labels"):
        check_folder(make_project(**fields), "doccano", "items")


def test_answers_are_refused(project):
    with pytest.raises(Invalid, match="takes items"):
        check_folder(project, "doccano", "annotations")
