"""The everyday question to a model goes past Django's views, and nobody gets anything else by that."""

import io
import socket
from datetime import timedelta
from functools import partial
from unittest import mock

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import InterfaceError, close_old_connections, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config import predict_shortcut
from config.predict_shortcut import Shortcut
from config.predictor import worker
from config.predictor.application import Application
from config.predictor.body import CutShort
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


def test_it_answers_as_the_long_way_does_and_lets_nobody_else_in(project, people, monkeypatch, request, caplog):
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
    failed = [(one.name, one.getMessage()) for one in caplog.records if one.levelname == "ERROR"]
    assert failed == [("django.request", "Service Unavailable: /api/v1/projects/sms/predict/")] * 2
    assert away[0].startswith("503")

    monkeypatch.setattr(asking, "_ask", stand_in)
    reply[:2] = 200, {}
    with monkeypatch.context() as broken:
        broken.setattr(predict_shortcut, "may_at_once", mock.Mock(side_effect=InterfaceError("connection closed")))
        assert ask(shortcut, key) == ask(django, key)
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


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (b"Content-Length: 5\r\n\r\nhello", [b"hello"]),
        (b"Content-Length: 5\r\n\r\nhell", []),  # whoever sent it was killed
        (b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", []),
        (b"", []),  # silent
    ],
)
def test_no_request_ends_the_predictor_or_is_taken_for_whole_when_it_is_not(monkeypatch, sent, read):
    monkeypatch.setattr(worker, "SILENT_S", 0.05)
    process, found = worker.PredictorWorker.__new__(worker.PredictorWorker), []

    def application(environ, start_response):
        found.append(environ["wsgi.input"].read())
        start_response("200 -", [])
        return []

    process.nr, process.max_requests, process.wsgi = 0, 9, application
    web, predictor = socket.socketpair()
    with web:
        if sent:
            web.sendall(b"POST /predict/1?user=1 HTTP/1.1\r\n" + sent)
            web.shutdown(socket.SHUT_WR)
        process.handle(None, predictor, "")
        assert found == read
        assert predictor.fileno() == -1, "and the connection is let go"


def test_the_predictor_says_no_to_a_stranger_and_to_half_a_request(monkeypatch):
    application = Application()
    asks = {"PATH_INFO": "/predict/1", "REQUEST_METHOD": "POST"}
    told = mock.Mock()
    for key in ("", "\xe9", asking.predictor_key()[1:]):
        application({**asks, "HTTP_X_QUERENT_KEY": key}, told)
        assert told.call_args[0][0] == "403 -"
    monkeypatch.setattr(application, "_predict", mock.Mock(side_effect=CutShort("1 byte did not come.")))
    application({**asks, "HTTP_X_QUERENT_KEY": asking.predictor_key()}, told)
    assert told.call_args[0][0] == "503 -"
    with pytest.raises(ValueError, match="one line"):
        asking._ask(1, {}, io.BytesIO(), 0, "application/json\r\nX-Querent-Key: mine")
