"""The content security policy, built once: it is the same for every answer that does not ask for one of its own."""

from csp.constants import HEADER
from csp.middleware import CheckableLazyObject, CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

_OF_ITS_OWN = ("_csp_config", "_csp_update", "_csp_replace", "_csp_exempt")


class ContentPolicyMiddleware(CSPMiddleware):
    """django-csp builds the header anew for every answer; here that is left to those with a nonce or a decorator."""

    def __init__(self, get_response: object) -> None:
        super().__init__(get_response)  # type: ignore[arg-type]  # what its own base takes
        self.everyday = build_policy()
        # the library looks at more than one header then: at the address, at a second policy, at its own error pages
        excluded = settings.CONTENT_SECURITY_POLICY.get("EXCLUDE_URL_PREFIXES")
        self.is_one_for_all = not (excluded or build_policy(report_only=True) or settings.DEBUG)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        has_its_own = "_csp_nonce" in request.__dict__ or any(name in response.__dict__ for name in _OF_ITS_OWN)
        if has_its_own or not self.is_one_for_all:
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self.everyday)
        request.csp_nonce = CheckableLazyObject(self._csp_nonce_post_response)  # type: ignore[attr-defined]  # too late
        return response
