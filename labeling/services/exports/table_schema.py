"""What the columns of a table are, as a Table Schema (Data Package 2): the twin of an export, by ``schema=1``.

https://datapackage.org/standard/table-schema/. Of the forms that say name, type, nullability and meaning it is the one
that keeps the order of columns, has a type for values of any type, and speaks of csv as of JSON: JSON Schema describes
one object, Arrow's schemas are no JSON. What three readers of JSON lines need to be told stands beside it, by their
names: a descriptor may hold further properties.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from labeling.kinds import kind_of
from labeling.models import Project
from labeling.selectors.column_meanings import is_nullable, meaning_of
from labeling.selectors.columns import Column
from labeling.selectors.export import Filters, bounded
from labeling.services.exports import FORMATS, check_fits, chosen_columns, columns_of
from labeling.services.validation.errors import Invalid

PROFILE = "https://datapackage.org/profiles/2.0/tableschema.json"
MEDIA_TYPE = "application/json"
Told = dict[str, Any]

_TYPES = {
    "text": "string", "integer": "integer", "number": "number", "boolean": "boolean", "time": "datetime",
    "list": "array", "json": "any",
}  # fmt: skip
_OF_JSON = {"text": "string", "integer": "integer", "number": "number", "boolean": "boolean"}
_DUCKDB = {"text": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "time": "TIMESTAMPTZ"}
_DATASETS = {
    "text": "string", "integer": "int64", "number": "float64", "boolean": "bool", "time": "timestamp[us, tz=UTC]",
}  # fmt: skip
_OBJECTS = ("answer", "suggestion", "soft_label", "left_data", "right_data", "chosen", "rejected")


def table_schema(project: Project, form: str, rows: str, filters: Filters, chosen: Sequence[str] = ()) -> Told:
    """Of the table that the same call of ``export_file`` writes. Raises Invalid for what is no table."""
    if form not in FORMATS:
        raise Invalid("schema", f"Only tables have one: {', '.join(FORMATS)}. {form} brings its own types.")
    check_fits(project, rows, filters)
    columns = chosen_columns(columns_of(project, rows, bounded(project, filters)), chosen, form)
    field = _FIELDS[form]
    return {
        "$schema": PROFILE,
        "title": f"{project.name}: {rows}",
        "fields": [field(_typed(column, project), project) for column in columns],
        # in a csv an empty cell is no value; elsewhere an empty text is one
        "missingValues": [""] if form == "csv" else [],
    }


def _typed(column: Column, project: Project) -> Column:
    """Lists of one type by what they hold."""
    if column.type == "list":
        return replace(column, of="text")
    return replace(column, type="list") if column.of else column


def _field(column: Column, type_: str, **more: Any) -> Told:
    required = {} if is_nullable(column) else {"required": True}
    constraints = {**required, **more.pop("constraints", {})}
    return {
        "name": column.name,
        "type": type_,
        "description": meaning_of(column),
        **({"constraints": constraints} if constraints else {}),
        **more,
    }


def _of_jsonl(column: Column, project: Project) -> Told:
    """With the types by which DuckDB and ``datasets`` read it without a loss."""
    if column.type == "list":
        told = {"feature": _value(column.of), "_type": "List"}
        return _field(column, "array", **_holds(column.of), duckdb=f"{_DUCKDB[column.of]}[]", datasets=told)
    if column.type == "json":
        return _field(column, _shape(column), duckdb="JSON", datasets={"_type": "Json"})
    return _field(column, _TYPES[column.type], duckdb=_DUCKDB[column.type], datasets=_value(column.type))


def _value(type_: str) -> Told:
    return {"dtype": _DATASETS[type_], "_type": "Value"}


def _shape(column: Column) -> str:
    return "object" if column.name in _OBJECTS and not column.is_own else "any"


def _holds(of: str) -> Told:
    return {"constraints": {"jsonSchema": {"type": "array", "items": {"type": [_OF_JSON[of], "null"]}}}}


def _of_parquet(column: Column, project: Project) -> Told:
    if column.type == "list" and not column.is_own:
        return _field(column, "array", **_holds(column.of))
    if column.type in ("json", "list"):
        return _field(column, "string", contentMediaType="application/json")
    return _field(column, _TYPES[column.type])


def _of_csv(column: Column, project: Project) -> Told:
    if column.name == "answer" and not column.is_own:
        is_list = kind_of(project).value_type == "list"
        return _list(column) if is_list else _field(column, "string")
    if column.type == "list" and not column.is_own:
        return _list(column)
    if column.type in ("json", "list"):
        return _field(column, "any", contentMediaType="application/json")
    return _field(column, _TYPES[column.type])


def _list(column: Column) -> Told:
    return _field(column, "list", delimiter="|", itemType="string")


_FIELDS: dict[str, Callable[[Column, Project], Told]] = {"jsonl": _of_jsonl, "csv": _of_csv, "parquet": _of_parquet}
