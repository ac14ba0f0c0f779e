"""The OpenAPI document and its page."""

from typing import Any

from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

ERRORS = {
    "400": "A field does not fit; the body names it and the reason.",
    "401": "No valid token or session.",
    "403": "Your role does not allow this.",
    "404": "Not there, or not for you.",
    "405": "There is no such method here.",
    "406": "Only JSON is offered.",
    "408": "The request came too slowly.",
    "409": "Not possible in the present state.",
    "413": "The body is too large.",
    "414": "The address is too long.",
    "415": "The body is not of a type that is read here.",
    "429": "Too many attempts.",
    "431": "A header is too long.",
    "503": "The server is busy or cannot reach its data; Retry-After says when to try again.",
    "507": "The server's disk is full: nothing was saved. Retry-After says when to try again.",
}


def describe_errors(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Adds the answers that every call may give; a postprocessing hook of the schema generator."""
    result.setdefault("components", {}).setdefault("schemas", {})["Error"] = {
        "type": ["object", "array"],
        "description": '{"detail": reason} or {field: [reasons]}, nested like the body.',
    }
    answer = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    for path in result["paths"].values():
        for method, operation in path.items():
            if method not in {"get", "put", "post", "patch", "delete"}:
                continue
            for code, text in ERRORS.items():
                operation["responses"].setdefault(code, {"description": text, "content": answer})
    return result


class SchemaView(SpectacularAPIView):
    permission_classes = [AllowAny]


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI from our own static files; its script comes from an address, so that the strict CSP holds."""

    permission_classes = [AllowAny]
    url_name = "api:schema"
    template_name = "api/docs.html"


class NoSuchEndpoint(APIView):
    """Any other address below /api/v1/: a JSON 404 instead of a page."""

    permission_classes = [AllowAny]

    @extend_schema(exclude=True)
    def get(self, request: Request, rest: str) -> Response:
        raise NotFound("There is no such address in the API; see /api/v1/docs/.")

    put = post = patch = delete = get
