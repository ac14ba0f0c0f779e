"""The twin of a table: what it says of each column, and that it is so."""

import json

import pytest

from labeling.kinds import KINDS
from labeling.models import Modality
from labeling.selectors.column_meanings import is_nullable, meaning_of
from labeling.selectors.export import ROWS, Filters
from labeling.selectors.row_shapes import shapes_of
from labeling.services.exports import FORMATS, columns_of, export_file
from labeling.services.exports.folders.content import DataSet
from labeling.services.exports.table_schema import table_schema
from labeling.services.validation.errors import Invalid
from tests.factories import make_answer, make_items, make_project
from tests.labeling.exports.awkward import OWN, awkward_project, stored

pytestmark = pytest.mark.django_db


def by_name(schema: dict) -> dict[str, dict]:
    return {field["name"]: field for field in schema["fields"]}


def test_every_column_of_every_kind_and_shape_says_what_it_means():
    missing = set()
    for kind in KINDS:
        for modality in Modality.values:
            project = make_project(kind=kind, modality=modality, labels=())
            for rows in (*ROWS, *shapes_of(project)):
                columns = [*columns_of(project, rows, Filters()), *DataSet(project, rows, Filters()).columns]
                missing |= {(rows, column.name) for column in columns if not meaning_of(column)}
    assert not missing


@pytest.mark.parametrize("rows", ROWS)
def test_a_column_that_is_never_null_never_is(people, rows):
    project = awkward_project([people.annotator, people.reviewer])
    columns = {column.name: column for column in columns_of(project, rows, Filters())}
    found = stored(project, rows)
    never = {name for name, column in columns.items() if not is_nullable(column)}
    assert {"item_id", "split"} < never
    assert not [(name, row) for row in found for name in never if row[name] is None]
    nulls = {name for row in found for name, value in row.items() if value is None}
    assert {"propensity", "digits", "empty"} <= nulls
    assert never == set(required(table_schema(project, "jsonl", rows, Filters())))


def test_a_judgment_is_about_no_single_item():
    project = make_project(kind="pairwise", labels=())
    judgments, items = (by_name(table_schema(project, "jsonl", rows, Filters())) for rows in ROWS)
    assert "constraints" not in judgments["item_id"]
    assert items["item_id"]["constraints"] == judgments["pair_id"]["constraints"] == {"required": True}


def required(schema: dict) -> list[str]:
    return [field["name"] for field in schema["fields"] if field.get("constraints", {}).get("required")]


def test_types_are_those_that_hold_all_values(people):
    fields = by_name(table_schema(awkward_project([people.annotator]), "jsonl", "annotations", Filters()))
    assert {name: fields[name]["type"] for name in OWN if name in fields} == {
        "digits": "string", "flag": "boolean", "whole": "integer", "beyond": "any", "long_or_fraction": "any",
        "fraction": "number", "mixed": "any", "date": "string", "words": "array", "numbers": "array",
        "nested": "any", "empty": "string", "annotator": "string",
    }  # fmt: skip
    assert fields["numbers"]["constraints"] == {"jsonSchema": {"type": "array", "items": {"type": ["integer", "null"]}}}
    assert (fields["answer"]["type"], fields["created_at"]["type"]) == ("object", "datetime")
    assert (
        fields["item.annotator"]["description"] == "The item's own, as it was imported; null where the item lacks it."
    )
    assert fields["annotator"]["description"].startswith("Who answered")


def test_what_a_csv_cell_spells_is_said(people):
    project = make_project(kind="multilabel", labels=("a", "b"))
    (item,) = make_items(project, ["x"], data={"words": ["p", "q"], "n": 1})
    make_answer(item, people.annotator, {"labels": ["a", "b"]})
    schema = table_schema(project, "csv", "annotations", Filters())
    fields = by_name(schema)
    assert schema["missingValues"] == [""]
    assert (fields["answer"]["type"], fields["answer"]["delimiter"]) == ("list", "|")
    assert fields["words"] | {"contentMediaType": "application/json"} == fields["words"]
    assert (fields["n"]["type"], fields["quarantined"]["type"]) == ("integer", "boolean")
    parquet = by_name(table_schema(project, "parquet", "annotations", Filters()))
    assert (parquet["answer"]["type"], parquet["answer"]["contentMediaType"]) == ("string", "application/json")


@pytest.mark.parametrize("form", FORMATS)
def test_it_names_the_columns_of_the_table_in_their_order(people, form):
    project = awkward_project([people.annotator])
    for chosen in ((), ("nested", "answer", "item_id")):
        said = [field["name"] for field in table_schema(project, form, "annotations", Filters(), chosen)["fields"]]
        if chosen:
            assert said == list(chosen)
        if form == "jsonl":
            first = b"".join(export_file(project, form, "annotations", Filters(), chosen=chosen)).split(b"\n")[0]
            assert sorted(json.loads(first)) == sorted(said)


def test_a_data_set_brings_its_own_types(project):
    with pytest.raises(Invalid, match="huggingface brings its own types"):
        table_schema(project, "huggingface", "items", Filters())
