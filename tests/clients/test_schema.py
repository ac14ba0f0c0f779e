"""The Python client and the OpenAPI schema agree: its models are fresh, and what it sends is described."""

import copy
import email
import email.policy
import json
import re
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from drf_spectacular.generators import SchemaGenerator
from openapi_schema_validator import OAS31Validator

import generate_models
from querent_client import Client, models

CONTENT = b"{}\n"
SHA256 = "ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356"
UUID = "0b94b3f4-4a39-4e11-9b2b-6a1d1b9a1c11"


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    made = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return dict(json.loads(json.dumps(made)))


def test_the_models_are_those_of_the_schema(schema):
    fresh = generate_models.generate(schema, generate_models.called_operations())
    assert generate_models.TARGET.read_text() == fresh, "run: .venv/bin/python clients/python/generate_models.py"


# what is sent


class Described:
    """A server that takes only what the schema describes, and answers with the smallest thing that fits it."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.schema, self.called = schema, set[str]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        operation, values = self._operation(request)
        self.called.add(operation["operationId"])
        by_place: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}}
        for one in operation.get("parameters", ()):
            by_place[one["in"]][one["name"].lower() if one["in"] == "header" else one["name"]] = one
        assert values.keys() == by_place["path"].keys()
        for name, value in [*values.items(), *request.url.params.items()]:
            one = by_place["path"].get(name) or by_place["query"].get(name)
            assert one, f"{operation['operationId']} has no parameter {name}"
            self._check(_typed(value, one["schema"]), one["schema"])
        for name in {"idempotency-key"} & request.headers.keys():
            self._check(request.headers[name], by_place["header"][name]["schema"])
        self._check_body(request, operation)
        status = next(one for one in operation["responses"] if one.startswith("2"))
        content = operation["responses"][status].get("content", {})
        if not content:
            return httpx.Response(int(status))
        if "application/json" not in content:
            return httpx.Response(int(status), content=iter([CONTENT]), headers={"ETag": f'"{SHA256}"'})
        return httpx.Response(int(status), json=self._smallest(content["application/json"]["schema"]))

    def _operation(self, request: httpx.Request) -> tuple[dict[str, Any], dict[str, str]]:
        for path, by_method in self.schema["paths"].items():
            match = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path), request.url.path)
            if match and request.method.lower() in by_method:
                return by_method[request.method.lower()], match.groupdict()
        raise AssertionError(f"the schema has no {request.method} {request.url.path}")

    def _check(self, value: Any, schema: dict[str, Any]) -> None:
        whole = {**schema, "components": self.schema["components"]}
        wrong = [error.message for error in OAS31Validator(whole).iter_errors(value)]
        assert not wrong, wrong

    def _check_body(self, request: httpx.Request, operation: dict[str, Any]) -> None:
        kind = request.headers.get("content-type", "").partition(";")[0]
        if not kind:
            return
        described = operation["requestBody"]["content"][kind]["schema"]
        if kind == "application/json":
            self._check(json.loads(request.content), described)
        else:
            head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
            form = email.message_from_bytes(head + request.content, policy=email.policy.HTTP)
            fields = {part.get_param("name", header="content-disposition"): part for part in form.iter_parts()}
            known = self._resolved(described)["properties"]
            assert fields.keys() <= known.keys()
            for name in fields.keys() - {"file"}:
                self._check(_typed(fields[name].get_content().strip(), known[name]), known[name])

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in schema:
            return dict(self.schema["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
        return schema

    def _smallest(self, schema: dict[str, Any], name: str = "") -> Any:
        schema = self._resolved(schema.get("allOf", [schema])[0])
        known = {"sha256": SHA256, "size_bytes": len(CONTENT), "next": None, "previous": None, "id": UUID}
        if "enum" in schema:
            return "done" if "done" in schema["enum"] else schema["enum"][0]
        kinds = schema.get("type", "object")
        kind = kinds if isinstance(kinds, str) else kinds[0]
        if name in known and (kind == "integer") == isinstance(known[name], int):
            return known[name]
        if kind == "object":
            return {one: self._smallest(part, one) for one, part in schema.get("properties", {}).items()}
        if kind == "array":
            return [self._smallest(schema["items"])] * schema.get("minItems", 0)
        return {"string": "x", "integer": 1, "number": 1.0, "boolean": False}[kind]


def _typed(text: str, schema: dict[str, Any]) -> Any:
    """A text of an address or a form as what it stands for."""
    kinds = schema.get("type", "string")
    return text if "string" in kinds or "enum" in schema else json.loads(text)


def call_everything(client: Client, folder: Any) -> None:
    """Every method of the client, with every argument that it takes."""
    (folder / "a.zip").write_bytes(b"PK")
    client.new_token("ann", "secret", scopes=["read"], project="sms", expires_in_days=1)
    list(client.projects())
    labels = ["ham", {"name": "spam", "hotkey": "s", "description": "unasked"}]
    client.create_project(
        name="SMS", kind="classification", modality="text", labels=labels, slug="sms", purpose="p", instructions="i",
        settings={"overlap": 2, "eval_share": 0.1},
    )  # fmt: skip
    project = client.project("sms")
    project.read()
    project.change(name="S", labels=[{"name": "ham"}], settings={"overlap": 1}, archived=False)
    list(project.label_versions())
    project.merge_labels(["ham", "spam"], "mail", reason="r", version=1, preview=True)
    project.split_label("mail", ["ham", "spam"], preview=False)
    project.undo_labels(version=3, to=1)
    list(project.items(split="pool", status="active", answered=True, label="ham", q="x"))
    list(project.annotations(split="eval", source="human", annotator="ann", since=datetime(2026, 1, 1, tzinfo=UTC)))
    project.metrics()
    list(project.releases)
    project.releases.start(2, "r", mode="canary", share=0.1, promotes=True, latency_limit_ms=10.0)
    project.releases.read(1)
    project.releases.promote(1, "r")
    project.releases.roll_back(1, "r")
    list(project.members())
    project.set_member("ann", "annotator")
    project.change_member("ann", goal_day=50, quota_total=None, paused=True, pause_note="on holiday")
    project.remove_member("ann")
    project.invitations.make("reviewer", expires_in_days=3, max_uses=2, note="for Ann")
    project.invitations.revoke(1)
    list(project.invitations.list())
    project.reviews.next(3, sorts=["disputed"])
    project.reviews.decide(1, "change", answer={"label": "ham"}, comment="c", author="ann")
    project.reviews.undo(1)
    project.reviews.believed(1)
    project.reviews.release()
    project.reviews.standing()
    project.reviews.change(sorts=["random"], random_share=0.1, own_allowed=False)
    list(project.reviews.list())
    how: dict[str, Any] = {"columns": {"sentence": "text", "row": None}, "labels": "add"}
    project.imports.file(folder / "a.zip", format="zip", folder_is_label=True, **how)
    project.imports.preview(folder / "a.zip", format="zip", folder_is_label=True, **how)
    project.imports.rows([{"text": "a", "label": None, "n": 1}], idempotency_key=UUID, **how)
    project.imports.wait(UUID)
    list(project.imports.list())
    list(project.imports.rejections(UUID))
    project.imports.certificate(UUID)
    project.tasks.next(3)
    list(project.tasks)
    project.tasks.answer(1, {"label": "ham"}, elapsed_ms=10)
    project.tasks.answer_all([{"task": 1, "answer": {"label": "ham"}}])
    project.tasks.skip(1, "unclear")
    project.tasks.take_back(1)
    list(project.predictions.to_predict(version="1", missing=True))
    project.predictions.post([{"item": 1, "label": "ham"}], version="1", idempotency_key=UUID)
    project.runs.start()
    project.runs.cancel(UUID)
    list(project.runs.list())
    list(project.runs.models())
    project.runs.model(1)
    project.export.download(
        folder / "rows", format="csv", rows="items", split="pool", source="human", only="iid", names="pseudonyms",
        columns=["item_id", "a, b"],
    )  # fmt: skip
    project.export.stream(
        folder / "rows", format="parquet", rows="annotations", split="eval", source="import", only="iid", names="real",
        columns=["item_id", "text"],
    )  # fmt: skip
    project.predict([{"text": "hello"}], version=1, force=True, caller="c")
    project.prediction_files.answer(folder / "a.zip", folder / "told", format="parquet", version=1, force=True)
    project.prediction_files.start(folder / "a.zip", format="zip", idempotency_key=UUID)
    project.prediction_files.cancel(UUID)
    list(project.prediction_files.list())
    project.feedback([{"prediction": "1", "right": True}])
    project.production()
    list(project.export.list())
    project.export.certificate(UUID)
    project.export.fetch(UUID, folder / "again")
    project.delete()


def test_every_call_of_the_client_is_one_that_the_schema_describes(schema, tmp_path):
    server = Described(schema)
    call_everything(Client("http://server", "token", http=httpx.MockTransport(server)), tmp_path)
    assert server.called == generate_models.called_operations() == models.OPERATIONS.keys()


GONE = object()
PLANTED = [
    (["paths", "/api/v1/projects/{slug}/items/", "get"], GONE),
    (["paths", "/api/v1/projects/{slug}/items/", "get", "parameters"], [{"in": "path", "name": "slug", "schema": {}}]),
    (["paths", "/api/v1/projects/{slug}/snapshots/", "post", "parameters", 0], GONE),
    (["paths", "/api/v1/projects/{slug}/imports/", "post", "requestBody", "content", "multipart/form-data"], GONE),
    (["components", "schemas", "ImportFileInRequest", "properties", "folder_is_label"], GONE),
    (["components", "schemas", "TokenInRequest", "properties", "scopes"], GONE),
    (["components", "schemas", "KindEnum", "enum"], ["pairwise"]),
    (["components", "schemas", "SplitEnum", "enum"], ["eval"]),
    (["components", "schemas", "SkipInRequest", "properties", "reason"], {"type": "integer"}),
]


@pytest.mark.parametrize(("place", "value"), PLANTED, ids=[" ".join(map(str, place[1:])) for place, _ in PLANTED])
def test_a_schema_that_describes_something_else_is_noticed(place, value, schema, tmp_path):
    other = copy.deepcopy(schema)
    at = other
    for name in place[:-1]:
        at = at[name]
    if value is GONE:
        del at[place[-1]]
    else:
        at[place[-1]] = value
    client = Client("http://server", "token", http=httpx.MockTransport(Described(other)))
    with pytest.raises((AssertionError, KeyError)):
        call_everything(client, tmp_path)


# the generator


def generated(component: dict[str, Any]) -> str:
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
    operation = {"operationId": "things", "responses": {"200": body, "400": {}}}
    document = {"paths": {"/things/": {"get": operation}}, "components": {"schemas": {"Thing": component}}}
    text = generate_models.generate(document, {"things"})
    made: dict[str, Any] = {}
    exec(compile(text, "models.py", "exec"), made)
    assert made["OPERATIONS"]["things"].path == "/things/"
    return text


def fields(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


@pytest.mark.parametrize(
    ("component", "line"),
    [
        ({"enum": ["a", 'say "é"', 1, None]}, 'Thing = Literal["a", "say \\"é\\"", 1, None]'),
        (fields(n={"type": ["null", "integer"]}), "    n: int | None"),
        (fields(n={"type": "string", "nullable": True}), "    n: str | None"),
        (fields(n={"type": "array", "items": {}}), "    n: list[Any]"),
        (fields(n={"type": "object", "additionalProperties": {"type": "number"}}), "    n: dict[str, float]"),
        (fields(n={"oneOf": [{"type": "string"}, {"type": "string"}, {"type": "null"}]}), "    n: str | None"),
        (fields(n={"anyOf": [{"type": "string"}, {}]}), "    n: Any"),
        (fields(n={"description": "A\n\n* `a` - a", "enum": ["a"]}), '    # A\n    n: Literal["a"]'),
        ({"type": "object", "properties": {"n": {"type": "boolean"}}}, "    n: NotRequired[bool]"),
        (fields(**{"label-studio": {"type": "string"}, "class": {"type": "string"}}), '        "label-studio": str,'),
        ({**fields(n={}), "description": 'a """b""" \\ c'}, "    \"\"\"a '''b''' \\\\ c\"\"\""),
    ],
)
def test_a_component_becomes_a_type(component, line):
    assert line in generated(component)


def test_an_operation_that_the_schema_lacks_is_told_by_name(schema):
    with pytest.raises(KeyError, match="items_burn"):
        generate_models.generate(schema, {"items_burn"})
