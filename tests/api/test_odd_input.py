"""Input that no form sends: NUL bytes and numbers of thousands of digits end in a 4xx or an empty page, never a 500."""

import json

import pytest
from django.test import Client

from labeling.models import ImportBatch, Item, Member
from labeling.services.imports import run_import
from learning.models import Decision, ModelVersion

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.mark.parametrize(
    "query", ["q=%00", "q=a%00b", "label=%00", "split=%00", "after=" + "9" * 5000, "before=" + "9" * 5000]
)
def test_the_items_page_finds_nothing(project, people, browser_of, query):
    page = browser_of(people.viewer).get(f"/p/{project.slug}/items/?{query}")
    assert page.status_code == 200


def test_a_member_with_nul_in_the_name_is_not_there(project, people, api):
    assert api(people.manager).delete(f"/api/v1/projects/{project.slug}/members/a%00b/").status_code == 404
    assert Member.objects.filter(project=project).count() == 4


def test_a_reason_that_cannot_be_stored_is_refused_on_the_page(project, people, browser_of, monkeypatch):
    monkeypatch.setattr("learning.services.registry.promotion._check_file", lambda version: None)
    version = ModelVersion.objects.create(project=project, number=1, encoder="e", trained_on=1)
    for reason in ("nul \0 inside", "x" * 2001):
        page = browser_of(people.manager).post(f"/p/{project.slug}/models/1/", {"reason": reason}, follow=True)
        assert page.status_code == 200
        version.refresh_from_db()
        assert (version.status, Decision.objects.count()) == ("candidate", 0)


def test_a_made_up_address_does_not_get_around_the_throttle(api, people):
    """X-Forwarded-For is what a client says; only REMOTE_ADDR is known."""
    answers = [
        api().post(
            "/api/v1/auth/token/", {"username": f"nobody{n}", "password": "x"}, HTTP_X_FORWARDED_FOR=f"10.0.0.{n}"
        ).status_code
        for n in range(12)
    ]  # fmt: skip
    assert answers[-1] == 429


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lease_s", "1e308"), ("lease_s", "nan"), ("lease_s", "9" * 400), ("eval_share", "1e308"),
        ("overlap", "9" * 30), ("retrain_every", "9" * 30), ("retrain_every", "1e300"), ("random_share", "-1e-400"),
    ],
)  # fmt: skip
def test_settings_beyond_all_bounds_are_refused_beside_their_field(project, people, browser_of, field, value):
    given = {
        "part": "settings", "overlap": 1, "eval_share": 10, "random_share": 10, "retrain_every": 20, "lease_s": 15,
        "strategy": "auto", "encoder": "auto", "learner": "auto",
    }  # fmt: skip
    page = browser_of(people.manager).post(f"/p/{project.slug}/settings/", {**given, field: value})
    assert page.status_code in (302, 400)
    assert (page.status_code == 302) == (field == "random_share")


@pytest.mark.parametrize(
    ("method", "path", "body", "content_type"),
    [
        ("post", "projects/sms/imports/", b'{"rows": "\\ud800"}', "application/json"),
        ("post", "projects/sms/imports/", b"[" * 100_000, "application/json"),
        ("post", "projects/sms/imports/", b"--x", "multipart/form-data; boundary=y"),
        ("post", "projects/sms/imports/", b"a,b", "text/csv"),
        ("post", "projects/sms/imports/", b"\xff\xfe", "application/json"),
        ("patch", "projects/sms/", b'{"name": "a\\u0000b"}', "application/json"),
        ("patch", "projects/sms/", b'{"purpose": "\\ud800"}', "application/json"),
        ("patch", "projects/sms/", b'{"instructions": "\\udfff"}', "application/json"),
        ("patch", "projects/sms/", b'{"labels": [{"name": "\\u0000"}]}', "application/json"),
        ("patch", "projects/sms/", b'{"labels": [["ham"]]}', "application/json"),
        ("patch", "projects/sms/", b'{"settings": []}', "application/json"),
        ("patch", "projects/sms/", b'{"settings": {"strategy": "\\ud800"}}', "application/json"),
        ("patch", "projects/sms/", b'{"settings": {"eval_share": NaN}}', "application/json"),
        ("patch", "projects/sms/", b'{"settings": {"eval_share": 1e400}}', "application/json"),
        ("patch", "projects/sms/", b"[]", "application/json"),
        ("post", "projects/sms/members/", b'{"username": "\\ud800", "role": "viewer"}', "application/json"),
        ("post", "projects/sms/tasks/next/", b'{"count": 1e9}', "application/json"),
        ("post", "projects/sms/tasks/next/", b"[1]", "application/json"),
        ("post", "projects/sms/snapshots/", b'{"filters": {"split": ["eval"]}}', "application/json"),
        ("post", "projects/sms/rollback/", b'{"reason": "\\ud800"}', "application/json"),
        ("post", "auth/token/", b'{"username": "\\ud800", "password": "\\u0000"}', "application/json"),
        ("get", "projects/sms/annotations/?since=0001-01-01T00:00:00%2B14:00", b"", ""),
        ("get", "projects/sms/annotations/?cursor=cD0lMDA%3D", b"", ""),
        ("get", "projects/sms/items/?cursor=bz0xJnA9OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", b"", ""),
        ("get", "projects/sms/items/?q=%00", b"", ""),
        ("get", f"items/{10**40}/preview/", b"", ""),
        ("get", f"models/{10**40}/", b"", ""),
        ("put", f"tasks/{10**40}/answer/", b'{"answer": {"label": "ham"}}', "application/json"),
        ("put", "tasks/1/answer/", b"{}", "text/plain"),
    ],
)
def test_rest_answers_odd_bodies_and_addresses_with_a_4xx(project, people, method, path, body, content_type):
    from rest_framework.test import APIClient

    client = APIClient(raise_request_exception=False)
    client.force_authenticate(people.manager)
    answer = client.generic(method.upper(), f"/api/v1/{path}", body, content_type or "application/json")
    assert 200 <= answer.status_code < 500, (path, body[:60])
    if method != "get":
        assert answer.status_code >= 400


@pytest.mark.parametrize("key", ['"abcdefgh\\000"', "abcdefgh\u00e9", "x" * 5000])
def test_a_cookie_that_is_no_key_of_a_session_is_nobody_s(project, key):
    """A quoted cookie can hold a NUL, written in digits."""
    client = Client(raise_request_exception=False, headers={"cookie": f"sessionid={key}"})
    assert client.get("/api/v1/projects/").status_code == 401
    assert client.get("/").status_code == 302
    assert client.post("/api/v1/projects/sms/tasks/next/", {}, "application/json").status_code == 401


def test_half_a_surrogate_pair_in_a_row_is_that_row_s_rejection(api, people, project):
    rows = [{"text": "\ud800"}, {"text": "good"}]
    body = json.dumps({"rows": rows})
    address = f"/api/v1/projects/{project.slug}/imports/"
    assert api(people.manager).generic("POST", address, body, "application/json").status_code == 202
    batch = ImportBatch.objects.get()
    run_import(batch.pk)
    assert [(no.row, no.field) for no in batch.rejections.all()] == [(1, "text")]
    assert Item.objects.get().text == "good"
