"""What Hugging Face ``datasets`` says of the columns of a parquet file: labels are stored as their places in a list of
names, and pictures as their bytes beside a path; or as bytes alone, as Croissant has them."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import pyarrow as pa
from pyarrow import types

from labeling.services.imports.readers.arrow_cells import Cells, cells_of
from labeling.services.imports.records.rows import PICTURE, Rejection

ReadCells = Callable[[pa.Array], Cells]
Feature = Mapping[str, Any]
#: What ``datasets`` writes for a label that nobody knows.
_NO_LABEL = -1


def cells_by_column(schema: pa.Schema) -> list[ReadCells]:
    """How the cells of each column are read."""
    told = _told(schema)
    return [_read(field, told.get(field.name)) for field in schema]


def pictures_in(schema: pa.Schema) -> list[int]:
    """The places of the columns that hold pictures."""
    return [place for place, field in enumerate(schema) if _holds_pictures(field.type) or _is_picture(field)]


def take_pictures(record: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The record with its one picture where readers hand it over; those of pairs stay in their columns."""
    if len(names) == 1:
        picture = record.pop(names[0]) or {}
        record[PICTURE], record["image"] = picture.get("bytes"), picture.get("path") or ""
    return record


def missing_picture(number: int, record: dict[str, Any]) -> Rejection | None:
    if PICTURE in record and record[PICTURE] is None:
        path = str(record.get("image") or "")[:255]
        return Rejection(number, "The file names the picture and does not hold its bytes.", "image", path)
    return None


def _told(schema: pa.Schema) -> Mapping[str, Feature]:
    try:
        found = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, ValueError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _read(field: pa.Field, feature: Any) -> ReadCells:
    if _holds_pictures(field.type):
        return _pictures
    if _is_picture(field):
        return _bytes_of_pictures
    names, is_list = _names_of(feature)
    if not names:
        return cells_of
    return partial(_named, names=names, is_list=is_list)


def _names_of(feature: Any) -> tuple[Sequence[str], bool]:
    """The names of a class label, and whether each cell is a list of them; none of another feature."""
    if isinstance(feature, list) and len(feature) == 1:  # how datasets before 2.0 wrote a list
        return _names_of(feature[0])[0], True
    if not isinstance(feature, dict):
        return (), False
    if feature.get("_type") in ("Sequence", "List", "LargeList"):
        return _names_of(feature.get("feature"))[0], True
    names = feature.get("names")
    return (names, False) if feature.get("_type") == "ClassLabel" and isinstance(names, list) else ((), False)


def _named(array: pa.Array, names: Sequence[str], is_list: bool) -> Cells:
    cells = cells_of(array)
    for place, value in enumerate(cells.values):
        if value is None:
            continue
        try:
            cells.values[place] = [_name(each, names) for each in value] if is_list else _name(value, names)
        except (LookupError, TypeError):
            cells.values[place] = None
            cells.faults[place] = f"{str(value)[:40]} is no place in its {len(names):,} names."
    return cells


def _name(place: int, names: Sequence[str]) -> str | None:
    if place is None or place == _NO_LABEL:
        return None
    if place < 0:
        raise LookupError
    return names[place]


def _holds_pictures(kind: pa.DataType) -> bool:
    if not types.is_struct(kind) or {kind.field(at).name for at in range(kind.num_fields)} != {"bytes", "path"}:
        return False
    return _holds_bytes(kind.field("bytes").type)


def _is_picture(field: pa.Field) -> bool:
    """Bytes alone, by the names our Croissant data sets give them."""
    return field.name in ("image", "left_image", "right_image") and _holds_bytes(field.type)


def _holds_bytes(kind: pa.DataType) -> bool:
    return bool(types.is_binary(kind) or types.is_large_binary(kind))


def _pictures(array: pa.Array) -> Cells:
    return Cells(array.to_pylist())


def _bytes_of_pictures(array: pa.Array) -> Cells:
    return Cells([{"bytes": content, "path": None} for content in array.to_pylist()])
