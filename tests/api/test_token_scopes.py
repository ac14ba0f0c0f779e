"""What a token may be used for holds at every address there is, also at those that will be added."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.permissions import SAFE_METHODS
from rest_framework.test import APIClient

from labeling.api.scopes import TokenScope
from labeling.models import ApiToken, Member, Scope
from labeling.services.accounts.tokens import issue_token
from tests.api.everything import address, endpoints, one_of_everything
from tests.factories import make_project

pytestmark = pytest.mark.django_db

ENDPOINTS = endpoints()
OPEN = {"/api/v1/schema/", "/api/v1/docs/", "/api/v1/auth/token/"}
CLOSED = [endpoint for endpoint in ENDPOINTS if endpoint.path not in OPEN]
OUTSIDE = [endpoint for endpoint in CLOSED if "{" not in endpoint.path]
(IN_A_LIST,) = [endpoint for endpoint in OUTSIDE if endpoint.path.endswith("tasks/answers/")]
LABELING = ("tasks/next/", "/answer/", "tasks/answers/", "/skip/", "sms/practice/")


def by(user, **limits):
    """A client with a new token of the user."""
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Token {issue_token(user, 'script', **limits)[1]}")
    return client


def call(client, endpoint, path):
    body = b'{"reason": "unclear"}' if path.endswith("/skip/") else b"{}"
    return client.generic(endpoint.method, path, body, content_type="application/json")


def test_the_walk_meets_every_room():
    assert len(CLOSED) >= 49
    assert {"tasks", "items", "runs", "models", "alerts", "snapshots"} <= {one.path.split("/")[3] for one in CLOSED}


@pytest.mark.parametrize("endpoint", CLOSED, ids=str)
def test_every_address_asks_for_a_scope(endpoint, project, people):
    assert TokenScope in endpoint.view.permission_classes, "it must not replace the default permission classes"
    rows = one_of_everything(project, people.manager)
    path = address(endpoint, project, rows)
    if endpoint.method in SAFE_METHODS:
        also = {Scope.PREDICT} if "/predictions/files/" in path else {Scope.LABEL}
        may = {Scope.READ, *also} if getattr(endpoint.view, "scopes_to_read", None) else {Scope.READ}
    elif any(part in path for part in LABELING):
        may = {Scope.LABEL}
    elif getattr(endpoint.view, "scopes_to_write", None) in ({Scope.PREDICT}, {Scope.READ}):
        may = set(endpoint.view.scopes_to_write)
    else:
        may = {Scope.MANAGE}
    for scope in Scope:
        answer = call(by(people.manager, scopes=[scope]), endpoint, path)
        if scope in may:
            assert "missing_scope" not in (getattr(answer, "data", None) or {}), f"{scope} is refused"
        else:
            assert answer.status_code == 403, f"{scope} gets in"
            assert answer.json()["missing_scope"] in may
            assert "lacks the scope" in answer.json()["detail"]


def test_a_label_token_is_all_that_an_annotation_program_needs(project, people):
    label = by(people.annotator, scopes=["label"])
    one_of_everything(project, people.manager)
    assert label.get("/api/v1/projects/").status_code == 200
    assert label.get(f"/api/v1/projects/{project.slug}/").status_code == 200
    assert label.post(f"/api/v1/projects/{project.slug}/tasks/next/", {"count": 1}).status_code == 200
    assert label.get(f"/api/v1/projects/{project.slug}/items/").json()["missing_scope"] == "read"


@pytest.mark.parametrize("endpoint", [one for one in CLOSED if "{" in one.path], ids=str)
def test_with_a_token_of_one_project_another_is_not_there(endpoint, project, people):
    Member.objects.create(project=project, user=people.superuser, role="manager")
    for person in (people.manager, people.superuser):
        with transaction.atomic():
            make_project(slug="mine", manager=person)
            path = address(endpoint, project, one_of_everything(project, person))
            assert call(by(person, project="mine"), endpoint, path).status_code == 404
            control = call(by(person), endpoint, path).status_code
            of_a_file = "original" in path or "preview" in path or "/file/" in path
            assert control != 404 or of_a_file, "the row is not there at all"
            inside = path.replace(f"/{project.slug}/", "/mine/")
            assert call(by(person, project="mine"), endpoint, inside).status_code != 403
            transaction.set_rollback(True)


def test_with_a_token_of_one_project_lists_hold_that_one(project, people):
    make_project(slug="mine", manager=people.manager)
    confined = by(people.manager, project="mine")
    assert [one["slug"] for one in confined.get("/api/v1/projects/").json()["results"]] == ["mine"]
    refused = confined.post("/api/v1/projects/", {"name": "n", "kind": "classification", "modality": "text"})
    assert (refused.status_code, refused.json()) == (403, {"detail": "This token is for one project only."})


def test_with_a_token_of_one_project_no_other_is_answered_in_a_list(project, people):
    task = one_of_everything(project, people.manager)["tasks"].pk
    make_project(slug="mine", manager=people.manager)
    given = {"answers": [{"task": task, "answer": {"label": "ham"}}]}
    for own, status in ((project.slug, 200), ("mine", 404)):
        told = by(people.manager, project=own).put(str(IN_A_LIST).split()[1], given, format="json").json()
        assert [one["status"] for one in told["results"]] == [status]


@pytest.mark.parametrize("endpoint", [one for one in OUTSIDE if one != IN_A_LIST], ids=str)
def test_addresses_outside_of_projects_are_closed_to_a_token_of_one(endpoint, project, people):
    answer = call(by(people.superuser, project=project.slug), endpoint, endpoint.path)
    assert answer.status_code == (200 if str(endpoint) == "GET /api/v1/projects/" else 403)


@pytest.mark.both_databases
def test_a_token_runs_out(project, people):
    client = by(people.manager, expires_in_days=1)
    assert client.get("/api/v1/projects/").status_code == 200
    token = ApiToken.objects.get()
    assert timedelta(hours=23) < token.expires_at - timezone.now() <= timedelta(days=1)
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    refused = client.get("/api/v1/projects/")
    assert (refused.status_code, "has run out" in refused.json()["detail"]) == (401, True)


def test_a_token_goes_with_its_project(project, people):
    from labeling.services.projects.deletion import delete_project

    issue_token(people.manager, "script", project=project.slug)
    delete_project(people.manager, project)
    assert not ApiToken.objects.exists()


def sign_in(**more):
    given = {"username": "manager", "password": "correct horse battery", **more}
    return APIClient().post("/api/v1/auth/token/", given)


def test_a_sign_in_over_rest_gives_what_it_gave_and_says_what_it_is_for(project, people):
    answer = sign_in().json()
    assert {**answer, "token": ""} == {
        "token": "", "scopes": ["read", "label", "manage", "predict"], "project": None, "expires_at": None,
    }  # fmt: skip


def test_a_sign_in_over_rest_can_ask_for_less(project, people):
    answer = sign_in(scopes=["predict", "read"], project=project.slug, expires_in_days=30).json()
    assert (answer["scopes"], answer["project"]) == (["read", "predict"], "sms")
    assert answer["expires_at"] > timezone.now().isoformat()
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {answer['token']}")
    assert client.patch("/api/v1/projects/sms/", {"name": "x"}).json()["missing_scope"] == "manage"


@pytest.mark.parametrize(
    "wrong",
    [
        {"scopes": []}, {"scopes": ["admin"]}, {"scopes": "read"}, {"project": "not-mine"}, {"project": "a\0"},
        {"expires_in_days": 0}, {"expires_in_days": 10**9}, {"expires_in_days": "soon"},
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_is_refused_by_its_field(project, people, wrong):
    make_project(slug="not-mine")
    answer = sign_in(**wrong)
    assert (answer.status_code, list(answer.json())) == (400, list(wrong))
    assert not ApiToken.objects.exists()
