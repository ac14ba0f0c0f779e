"""A request that meets a full disk, a lock or an absent database: JSON or a page that says when to try again."""

import psycopg2
import pytest
from django.contrib.auth.models import Permission
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection, connections
from django.test import Client

from labeling.models import Annotation, ApiToken, ImportBatch
from labeling.services.projects import manage as projects
from labeling.services.serving.next_tasks import next_tasks
from tests.factories import make_items
from tests.outages.trouble import full_database, locked, no_space

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

ITEMS = "/api/v1/projects/sms/items/"
PAGES = ("/", "/p/sms/annotate/")
IMPORTS = "/api/v1/projects/sms/imports/"


@pytest.fixture
def with_token(people):
    """A program with the manager's token, and the token."""
    token, key = ApiToken.issue(people.manager, "script")
    client = Client(raise_request_exception=False, headers={"Authorization": f"Token {key}"})
    return client, token


@pytest.fixture
def page_of(people):
    people.manager.user_permissions.add(Permission.objects.get(codename="add_project"))
    client = Client(raise_request_exception=False)
    client.force_login(people.manager)
    return client


def says_when(answer, status, code):
    assert answer.status_code == status, answer.content
    assert int(answer["Retry-After"]) > 0
    assert answer["Cache-Control"] == "no-store"
    if answer["Content-Type"] == "application/json":
        body = answer.json()
        assert body["code"] == code
        assert body["detail"]
        assert body["retry_after_s"] == int(answer["Retry-After"])
    return answer["Content-Type"].partition(";")[0]


def test_an_answer_while_somebody_else_writes_for_long(with_token, people, project):
    make_items(project, ["one"])
    task = next_tasks(people.manager, project, 1)[0]
    client, _ = with_token
    address, given = f"/api/v1/tasks/{task.pk}/answer/", {"answer": {"label": "ham"}}
    with locked("labeling_annotation"):
        refused = client.put(address, given, content_type="application/json")
    assert says_when(refused, 503, "busy") == "application/json"
    assert client.put(address, given, content_type="application/json").status_code == 201
    assert Annotation.objects.count() == 1


def test_a_form_while_somebody_else_writes_for_long(page_of, project):
    with locked("labeling_project"):
        refused = page_of.post(
            "/projects/new/", {"name": "x", "kind": "classification", "modality": "text", "labels": "a\nb"}
        )
    assert says_when(refused, 503, "busy") == "text/html"
    assert "The server is busy" in refused.content.decode()


def test_a_read_does_not_wait_for_whoever_writes_and_notes_the_token_later(with_token, project):
    client, token = with_token
    make_items(project, ["one"])  # of which the index does not know
    with locked("labeling_apitoken"), connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 60000" if connection.vendor == "sqlite" else "SET lock_timeout = '60s'")
        assert client.get(ITEMS).status_code == 200  # at once: a wait would end with this test's patience
    token.refresh_from_db()
    assert token.last_used_at is None
    assert client.get(ITEMS).status_code == 200
    token.refresh_from_db()
    noted = token.last_used_at
    assert noted is not None
    client.get(ITEMS)
    token.refresh_from_db()
    assert token.last_used_at == noted


def test_a_read_of_a_full_database_works(with_token, project, monkeypatch):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL's full disk is in test_sorts")
    client, _ = with_token
    make_items(project, ["one"])
    client.get(ITEMS)
    for number in range(60):  # of which the index takes more room than there is in its last pages
        make_items(project, [f"text {number}"], origin=f"{number:02d}" * 60)
    with full_database():  # what the index knows is told, and the rest later
        assert client.get(ITEMS).json()["total"] == 1
    assert client.get(ITEMS).json()["total"] == 61


def test_an_import_that_does_not_fit_on_the_disk(with_token, page_of, project, monkeypatch):
    client, _ = with_token
    monkeypatch.setattr(FileSystemStorage, "_save", no_space)
    by_file = client.post(IMPORTS, {"file": SimpleUploadedFile("a.csv", b"text\na\n")})
    by_rows = client.post(IMPORTS, {"rows": [{"text": "a"}]}, content_type="application/json")
    by_page = page_of.post("/p/sms/imports/", {"file": SimpleUploadedFile("a.csv", b"text\na\n")})
    assert says_when(by_file, 507, "disk_full") == says_when(by_rows, 507, "disk_full") == "application/json"
    assert says_when(by_page, 507, "disk_full") == "text/html"
    assert "disk is full" in by_page.content.decode()
    assert ImportBatch.objects.count() == 0


def test_a_full_database_is_said_as_a_full_disk(with_token, project):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL's full disk is in test_sorts")
    client, _ = with_token
    with full_database():
        answer = client.patch("/api/v1/projects/sms/", {"instructions": "x" * 90_000}, content_type="application/json")
    assert says_when(answer, 507, "disk_full") == "application/json"
    assert (
        client.patch(
            "/api/v1/projects/sms/", {"instructions": "x" * 90_000}, content_type="application/json"
        ).status_code
        == 200
    )


@pytest.mark.parametrize("address", [*PAGES, "/p/sms/annotate/state/", "/api/v1/projects/"])
def test_an_absent_database_is_said_by_every_sort_of_view(page_of, project, monkeypatch, address):
    """Sessions are read in middleware: there is no view yet that could have caught it."""

    def away(*args, **more):
        raise OperationalError("connection refused") from psycopg2.OperationalError("connection refused")

    page_of.get("/")  # what is remembered for a process is known now
    monkeypatch.setattr(connections["default"], "cursor", away)
    answer = page_of.get(address, headers={"Accept": "text/html" if address in PAGES else "application/json"})
    monkeypatch.undo()
    sort = says_when(answer, 503, "away")
    assert sort == ("text/html" if address in PAGES else "application/json")
    assert page_of.get(address).status_code == 200


def test_a_mistake_of_ours_is_json_for_programs_and_a_page_for_people(with_token, page_of, project, monkeypatch):
    monkeypatch.setattr(projects, "text", lambda *args, **more: 1 / 0)
    by_rest = with_token[0].patch("/api/v1/projects/sms/", {"name": "x"}, content_type="application/json")
    assert (by_rest.status_code, by_rest["Content-Type"]) == (500, "application/json")
    assert "broke on our side" in by_rest.json()["detail"]
    by_page = page_of.post(
        "/projects/new/", {"name": "x", "kind": "classification", "modality": "text", "labels": "a\nb"}
    )
    assert (by_page.status_code, "broke on our side" in by_page.content.decode()) == (500, True)
