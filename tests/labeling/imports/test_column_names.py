"""Names of columns that nearly mean something: taken without their case or asked about, in every reader."""

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labeling.kinds import KINDS
from labeling.models import Item
from labeling.selectors.importing import notes_of
from labeling.services.imports import ImportRefused
from labeling.services.imports.names import ColumnNames
from labeling.services.imports.notes import ImportNotes
from tests.labeling.imports.conftest import counts, picture, reasons, said, zip_of


def as_csv(columns: dict) -> bytes:
    lines = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    return "\n".join(lines).encode()


def as_jsonl(columns: dict) -> bytes:
    rows = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
    return b"\n".join(json.dumps(row).encode() for row in rows)


def as_parquet(columns: dict) -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.table(columns), target)
    return target.getvalue()


WRITERS = {"csv": as_csv, "jsonl": as_jsonl, "parquet": as_parquet}
EVERY = pytest.mark.parametrize("suffix", WRITERS)


def found(columns, modality="text", kind="classification"):
    notes = ImportNotes()
    names = ColumnNames(modality, KINDS[kind], notes).of(tuple(columns))
    return list(names), said(notes)


@pytest.mark.parametrize("name", [
    "Label", "LABEL", " label ", "label:", "\ufefflabel", "ｌａｂｅｌ", "'label'", "[label]", "`label`", "“Label”",
    "# label", "label*", "\u200blabel\u200b", "la\u00adbel", "\u2068label\u2069", "<label>",
])  # fmt: skip
@pytest.mark.parametrize("modality", ["text", "tabular"])
def test_a_reserved_name_is_found_without_its_case_and_said(name, modality):
    names, notes = found(["x", "text", name], modality)
    assert names == ["x", "text", "label"]
    assert notes == [f"The column {name!r} was taken as label."]


@pytest.mark.parametrize("name", ["target", "Class", "true_label", "labelName", "label.1", "Gold label", "CATEGORY"])
def test_a_feature_that_may_tell_the_answer_is_asked_about(name):
    names, notes = found(["x", name, "label"], "tabular")
    assert names == ["x", name, "label"]
    assert notes == [f"The column {name!r} is a feature that annotators see: does it tell the answer?"]
    assert found(["text", name, "label"])[1] == []


@pytest.mark.parametrize("name", ["labels", "lable", "labe", "Labels", "llabel", "label1", "lebel"])
def test_what_is_nearly_label_is_refused_in_a_table_and_said_elsewhere(name):
    with pytest.raises(ImportRefused, match="Did you mean label"):
        found(["x", name], "tabular")
    names, notes = found(["text", name])
    assert names == ["text", name]
    assert "did you mean label?" in notes[0]


@pytest.mark.parametrize(
    "name", ["level", "table", "Labelled_by", "bel", "labour", "classroom", "subclass", "ids", "d", "x"]
)
def test_other_names_are_nobody_s_business(name):
    assert found(["text", "x1", name]) == (["text", "x1", name], [])
    assert found(["text", "x1", name], "tabular") == (["text", "x1", name], [])


@pytest.mark.parametrize(("columns", "modality", "allowed"), [
    (["text", "Text"], "text", True),
    (["label", "Label", "x"], "tabular", False),
    (["Label", "LABEL", "text"], "text", False),
    (["ID", "Id", "x"], "tabular", False),
    (["Text", "TEXT", "x"], "tabular", True),  # no name of a table
])  # fmt: skip
def test_two_columns_for_one_purpose(columns, modality, allowed):
    if allowed:
        assert found(columns, modality)[0] == columns
    else:
        with pytest.raises(ImportRefused, match="both mean the column"):
            found(columns, modality)


def test_pairs_and_contexts_have_names_of_their_own():
    assert found(["Left", "Right", "Winner"], kind="pairwise")[0] == ["left", "right", "winner"]
    assert found(["text", "Context_ID"], kind="pairwise")[0] == ["text", "context_id"]
    assert found(["text", "Left", "Winner"])[0] == ["text", "Left", "Winner"]


@pytest.mark.django_db
def test_a_text_project_is_asked_what_nearly_is_text(project, bring_in):
    with pytest.raises(ImportRefused, match="Did you mean text by 'txt'"):
        bring_in(project, as_csv({"txt": ["a"]}))


@pytest.mark.django_db
@EVERY
def test_title_case_columns_of_a_table_are_no_features_in_any_format(table, bring_in, suffix):
    content = WRITERS[suffix]({"ID": ["7", "8"], "x": [3, 1], "Label": ["yes", "no"], "Split": ["eval", "pool"]})
    batch = bring_in(table, content, f"items.{suffix}")
    assert counts(batch) == ("done", 2, 0, 0)
    table.refresh_from_db()
    assert table.columns == ["x"]
    items = Item.objects.filter(project=table).order_by("ordinal")
    assert [(item.external_id, item.data, item.split) for item in items] == [
        ("7", {"x": 3}, "eval"), ("8", {"x": 1}, "pool"),
    ]  # fmt: skip
    assert list(table.annotations.order_by("item__ordinal").values_list("answer", flat=True)) == [
        {"label": "yes"}, {"label": "no"},
    ]  # fmt: skip
    assert [note for note in notes_of(batch) if "was taken as" in note] == [
        f"The column {name!r} was taken as {name.lower()}." for name in ("ID", "Label", "Split")
    ]


@pytest.mark.django_db
@EVERY
def test_a_slip_of_label_stores_nothing_in_any_format(table, bring_in, suffix):
    content = WRITERS[suffix]({"x": [3, 1], "labels": ["yes", "no"]})
    if suffix == "parquet":  # its columns are looked at by the worker
        batch = bring_in(table, content, "items.parquet")
        assert batch.state == "failed"
        assert "Did you mean label" in batch.error
    else:
        with pytest.raises(ImportRefused, match="Did you mean label"):
            bring_in(table, content, f"items.{suffix}")
    assert not Item.objects.filter(project=table).exists()


@pytest.mark.django_db
def test_a_line_of_json_with_a_slip_is_rejected_alone(table, bring_in):
    batch = bring_in(table, b'{"x": 1}\n{"x": 2, "lable": "yes"}\n{"x": 3, "LABEL": "no"}\n', "items.jsonl")
    assert counts(batch) == ("done", 2, 0, 1)
    assert "Did you mean label" in reasons(batch)[2]
    assert table.annotations.count() == 1


@pytest.mark.django_db
def test_title_case_columns_of_a_manifest_name_pictures_and_labels(pictures, bring_in):
    manifest = b"Image,ID,Label\na.png,one,cat\nb.png,two,dog\n"
    batch = bring_in(pictures, zip_of({"items.csv": manifest, "a.png": picture(1), "b.png": picture(2)}), "photos.zip")
    assert counts(batch) == ("done", 2, 0, 0)
    assert list(Item.objects.filter(project=pictures).order_by("ordinal").values_list("external_id", flat=True)) == [
        "one", "two",
    ]  # fmt: skip
    assert pictures.annotations.count() == 2
    assert "The column 'Label' was taken as label." in notes_of(batch)
