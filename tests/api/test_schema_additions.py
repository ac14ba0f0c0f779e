"""A client that was written for f83abf0 is served: the schema has gained since, and lost only what stands here.

``f83abf0-schema.json.gz`` is what ``manage.py spectacular --format openapi-json`` of that commit printed, keys sorted.
"""

import copy
import gzip
import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from tests.upgrade.schema_changes import taken_away

OLD = json.loads(gzip.decompress((Path(__file__).parent.parent / "upgrade" / "f83abf0-schema.json.gz").read_bytes()))

#: what was taken away on purpose, and why; what does not happen any more must go from here
ALLOWED = {
    "> *: takes no other fields": "they were refused already, by name; the schema did not say it",
    "GET */preview/* ?size: only some values": "other sizes were refused already; the schema did not say it",
    "GET * ?limit: minimum is tighter": "limit=0 was answered as if nothing had been asked; now it is refused, by name",
    "*Out.low: number became null or number": "no interval of width zero: null where it says nothing, with a note",
    "*Out.high: number became null or number": "the same",
}


def plain(schema: Any) -> dict[str, Any]:
    """Without the subclasses of str and dict that the generator leaves in it."""
    return dict(json.loads(json.dumps(schema)))


def test_what_was_taken_away_since_f83abf0_is_listed_and_what_is_listed_was_taken_away():
    found = taken_away(OLD, plain(SchemaGenerator().get_schema(request=None, public=True)))  # type: ignore[no-untyped-call]
    assert not [one for one in sorted(found) if not any(fnmatchcase(one, allowed) for allowed in ALLOWED)]
    assert not [allowed for allowed in ALLOWED if not any(fnmatchcase(one, allowed) for one in found)]


def test_nothing_is_taken_away_by_a_schema_that_is_the_same():
    assert taken_away(OLD, OLD) == set()


GONE = object()


def changed(place: str, value: Any) -> dict[str, Any]:
    """The old schema with another value (or none, or one more in a list) at a place of a component or a call."""
    schema = copy.deepcopy(OLD)
    first, *names = place.split()
    if first.isupper():
        at = schema["paths"]
        names = ["/api/v1" + names[0], first.lower(), *names[1:]]
    else:
        at, names = schema["components"]["schemas"], [first, *names]
    for name in names[:-1]:
        at = at[name]
    if value is GONE:
        del at[names[-1]]
    elif isinstance(at.get(names[-1]), list) and not isinstance(value, list):
        at[names[-1]].append(value)
    else:
        at[names[-1]] = value
    return schema


QUERY = {"in": "query", "name": "of", "schema": {"type": "string"}}
PLANTED = [
    ("GET /runs/{public_id}/", GONE, "GET /api/v1/runs/{public_id}/ is gone"),
    ("PATCH /projects/{slug}/", GONE, "PATCH /api/v1/projects/{slug}/ is gone"),
    ("StepOut", GONE, "component StepOut is gone"),
    ("GET /runs/{public_id}/ operationId", "run", "GET /api/v1/runs/{public_id}/: has another operationId"),
    ("GET /runs/{public_id}/ security", [{"token": []}], "GET /api/v1/runs/{public_id}/: a way to sign in is gone"),
    ("GET /projects/{slug}/items/ parameters", [], "GET /api/v1/projects/{slug}/items/ ?split is gone"),
    ("GET /projects/{slug}/items/ parameters", {**QUERY, "required": True}, "GET /api/v1/projects/{slug}/items/ ?of"),
    ("POST /projects/{slug}/runs/ responses 202", GONE, "POST /api/v1/projects/{slug}/runs/: answer 202 is gone"),
    ("POST /projects/{slug}/imports/ requestBody content multipart/form-data", GONE,
     "> POST /api/v1/projects/{slug}/imports/ body: multipart/form-data is gone"),
    ("ModelOut properties sha256", GONE, "ModelOut.sha256 is gone"),
    ("ModelOut required", [], "ModelOut.metrics: may be missing"),
    ("ModelOut properties number type", ["integer", "null"], "ModelOut.number: integer became integer or null"),
    ("ModelOut properties number type", "string", "ModelOut.number: integer became string"),
    ("ModelOut properties number type", "number", "ModelOut.number: integer became number"),
    ("ModelOut properties number", {"$ref": "#/components/schemas/RateOut"}, "ModelOut.number: integer became object"),
    ("ModelDetailOut properties decisions items", {"type": "string"}, "DecisionOut: object became string"),
    ("EvalUsesOut properties", {}, "EvalUsesOut."),
    ("LeaksOut properties", {}, "LeaksOut."),
    ("AnnotationOut properties ui_version maxLength", GONE, "AnnotationOut.ui_version: maxLength is looser"),
    ("AnnotationOut properties created_at format", "date", "AnnotationOut.created_at: format date-time became date"),
    ("ReasonInRequest required", ["by"], "> ReasonInRequest.by: is required"),
    ("ProjectInRequest required", "purpose", "> ProjectInRequest.purpose: is required"),
    ("AnswerInRequest properties elapsed_ms type", ["string"], "> AnswerInRequest.elapsed_ms: "),
    ("SnapshotInRequest properties filters", GONE, "> SnapshotInRequest.filters is gone"),
    ("SettingsRequest properties overlap maximum", 2, "> SettingsRequest.overlap: maximum is tighter"),
    ("ProjectInRequest properties purpose minLength", 1, "> ProjectInRequest.purpose: minLength is"),
    ("MemberInRequest additionalProperties", False, "> MemberInRequest: takes no other fields"),
    ("KindEnum enum", ["classification"], "> KindEnum: values are gone"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "value", "told"), PLANTED)
def test_what_is_planted_is_found(place, value, told):
    assert [one for one in taken_away(OLD, changed(place, value)) if one.startswith(told)]


ADDED = [
    ("PUT /runs/{public_id}/", {"operationId": "runs_put", "responses": {}}),
    ("GET /projects/{slug}/items/ parameters", QUERY),
    ("GET /runs/{public_id}/ security", {}),
    ("ModelOut properties by", {"type": "string"}),
    ("RunOut required", "reason"),
    ("RunOut properties model type", "integer"),
    ("ReasonInRequest properties by", {"type": "string"}),
    ("ProjectInRequest required", []),
    ("SettingsRequest properties overlap maximum", GONE),
    ("KindEnum enum", "rating"),
    ("AnswerInRequest properties elapsed_ms", {"type": ["number", "null"]}),
]


@pytest.mark.parametrize(("place", "value"), ADDED)
def test_what_is_added_takes_nothing_away(place, value):
    schema = changed(place, value)
    assert schema != OLD
    assert taken_away(OLD, schema) == set()
