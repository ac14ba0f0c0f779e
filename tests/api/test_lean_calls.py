"""The short way of questions and answers says what the ordinary one says, header for header, and whoever is no everyday
case goes the ordinary one."""

from unittest import mock

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client
from django.utils import timezone

from labeling.api.lean import LeanCalls
from labeling.models import ApiToken, Project
from tests.factories import UserFactory, make_items

pytestmark = pytest.mark.django_db

NEXT = "/api/v1/projects/sms/tasks/next/"
JSON = "application/json"


def token(user, **limits):
    return {"HTTP_AUTHORIZATION": f"Token {ApiToken.issue(user, 'test', **limits)[1]}"}


def signed_in(user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    client.cookies["csrftoken"] = "c" * 32
    return client


def said(response):
    headers = {name: value for name, value in response.items() if name != "X-Request-ID"}
    policy = headers.pop("Content-Security-Policy", "")  # django-csp writes it in any order
    return response.status_code, response.content, headers, sorted(policy.split("; "))


def both(client, path=NEXT, body='{"count": 1}', method="POST", content_type=JSON, **headers):
    """The status, and whether it came the short way; both ways say the same."""
    client.raise_request_exception = False
    ask = lambda: client.generic(method, path, body, content_type=content_type, **headers)  # noqa: E731
    with mock.patch.object(LeanCalls, "_answer", autospec=True, side_effect=LeanCalls._answer) as short:
        ours = ask()
    with mock.patch.object(LeanCalls, "answer_to", return_value=None):
        assert said(ours) == said(ask())
    return ours.status_code, short.called


def test_the_short_way_says_what_the_ordinary_one_says(project, people, settings):
    make_items(project, ["a", "b"])
    anybody, csrf = Client(), {"HTTP_X_CSRFTOKEN": "c" * 32}
    session, mine = signed_in(people.annotator), token(people.annotator)
    assert both(session, **csrf) == (200, True)
    assert both(anybody, **mine) == (200, True)
    (task,) = anybody.generic("POST", NEXT, "{}", content_type=JSON, **mine).json()
    answer = f"/api/v1/tasks/{task['id']}/answer/"
    # what a service refuses is refused on the short way
    assert both(anybody, body='{"count": 0}', **mine) == (400, True)
    assert both(anybody, body="[", **mine) == (400, True)
    assert both(session, path="/api/v1/projects/none/tasks/next/", **csrf) == (404, True)
    assert both(anybody, **token(people.stranger)) == (404, True)
    assert both(anybody, **token(people.superuser)) == (403, True)
    assert both(anybody, **token(people.viewer)) == (403, True)
    assert both(anybody, answer, '{"answer": {"label": "ham"}}', "PUT", **token(people.manager)) == (404, True)
    assert both(anybody, answer, '{"answer": {"label": "none"}}', "PUT", **mine) == (400, True)
    anybody.generic("PUT", answer, '{"answer": {"label": "ham"}}', content_type=JSON, **mine)
    assert both(anybody, answer, '{"answer": {"label": "ham"}}', "PUT", **mine) == (200, True)
    several = f'{{"answers": [{{"task": {task["id"]}, "answer": {{"label": "ham"}}}}, {{"task": 1}}, 7]}}'
    assert both(anybody, "/api/v1/tasks/answers/", several, "PUT", **mine) == (200, True)
    assert both(anybody, "/api/v1/tasks/answers/", '{"answers": []}', "PUT", **mine) == (400, True)
    # an account, a scope, a form: the ordinary way says no
    assert both(session) == (403, False)
    assert both(session, HTTP_X_CSRFTOKEN="d" * 32) == (403, False)
    assert both(anybody) == (401, False)
    assert both(anybody, HTTP_AUTHORIZATION="Token nonsense") == (401, False)
    assert both(anybody, HTTP_AUTHORIZATION=f"Basic {mine}") == (401, False)
    assert both(session, HTTP_AUTHORIZATION="Token nonsense", **csrf) == (401, False)
    assert both(anybody, **token(people.annotator, scopes="read")) == (403, False)
    assert both(anybody, **token(people.annotator, expires_at=timezone.now())) == (401, False)
    assert both(anybody, **token(UserFactory(is_active=False))) == (401, False)
    assert both(anybody, content_type="text/plain", **mine) == (415, False)
    assert both(anybody, HTTP_ACCEPT="text/html", **mine) == (406, False)
    assert both(anybody, HTTP_HOST="evil.example", **mine) == (400, False)
    assert both(anybody, method="DELETE", **mine) == (405, False)
    # a token of one project reaches no other, and a person no longer there has no session
    other = Project.objects.create(slug="other", name="Other", purpose="Other.", kind=project.kind, modality="text")
    assert both(anybody, **token(people.annotator, project=other)) == (404, True)
    for change in ({"password": "!other"}, {"is_active": False}):
        person = UserFactory()
        left = signed_in(person)
        assert both(left, **csrf) == (404, True)
        type(person).objects.filter(pk=person.pk).update(**change)
        assert both(left, **csrf) == (401, False)
    key = session.cookies["sessionid"].value
    session.logout()
    session.cookies["sessionid"], session.cookies["csrftoken"] = key, "c" * 32
    assert both(session, **csrf) == (401, False)
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
    assert both(signed_in(people.annotator), **csrf) == (200, False)


@pytest.mark.parametrize(
    ("error", "status"), [(RuntimeError("broken"), 500), (OperationalError("disk I/O error"), 503)]
)
def test_what_breaks_breaks_alike(project, people, error, status):
    with mock.patch("labeling.api.tasks.next_tasks", side_effect=error):
        assert both(Client(), **token(people.annotator)) == (status, True)


def test_who_cannot_be_looked_up_goes_the_ordinary_way(project, people):
    with mock.patch.multiple(
        "labeling.api.lean",
        person_by_token=mock.Mock(side_effect=OperationalError("disk I/O error")),
        user_of_session=mock.Mock(side_effect=[InterfaceError("connection closed"), ValueError("NUL in a text")]),
    ):
        assert both(Client(), **token(people.annotator)) == (200, False)
        for _ in ("closed", "NUL"):
            assert both(signed_in(people.annotator), HTTP_X_CSRFTOKEN="c" * 32) == (200, False)


def test_https_is_asked_for_first(project, people, settings):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 60
    assert both(Client(), **token(people.annotator)) == (301, False)
    assert both(Client(), **token(people.annotator), **{"wsgi.url_scheme": "https"}) == (200, True)
