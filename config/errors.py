"""What a request gets that met an error nobody handled: in JSON for programs, as a page for people.

``handler500`` and no middleware: it hears of errors in middleware too, where sessions are read, and costs nothing else.
"""

import logging
import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader

from labeling.selectors.access import is_gone
from labeling.services.outages.causes import Outage, outage_of

log = logging.getLogger(__name__)

BROKEN = "Something broke on our side. It was written to the log; what was saved before is safe."
GONE = "Not there any more: it was deleted meanwhile."


def server_error(request: HttpRequest) -> HttpResponse:
    """503 or 507 with ``Retry-After`` for trouble that passes, 404 for a project deleted meanwhile, else 500."""
    error = sys.exc_info()[1]
    if outage := outage_of(error):
        return answer_to(request, outage, error)
    if error is not None and is_gone(getattr(request, "project", None), error):
        return _answer(request, 404, {"detail": GONE}, "404.html")
    return _answer(request, 500, {"detail": BROKEN}, "500.html")


def answer_to(request: HttpRequest, outage: Outage, error: BaseException | None) -> HttpResponse:
    """The answer that says what is the matter and when to try again; one line in the log, not a traceback each."""
    log.warning("%s %s: %s, answered %s: %s", request.method, request.path, outage.cause, outage.status, error)
    response = _answer(request, outage.status, outage.body, "503.html")
    response["Retry-After"] = str(outage.retry_after_s)
    response["Cache-Control"] = "no-store"
    response._has_been_logged = True  # type: ignore[attr-defined]  # else Django writes the traceback too
    return response


def _answer(request: HttpRequest, status: int, body: dict[str, object], template: str) -> HttpResponse:
    if wants_json(request):
        return JsonResponse(body, status=status)
    # without the request: its context processors ask the database, which may be what is away
    return HttpResponse(loader.get_template(template).render({"outage": body}), status=status)


def wants_json(request: HttpRequest) -> bool:
    """REST always, and the scripts of pages, which accept JSON only."""
    return request.path_info.startswith("/api/") or request.headers.get("Accept", "") == "application/json"
