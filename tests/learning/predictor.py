"""A predictor without a process of its own."""

import io
from urllib.parse import urlencode

import pytest

from config.predictor.application import Application
from learning.services.serving import asking


def served_in_process(monkeypatch: pytest.MonkeyPatch) -> Application:
    """What ``asking`` sends is handed to a predictor's application without a socket."""
    application = Application()

    def ask(project_id, query, body, size, content_type):
        told, sent = [], body.read()
        assert len(sent) == size, "the predictor waits for every byte that it was promised"
        environ = {
            "REQUEST_METHOD": "POST", "PATH_INFO": f"/predict/{project_id}", "QUERY_STRING": urlencode(query),
            "CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(size), "wsgi.input": io.BytesIO(sent),
            "HTTP_X_QUERENT_KEY": asking.predictor_key(),
        }  # fmt: skip
        answered = application(environ, lambda status, headers: told.append((status, dict(headers))))
        data = b"".join(answered)
        getattr(answered, "close", lambda: None)()  # as every server does
        return int(told[0][0].split()[0]), told[0][1], data

    monkeypatch.setattr(asking, "_ask", ask)
    return application
