"""Columns as Hugging Face ``datasets`` types them: Arrow arrays, and the features in the schema's metadata."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pyarrow as pa

from labeling.selectors.batches import values_of
from labeling.selectors.columns import Column
from labeling.services.exports.base import Row
from labeling.services.exports.folders.content import DataSet
from labeling.services.exports.parquet import ARROW_TYPES, array_of

Told = dict[str, Any]
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
_VALUES = {
    "text": "string", "integer": "int64", "number": "float64", "boolean": "bool", "time": "timestamp[us, tz=UTC]",
    "json": "string",
}  # fmt: skip


@dataclass(frozen=True)
class Feature:
    """``told`` is what the metadata says of it; ``array`` makes the values of some rows."""

    name: str
    type: pa.DataType
    told: Told
    array: Callable[[Sequence[Row]], pa.Array]


def features_of(data: DataSet, *, by_name: bool = False) -> list[Feature]:
    """One for every column; labels and answers are class labels in the project's order where they are names, or are
    those names as they are: ``by_name``."""
    return [_feature(column, data, by_name) for column in data.columns]


def schema_of(features: Sequence[Feature]) -> pa.Schema:
    """With the metadata by which ``datasets`` finds the features again."""
    told = {"info": {"features": {feature.name: feature.told for feature in features}}}
    fields = [(feature.name, feature.type) for feature in features]
    return pa.schema(fields, metadata={"huggingface": json.dumps(told)})


def table_of(features: Sequence[Feature], schema: pa.Schema, rows: Sequence[Row]) -> pa.Table:
    return pa.Table.from_arrays([feature.array(rows) for feature in features], schema=schema)


def image(name: str, key: str) -> Feature:
    """Of rows that hold content and name, or None, under another name."""

    def array(rows: Sequence[Row]) -> pa.Array:
        shown = [row[key] for row in rows]
        contents = pa.array([one and one[0] for one in shown], type=pa.binary())
        names = pa.array([one and one[1] for one in shown], type=pa.string())
        return pa.StructArray.from_arrays([contents, names], fields=list(IMAGE), mask=contents.is_null())

    return Feature(name, IMAGE, {"_type": "Image"}, array)


def picture_bytes(name: str, key: str) -> Feature:
    """Of the same rows the bytes alone."""
    bytes_of = lambda rows: pa.array([row[key] and row[key][0] for row in rows], type=pa.binary())  # noqa: E731
    return Feature(name, pa.binary(), {}, bytes_of)


def beside_pictures(feature: Feature) -> Feature:
    """A column of the items that is called as readers call a picture or its file gets a _ at its end, and so does one
    that has some already: an import takes one away. Items of a zip have ``image``."""
    return replace(feature, name=name_beside_pictures(feature.name))


def name_beside_pictures(name: str) -> str:
    return f"{name}_" if _CALLED_LIKE_A_PICTURE.search(name) else name


_CALLED_LIKE_A_PICTURE = re.compile(r"(^(left_|right_)?image|(^|_)file_names?)_*$")


def text(name: str, key: str) -> Feature:
    """Of rows that hold the text under another name."""
    return replace(_plain(Column(key, "text")), name=name)


def _feature(column: Column, data: DataSet, by_name: bool) -> Feature:
    if data.has_answers and not column.is_own:
        names = () if by_name else data.value_names
        match column.name:
            case "answer":
                return _named(replace(column, type=_answer_type(data)), names, data.kind.value_of)
            case "label" if column.type in ("text", "list"):
                return _named(column, names, None)
    return _list(column) if column.of else _plain(column)


def _answer_type(data: DataSet) -> str:
    """Steps of a scale that have names are texts."""
    return "text" if data.value_names and data.kind.value_type != "list" else data.kind.value_type


def _plain(column: Column) -> Feature:
    if column.type == "list":
        return _list(replace(column, of="text"))
    return Feature(column.name, ARROW_TYPES[column.type], _value(column.type), partial(array_of, column))


def _value(type_: str) -> Told:
    return {"dtype": _VALUES[type_], "_type": "Value"}


def _list(column: Column) -> Feature:
    type_ = pa.list_(ARROW_TYPES[column.of])
    return Feature(
        column.name, type_, _listed(_value(column.of)), lambda rows: pa.array(values_of(column.name, rows), type_)
    )


def _listed(told: Told) -> Told:
    """As the versions before 4.0 wrote it too: later ones read it as their List."""
    return {"feature": told, "_type": "Sequence"}


def _named(column: Column, names: Sequence[str], value_of: Callable[[Any], Any] | None) -> Feature:
    """Of names the places in their list; of what is no name the value."""
    is_list = column.type == "list"
    places = {name: place for place, name in enumerate(names)}
    told: Told = {"names": list(names), "_type": "ClassLabel"} if names else _value("text" if is_list else column.type)
    type_ = pa.int64() if names else ARROW_TYPES["text" if is_list else column.type]
    one = partial(_place, places) if names else None

    def array(rows: Sequence[Row]) -> pa.Array:
        values = values_of(column.name, rows)
        if value_of:
            values = [None if value is None else value_of(value) for value in values]
        if one and is_list:
            values = [None if value is None else [one(name) for name in value] for value in values]
        elif one:
            values = [None if value is None else one(value) for value in values]
        return pa.array(values, pa.list_(type_) if is_list else type_)

    return Feature(column.name, pa.list_(type_) if is_list else type_, _listed(told) if is_list else told, array)


def _place(places: Mapping[str, int], name: Any) -> int:
    return places[str(name)]
