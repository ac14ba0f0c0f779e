"""The Croissant file: JSON-LD by the Croissant Format Specification 1.1 and its RAI vocabulary 1.0.

https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html and croissant-rai-spec.html.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

import pyarrow as pa

from labeling.models import Split
from labeling.services.exports.folders.content import SIDES, DataSet
from labeling.services.exports.folders.responsible_ai import responsible_ai

CONFORMS_TO = ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
#: mlcroissant knows parquet by the second name only, IANA by the first.
PARQUET = ["application/vnd.apache.parquet", "application/x-parquet"]
_ROLES = {SIDES[Split.POOL]: "cr:TrainingSplit", SIDES[Split.EVAL]: "cr:TestSplit"}
_NO_LICENCE = {
    "@type": "sc:CreativeWork",
    "name": "Not stated",
    "description": "Querent does not know it: ask who gave the data out.",
}

#: The context of the specification's first appendix: mlcroissant warns of any other.
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    **{
        name: f"cr:{name}"
        for name in (
            "annotation", "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "excludes", "extract",
            "field", "fileObject", "fileProperty", "fileSet", "format", "includes", "isArray", "isLiveDataset",
            "jsonPath", "key", "md5", "parentField", "path", "readLines", "recordSet", "references", "regex",
            "repeated", "replace", "samplingRate", "sdVersion", "separator", "source", "subField", "transform",
            "unArchive", "value",
        )
    },
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
}  # fmt: skip

_TYPES: Mapping[pa.DataType, str] = {
    pa.string(): "sc:Text",
    pa.int64(): "sc:Integer",
    pa.float64(): "sc:Float",
    pa.bool_(): "sc:Boolean",
    pa.timestamp("us", tz="UTC"): "sc:DateTime",
    pa.binary(): "sc:ImageObject",
}


class DescribedFile(NamedTuple):
    """A file of rows, and the set of records that is read from it: train or test."""

    side: str
    sha256: str
    size_bytes: int
    n_rows: int


class DescribedColumn(NamedTuple):
    """``is_label`` marks what a model would learn."""

    name: str
    type: pa.DataType
    meaning: str
    is_label: bool = False


def croissant_file(data: DataSet, columns: Sequence[DescribedColumn], files: Sequence[DescribedFile]) -> dict[str, Any]:
    """Read after the rows were written: it holds the hashes of their files and counts what happened."""
    project = data.project
    day = (data.facts.last or project.created_at.isoformat())[:10]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": project.name,
        "description": project.purpose or f"{data.kind.words.name}, labeled with Querent.",
        "conformsTo": CONFORMS_TO,
        "license": _NO_LICENCE,
        "url": f"urn:querent:{project.slug}",
        "creator": {"@type": "sc:Organization", "name": f"Members of the project {project.name}"},
        "citeAs": f"{project.name}. Labeled with Querent, {day}.",
        "dateCreated": project.created_at.date().isoformat(),
        "datePublished": day,
        # of the specification's three numbers the first: whatever was answered since changes rows
        "version": f"{data.filters.last_annotation_id or 0}.0.0",
        "isLiveDataset": False,
        **responsible_ai(data),
        "distribution": [_file_object(file) for file in files],
        "recordSet": [*(_record_set(file, columns) for file in files), *_enumerations(data, files)],
    }


def _file_object(file: DescribedFile) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": _file_id(file.side),
        "name": _file_id(file.side),
        "contentUrl": _file_id(file.side),
        "contentSize": f"{file.size_bytes} B",
        "encodingFormat": PARQUET,
        "sha256": file.sha256,
    }


def _file_id(side: str) -> str:
    return f"{side}.parquet"


def _record_set(file: DescribedFile, columns: Sequence[DescribedColumn]) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": file.side,
        "name": file.side,
        "description": f"{file.n_rows:,} rows.",
        "field": [_field(file.side, column) for column in columns],
    }


def _field(side: str, column: DescribedColumn) -> dict[str, Any]:
    is_list = pa.types.is_list(column.type)
    type_ = _TYPES[column.type.value_type if is_list else column.type]
    return {
        "@type": "cr:Field",
        "@id": field_id(side, column.name),
        "name": column.name,
        "description": column.meaning,
        "dataType": [type_, "cr:Label"] if column.is_label else type_,
        **({"isArray": True, "arrayShape": "-1"} if is_list else {}),
        "source": {"fileObject": {"@id": _file_id(side)}, "extract": {"column": column.name}},
    }


def field_id(side: str, name: str) -> str:
    """Of a part of an address: a column may be called ``..`` or hold a blank."""
    return f"{side}/{quote(name, safe=_SAFE) if name.strip('.') else name.replace('.', '%2E')}"


_SAFE = "".join(character for character in map(chr, range(33, 127)) if character not in '"%#?/<>[\\]^`{|}')


def _enumerations(data: DataSet, files: Sequence[DescribedFile]) -> list[dict[str, Any]]:
    """The names of the labels in the project's order, and what the sets of records are for. No field refers to them:
    mlcroissant would join the files with them, which it cannot do with a list."""
    names = list(data.value_names) if data.has_answers else []
    roles = [(file.side, _ROLES[file.side]) for file in files]
    found = [_enumeration("splits", ("cr:Split",), [{"name": name, "url": url} for name, url in roles])]
    if names:
        found.append(_enumeration("labels", ("sc:Enumeration", "cr:Label"), [{"name": name} for name in names]))
    return found


def _enumeration(name: str, types: Sequence[str], rows: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    fields = [
        {"@type": "cr:Field", "@id": f"{name}/{key}", "name": key, "dataType": "sc:URL" if key == "url" else "sc:Text"}
        for key in rows[0]
    ]
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "dataType": list(types),
        "key": {"@id": f"{name}/name"},
        "field": fields,
        "data": [{f"{name}/{key}": value for key, value in row.items()} for row in rows],
    }
