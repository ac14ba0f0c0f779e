"""The everyday question to a model goes past Django's views, and nobody gets anything else by that."""

import io
from datetime import timedelta
from functools import partial

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config import predict_shortcut
from config.predict_shortcut import Shortcut
from labeling.models import ApiToken, Member, Project, Role, User
from learning.services.serving import asking

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
BODY = b'{"rows": [{"text": "hello"}]}'


def ask(application, key, slug="sms", **environ):
    """Status, headers without the request's own, body."""
    told = []
    given = {
        "REQUEST_METHOD": "POST", "PATH_INFO": f"/api/v1/projects/{slug}/predict/", "HTTP_HOST": "localhost",
        "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(BODY), "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(BODY)), "HTTP_AUTHORIZATION": f"Token {key}", **environ,
    }  # fmt: skip
    answer = application(given, lambda status, headers: told.append((status, dict(headers))))
    body = b"".join(answer)
    getattr(answer, "close", lambda: None)()
    ((status, headers),) = told
    headers.pop("X-Request-ID")
    return status, headers, body


def test_it_answers_as_the_long_way_does_and_lets_nobody_else_in(project, people, monkeypatch, request):
    """Whatever may change about who asks is changed once, and said back."""
    for signal in (request_started, request_finished):  # as Django's test client: the test's connection stays
        signal.disconnect(close_old_connections)
        request.addfinalizer(partial(signal.connect, close_old_connections))
    monkeypatch.setattr(predict_shortcut, "close_old_connections", lambda: None)
    sent, reply = [], [200, {"Content-Type": "application/json"}, b'[{"row":1}]']

    def stand_in(project_id, query, body, size, content_type):
        sent.append((project_id, query, body.read(size), content_type))
        return reply

    monkeypatch.setattr(asking, "_ask", stand_in)
    member = Member.objects.get(project=project, user=people.reviewer)
    token, key = ApiToken.issue(people.reviewer, "crawler", scopes="predict")
    django = WSGIHandler()
    shortcut = Shortcut(django)
    first = ask(shortcut, key)
    with CaptureQueriesContext(connection) as queries:
        assert ask(shortcut, key) == first, "headers and all"
    assert (first[0], first[2], len(queries)) == ("200 OK", b'[{"row":1}]', 1)
    assert first[1]["Cache-Control"] == "private, no-store"
    assert sent[0] == sent[1] == (
        project.pk, {"user": people.reviewer.pk, "token": token.pk}, BODY, "application/json",
    )  # fmt: skip
    for status, words in ((429, {"Retry-After": "7"}), (400, {})):
        reply[:2] = status, {"Content-Type": "application/json", **words}
        assert ask(shortcut, key) == ask(django, key)
    monkeypatch.setattr(asking, "_ask", lambda *_: (_ for _ in ()).throw(asking.Unavailable("Away.", 2)))
    away = ask(shortcut, key)
    assert (away, away[1]["Retry-After"]) == (ask(django, key), "2")
    assert away[0].startswith("503")

    monkeypatch.setattr(asking, "_ask", stand_in)
    reply[:2] = 200, {}
    other = Project.objects.create(name="Other", slug="other", modality="text", kind="classification")
    now, long_ago = timezone.now(), timezone.now() - timedelta(days=1)
    changes = [
        (ApiToken, token.pk, {"revoked_at": now}, "401"),
        (ApiToken, token.pk, {"expires_at": long_ago}, "401"),
        (ApiToken, token.pk, {"scopes": "read label"}, "403"),
        (ApiToken, token.pk, {"project_id": other.pk}, "404"),
        (User, people.reviewer.pk, {"is_active": False}, "401"),
        (Member, member.pk, {"role": Role.ANNOTATOR}, "403"),
        (Member, member.pk, {"project_id": other.pk}, "404"),
        (Project, project.pk, {"deleted_at": now}, "404"),
        (ApiToken, token.pk, {"last_used_at": long_ago}, "200"),
    ]
    for model, pk, change, status in changes:
        row = model.objects.filter(pk=pk)
        before = row.values(*change).get()
        row.update(**change)
        told = ask(shortcut, key)
        assert told[0].startswith(status), (change, told)
        assert (told[0], told[2]) == ask(django, key)[::2]
        if status != "200":
            row.update(**before)
    assert ApiToken.objects.get(pk=token.pk).last_used_at > now, "the long way notes that it was used"
    asked = len(sent)
    for environ, status in (
        ({"HTTP_AUTHORIZATION": "Token nobody"}, "401"),
        ({"HTTP_HOST": "elsewhere.example"}, "400"),
        ({"QUERY_STRING": "version=x"}, "400"),
        ({"CONTENT_TYPE": "text/plain"}, "415"),
        ({"CONTENT_LENGTH": str(10**12)}, "413"),
        ({"REQUEST_METHOD": "GET"}, "403"),
    ):
        told = ask(shortcut, key, **environ)
        assert (told[0][:3], told[0], told[2]) == (status, *ask(django, key, **environ)[::2])
    assert len(sent) == asked
