"""``/healthz``: this process answers. ``/readyz``: everything its work needs is there, and if not, what is wrong."""

from collections.abc import Callable

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from config.readiness import readiness

PATH = "/healthz"
READY_PATH = "/readyz"


class HealthMiddleware:
    """Answers both before anything looks at the host name, so that a probe by address works too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == PATH:
            return health()
        return ready() if request.path_info == READY_PATH else self.get_response(request)


def health() -> HttpResponse:
    """200 ``ok`` when the database answers, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("the database does not answer\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain", headers={"Cache-Control": "no-store"})


def ready() -> HttpResponse:
    """200 or 503; the body names each check and, in ``wrong``, those that fail."""
    report = readiness.report()
    return JsonResponse(report, status=200 if report["ready"] else 503, headers={"Cache-Control": "no-store"})
