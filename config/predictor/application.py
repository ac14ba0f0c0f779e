"""The predictor's WSGI application. No sessions, no middleware: whoever asks has been let in by the web process."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import parse_qs

import orjson
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.core.handlers.wsgi import WSGIRequest
from django.db import IntegrityError
from django.http.multipartparser import MultiPartParserError
from django.utils.crypto import constant_time_compare

from config.predictor.body import CutShort
from labeling.models import Project
from labeling.services.outages.causes import outage_of
from labeling.services.validation.errors import Invalid
from learning.services.release.serving import Releases
from learning.services.serving import rows, why
from learning.services.serving.answering import Answer, Caller, TooLate, answer
from learning.services.serving.asking import KEY_HEADER, PATIENCE_HEADER, predictor_key
from learning.services.serving.guard import Guard, Stopped, TooMany
from learning.services.serving.loading import Predictor, Predictors
from learning.services.serving.promises import NothingToServe, refuse_chosen

logger = logging.getLogger(__name__)

_KEY = f"HTTP_{KEY_HEADER.upper().replace('-', '_')}"
_PATIENCE = f"HTTP_{PATIENCE_HEADER.upper().replace('-', '_')}"
_PREFIX = "/predict/"


class NobodyWaits(Exception):
    """Who asked has given up, and may ask again: answered now, it would be counted and kept twice."""


Reply = tuple[int, dict[str, Any] | list[dict[str, Any]], dict[str, str]]


class Application:
    """``POST /predict/<project number>?user=&token=&caller=&version=&force=&explain=&preview=``, or ``GET /healthz``.
    Holds the models of its process; not for threads. What a release compares is compared once who asked has the
    answer."""

    def __init__(self) -> None:
        self._predictors = Predictors(settings.PREDICTOR_CACHE_BYTES)
        self._releases = Releases(self._predictors)
        self._guard = Guard()
        self._afterwards: Callable[[], None] | None = None
        self._expected = predictor_key()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        reply: Reply
        self._afterwards = None
        if path == "/healthz":
            reply = 200, {"detail": "ok"}, {}
        elif not constant_time_compare(environ.get(_KEY, ""), self._expected):
            reply = 403, {"detail": "The predictor answers the web process only."}, {}
        else:
            reply = self._answered(path, environ)
        status, body, headers = reply
        data = orjson.dumps(body)
        head = [("Content-Type", "application/json"), ("Content-Length", str(len(data))), *headers.items()]
        start_response(f"{status} -", head)
        return _Answered(data, self._afterwards) if self._afterwards else [data]

    def _answered(self, path: str, environ: dict[str, Any]) -> Reply:
        number = path.removeprefix(_PREFIX)
        if environ["REQUEST_METHOD"] != "POST" or not path.startswith(_PREFIX) or not number.isdigit():
            return 404, {"detail": "Not found."}, {}
        try:
            return self._predict(int(number), environ)
        except Invalid as error:
            return 400, {error.field: [error.reason]}, {}
        except (MultiPartParserError, SuspiciousOperation) as error:
            return 400, {"detail": str(error)}, {}
        except Project.DoesNotExist:
            return 404, {"detail": "No such project."}, {}
        except NothingToServe as error:
            said: dict[str, Any] = {"detail": str(error), "code": error.code}
            if not error.retry_after_s:
                return 409, said, {}
            said["retry_after_s"] = error.retry_after_s
            return 503, said, {"Retry-After": str(error.retry_after_s)}
        except Stopped as error:
            return 403, {"detail": str(error), "code": "stopped"}, {}
        except TooMany as error:
            body = {"detail": str(error), "code": "too_many", "retry_after_s": error.retry_after_s}
            return 429, body, {"Retry-After": str(error.retry_after_s)}
        # what it names was deleted meanwhile, or nobody waits
        except (TooLate, NobodyWaits, CutShort, IntegrityError) as error:
            logger.warning("%s: not answered: %s", path, error or "too late")
            return 503, {"detail": "This was not done. Try again shortly."}, {"Retry-After": "1"}
        except Exception as error:  # whatever it is, who asked is answered, and the next one too
            if outage := outage_of(error):
                return outage.status, outage.body, {"Retry-After": str(outage.retry_after_s)}
            logger.exception("%s failed", path)
            return 500, {"detail": "The predictor failed at this request: the log says why."}, {}

    def _predict(self, project_id: int, environ: dict[str, Any]) -> Reply:
        until = time.monotonic() + float(environ.get(_PATIENCE) or settings.PREDICT_TIMEOUT_S)
        query = {name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
        beat = environ.get("querent.beat", lambda: None)
        caller = Caller(int(query["user"]), int(query["token"]) if "token" in query else None)
        sent = _Rows(environ, self._guard, caller, why.MOST_ROWS if "explain" in query else None)
        release = None if "version" in query else self._releases.of(project_id)
        if release is not None:
            found, self._afterwards = self._releases.answer(
                release, sent.read, caller, key_of(query), force="force" in query, until=until, beat=beat
            )
            self._explain(project_id, query, sent, found, until, beat)
            return 200, found, {}
        predictor = self._predictors.of(project_id, int(query["version"]) if "version" in query else None, beat)
        if "version" in query and caller.token_id is not None:  # a person may look at any
            refuse_chosen(predictor.version, predictor.version.project)
        asked = sent.read(predictor)
        found = answer(
            predictor,
            asked,
            caller,
            force="force" in query,
            keeps_doubts="version" not in query,
            until=until,
            beat=beat,
        )
        self._explain(project_id, query, sent, found, until, beat)
        return 200, found, {}

    def _explain(
        self, project_id: int, query: dict[str, str], sent: "_Rows", found: list[Answer], until: float, beat: Any
    ) -> None:
        """By the model that answered, whichever that was."""
        models = {one["model"] for one in found if "model" in one}
        if "explain" in query and models:
            predictor = self._predictors.of(project_id, models.pop(), beat)
            why.explain(
                predictor, sent.read(predictor), found, preview=query.get("preview", ""), until=until, beat=beat
            )


def key_of(query: dict[str, str]) -> str:
    """Who asks, as a release tells callers apart: by what the program says of whom it asks for, else by its token."""
    for name in ("caller", "token", "user"):
        if name in query:
            return f"{name} {query[name]}"
    return ""


class _Rows:
    """The rows of a request, as often as they are read; counted once, against what the caller may. More than
    ``explained`` of them are refused, where they are to be explained."""

    def __init__(self, environ: dict[str, Any], guard: Guard, caller: Caller, explained: int | None) -> None:
        self._environ, self._guard, self._caller, self._explained = environ, guard, caller, explained
        self._is_admitted = False
        self._files: list[UploadedFile] | None = None
        self._body: bytes | None = None

    def read(self, predictor: Predictor) -> rows.Asked:
        """Raises Stopped, TooMany, Invalid, NobodyWaits, what the reading of a form raises."""
        project = predictor.version.project
        if not self._is_admitted:
            self._guard.refuse_stopped(project, self._caller)
        asked = self._read(predictor)
        if not self._is_admitted and "querent.waits" in self._environ and not self._environ["querent.waits"]():
            raise NobodyWaits("nobody waits any more")
        if self._explained is not None and asked.n > self._explained:
            raise Invalid("explain", f"At most {self._explained} rows are explained at once, not {asked.n:,}.")
        if not self._is_admitted:
            self._guard.count(project, self._caller, asked.n)
            self._is_admitted = True
        return asked

    def _read(self, predictor: Predictor) -> rows.Asked:
        if not self._environ.get("CONTENT_TYPE", "").startswith("multipart/form-data"):
            if self._body is None:
                self._body = self._environ["wsgi.input"].read()
            return rows.read_json(predictor.builder, self._body)
        if self._files is None:
            self._files = files_of(self._environ)
        for file in self._files:
            file.seek(0)
        return rows.read_pictures(predictor.builder, self._files)


class _Answered:
    """An answer, and what is done once it is sent: gunicorn closes what it has iterated."""

    def __init__(self, data: bytes, afterwards: Callable[[], None]) -> None:
        self._data = data
        self._afterwards: Callable[[], None] | None = afterwards

    def __iter__(self) -> Iterator[bytes]:
        yield self._data

    def close(self) -> None:
        afterwards, self._afterwards = self._afterwards, None
        if afterwards is None:
            return
        try:
            afterwards()
        except Exception:  # who asked has the answer: the next one is not to suffer either
            logger.exception("what a release compares was not compared")


class _Names(FileUploadHandler):
    """The names of a form's files, in the order they came: Django keeps files by name."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def new_file(self, field_name: str, *args: Any, **kwargs: Any) -> None:
        self.found.append(field_name)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The next handler has the file."""


def files_of(environ: dict[str, Any]) -> list[UploadedFile]:
    """In the order they were sent, whatever they are called. Raises MultiPartParserError, SuspiciousOperation."""
    request, names = WSGIRequest(environ), _Names()
    request.upload_handlers.insert(0, names)
    by_name = {name: iter(some) for name, some in request.FILES.lists()}
    return [next(by_name[name]) for name in names.found]
