"""The content security policy, built once: it is the same for every answer that does not ask for one of its own."""

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.http import HttpRequest
from django.http.response import HttpResponseBase

_OF_ITS_OWN = ("_csp_config", "_csp_update", "_csp_replace", "_csp_exempt")


class ContentPolicyMiddleware(CSPMiddleware):
    """django-csp builds the header anew for every answer; here that is left to those with a nonce or a decorator."""

    def __init__(self, get_response: object) -> None:
        super().__init__(get_response)  # type: ignore[arg-type]  # what its own base takes
        self.everyday = build_policy()

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if "_csp_nonce" in request.__dict__ or any(name in response.__dict__ for name in _OF_ITS_OWN):
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self.everyday)
        return response
