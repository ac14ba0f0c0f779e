"""One line a request, with who and from where; refusals write no traceback, faults one, under the same id."""

import io
import json
import logging

import pytest
from django.test import Client
from django.urls import path

from config import urls
from config.logs import OneLine, OneObject, Refusals
from labeling.models import AuditEvent
from labeling.services.audit.origin import ORIGIN, Origin
from tests.factories import make_answer, make_items

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines(settings):
    """``lines()`` are those written so far as objects, through the formatter and filter of the deployment."""
    settings.ACCESS_LOG = True
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(OneObject())
    handler.addFilter(Refusals())
    root = logging.getLogger()
    root.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)


def access(lines):
    return [line for line in lines() if line["logger"] == "config.access"]


def test_a_line_says_who_asked_what_from_where_and_what_came_of_it(project, people, browser_of, lines):
    response = browser_of(people.viewer).get(
        "/p/sms/items/?q=geheim", REMOTE_ADDR="203.0.113.7", headers={"X-Request-ID": "edge-42"}
    )
    (line,) = access(lines)
    assert response["X-Request-ID"] == "edge-42"
    assert {name: line[name] for name in ("method", "path", "status", "user", "address", "request_id")} == {
        "method": "GET", "path": "/p/sms/items/", "status": 200, "user": "viewer", "address": "203.0.113.7",
        "request_id": "edge-42",
    }  # fmt: skip
    assert line["bytes"] == len(response.content)
    assert line["ms"] > 0
    assert "geheim" not in json.dumps(lines())


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "a\nb", "é", "<script>"])
def test_an_id_that_is_none_is_replaced(client, lines, given):
    found = client.get("/help/", headers={"X-Request-ID": given})["X-Request-ID"]
    assert found != given
    assert access(lines)[0]["request_id"] == found


def test_the_user_of_a_token_is_named_and_nobody_is_looked_up_for_the_line(project, people, api, lines):
    from labeling.models import ApiToken

    _, key = ApiToken.issue(people.viewer, "laptop")
    Client().get("/api/v1/projects/", headers={"Authorization": f"Token {key}"})
    Client().get("/api/v1/projects/")
    assert [(line["user"], line["status"]) for line in access(lines)] == [("viewer", 200), ("", 401)]
    assert key not in json.dumps(lines())


def test_a_streamed_answer_is_counted_to_its_end(project, people, browser_of, lines):
    make_answer(make_items(project, ["a"])[0], people.annotator, {"label": "ham"})
    response = browser_of(people.viewer).get("/api/v1/projects/sms/export/")
    assert access(lines) == []
    body = b"".join(response.streaming_content)
    response.close()
    (line,) = access(lines)
    assert line["bytes"] == len(body) > 100
    assert line["path"] == "/api/v1/projects/sms/export/"


def test_a_reader_who_leaves_gets_a_line_too(project, people, browser_of, lines):
    browser_of(people.viewer).get("/api/v1/projects/sms/export/").close()
    assert [line["status"] for line in access(lines)] == [200]


@pytest.mark.parametrize(
    ("who", "address", "status"),
    [
        ("annotator", "/p/sms/settings/", 403), ("stranger", "/p/sms/", 404),
        ("annotator", "/api/v1/projects/sms/items/", 403),
        ("viewer", "/nowhere/", 404), ("viewer", "/api/v1/nowhere/", 404),
    ],
)  # fmt: skip
def test_a_refusal_writes_its_access_line_and_nothing_else(who, address, status, project, people, browser_of, lines):
    assert browser_of(getattr(people, who)).get(address).status_code == status
    (line,) = lines()
    assert (line["logger"], line["status"], line["user"]) == ("config.access", status, who)
    assert "Traceback" not in json.dumps(line)


def test_a_forged_form_and_a_forged_host_leave_their_reason_without_a_traceback(people, lines):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people.viewer)
    assert strict.post("/tokens/", {"name": "x"}).status_code == 403
    assert Client().get("/help/", headers={"Host": "evil.example"}).status_code == 400
    reasons = [line["message"] for line in lines() if line["logger"].startswith("django.security")]
    assert len(reasons) == 2
    assert "Traceback" not in json.dumps(lines())


def test_a_fault_writes_one_traceback_with_the_id_of_its_access_line(client, lines, monkeypatch):
    def broken(request):
        raise ZeroDivisionError

    monkeypatch.setattr(urls, "urlpatterns", [path("broken/", broken), *urls.urlpatterns])
    from django.urls import clear_url_caches

    clear_url_caches()
    client.raise_request_exception = False
    response = client.get("/broken/")
    clear_url_caches()
    assert response.status_code == 500
    told = [line for line in lines() if "ZeroDivisionError" in json.dumps(line)]
    assert len(told) == 1
    assert told[0]["request_id"] == access(lines)[0]["request_id"] == response["X-Request-ID"]


def test_a_path_with_a_line_break_stays_one_line(client, lines, settings):
    client.get("/nowhere/%0Afaked%20line/")
    (line,) = access(lines)
    assert "\n" not in line["path"]
    record = logging.LogRecord("config.access", logging.INFO, "", 0, "GET %s", ("/a\nb",), None)
    assert "\n" not in OneLine().format(record)


def test_switched_off_there_is_no_line(client, lines, settings):
    settings.ACCESS_LOG = False
    assert client.get("/help/")["X-Request-ID"]
    assert access(lines) == []


@pytest.mark.parametrize(
    ("address", "via"), [("/api/v1/projects/sms/members/", "rest"), ("/p/sms/members/add/", "page")]
)
def test_the_trail_knows_where_the_change_came_from(address, via, project, people, browser_of):
    given = {"username": "stranger", "role": "viewer"}
    kind = {"content_type": "application/json"} if via == "rest" else {}
    response = browser_of(people.manager).post(
        address, given, REMOTE_ADDR="203.0.113.7", headers={"X-Request-ID": "edge-7"}, **kind
    )
    assert response.status_code in (201, 302)
    row = AuditEvent.objects.get()
    assert (row.action, row.user_name, row.via) == ("member.added", "manager", via)
    assert (row.address, row.request_id) == ("203.0.113.7", "edge-7")
    assert ORIGIN.get() == Origin()  # nothing of it stays behind for the next one
