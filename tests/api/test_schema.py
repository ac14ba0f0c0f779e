"""The API against its own description."""

import io

import hypothesis
import pytest
import schemathesis
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from labeling.models import Snapshot
from labeling.services.accounts.tokens import issue_token
from labeling.services.audit.trail import record
from tests.api.everything import one_of_everything
from tests.factories import make_items
from tests.learning.predictor import served_in_process


def test_the_schema_is_valid_and_without_warnings():
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    assert "openapi: 3.1" in out.getvalue()


def test_the_schema_and_its_page_are_served(client, db):
    assert client.get("/api/v1/schema/", HTTP_ACCEPT="application/json").json()["openapi"].startswith("3.1")
    page = client.get("/api/v1/docs/")
    assert page.status_code == 200
    assert "<style" not in page.content.decode()
    assert "http" not in page.content.decode().replace("http-equiv", "")
    script = client.get("/api/v1/docs/?script=")
    assert script["Content-Type"].startswith("application/javascript")
    assert "/api/v1/schema/" in script.content.decode()


def operations():
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    schema = schemathesis.openapi.from_dict(document)
    schema.app = get_wsgi_application()
    return [result.ok() for result in schema.get_all_operations()]


OPERATIONS = operations()
CHECKS = tuple(
    schemathesis.checks.CHECKS.get_one(name)
    for name in (
        "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
        "response_schema_conformance", "negative_data_rejection",
    )
)  # fmt: skip
#: More in ``benchmarks.schema_fuzz``.
EXAMPLES = 6


@pytest.fixture(autouse=True)
def _one_connection():
    """As Django's own test client does: the end of a request must not close the connection of the test."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def rows(project, people):
    """A project that has one of everything, files of snapshot and picture included."""
    found = one_of_everything(project, people.manager)
    make_items(project, [f"text {n}" for n in range(5)], data={"n": 1})
    file = default_storage.save("snapshots/x", ContentFile(b"{}\n"))
    Snapshot.objects.filter(pk=found["snapshots"].pk).update(path=file, sha256="1" * 64, size_bytes=3)
    record("token.made", user=people.manager, project=project, after={"name": "x"})
    return found


@pytest.fixture
def key(rows, people, monkeypatch):
    """The token of a manager of it."""
    served_in_process(monkeypatch)
    return issue_token(people.manager, "fuzz")[1]


def known_addresses(operation, project, rows):
    """Path parameters that exist, so that the call gets past the 404."""
    row = rows.get(operation.path.removeprefix("/api/v1/").removeprefix("projects/{slug}/").split("/")[0])
    known = {"slug": project.slug, "username": "viewer", "part": "item"}
    return known | {name: str(getattr(row, name)) for name in ("pk", "id", "public_id") if hasattr(row, name)}


CALLS = [(operation, GenerationMode.POSITIVE) for operation in OPERATIONS] + [
    (operation, GenerationMode.NEGATIVE) for operation in OPERATIONS if len(operation.body) or len(operation.query)
]  # of others everything fits


@pytest.mark.parametrize(
    ("operation", "mode"), CALLS, ids=[f"{operation.label} {mode.value}" for operation, mode in CALLS]
)
def test_any_call_gets_an_answer_that_the_schema_describes(operation, mode, key, project, rows):
    """Calls that fit the schema, and calls that do not: these are refused."""
    known = known_addresses(operation, project, rows)
    destroys = operation.definition.raw["operationId"] in ("projects_delete", "members_remove")

    @settings(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), known_address=st.booleans())
    def call(case, known_address):
        if known_address and not destroys and mode == GenerationMode.POSITIVE:
            case.path_parameters = {name: known.get(name, value) for name, value in case.path_parameters.items()}
        case.call_and_validate(headers={"Authorization": f"Token {key}"}, checks=CHECKS)

    call()


def test_calls_that_build_on_one_another_hold_too(key, settings):
    """The stateful phase: what one call made is what the next one names. A longer run: ``benchmarks.schema_fuzz``."""
    schema = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))  # type: ignore[no-untyped-call]
    schema.app = get_wsgi_application()
    schema = schema.exclude(operation_id=["auth_token", "projects_delete"])

    class Calls(schema.as_state_machine()):
        def get_call_kwargs(self, case):
            return {"headers": {"Authorization": f"Token {key}"}}

        def validate_response(self, response, case, **kwargs):
            case.validate_response(response, checks=CHECKS)

    Calls.run(
        settings=hypothesis.settings(
            max_examples=15, stateful_step_count=6, derandomize=True, deadline=None, database=None,
            phases=[Phase.generate], suppress_health_check=list(HealthCheck),
        )
    )  # fmt: skip


@pytest.mark.parametrize("limit", ["null", "", "0", "-1", "1.5", "ten", "٣", "9" * 5000, "1\0"])
def test_a_limit_that_is_none_is_refused_by_name(limit, people, project, api):
    answer = api(people.manager).get("/api/v1/projects/sms/items/", {"limit": limit})
    if limit.startswith("99"):
        assert answer.status_code == 200  # as many as a page holds
    else:
        assert (answer.status_code, list(answer.json())) == (400, ["limit"])


@pytest.mark.parametrize("body", ["null", "[]", "0", "false", '""', "[1]"])
@pytest.mark.parametrize("path", ["projects/sms/tasks/next/", "tasks/1/skip/", "projects/sms/members/"])
def test_a_body_that_is_no_object_is_refused(body, path, people, project, api):
    answer = api(people.manager).generic("POST", f"/api/v1/{path}", body, content_type="application/json")
    assert answer.status_code == 400


def test_no_body_is_no_fields(people, project, api):
    assert api(people.manager).generic("POST", "/api/v1/projects/sms/tasks/next/", b"").status_code == 200


def test_a_body_that_takes_no_other_fields_says_so():
    components = SchemaGenerator().get_schema(request=None, public=True)["components"]["schemas"]  # type: ignore[no-untyped-call]
    for name in ("ProjectInRequest", "MemberInRequest", "TokenInRequest", "SettingsRequest", "SnapshotInRequest"):
        assert components[name]["additionalProperties"] is False, name
