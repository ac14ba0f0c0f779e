"""``Authorization: Token <key>``."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from labeling.models import ApiToken, Machine, User
from labeling.services.accounts.tokens import token_for

KEYWORD = "Token"


def names_token(request: Request) -> bool:
    """Whether it is a token by which the request says who asks, and no session."""
    scheme = get_authorization_header(request).split()[:1]
    return bool(scheme) and scheme[0].lower() == KEYWORD.lower().encode()


class TokenAuthentication(BaseAuthentication):
    """By the hash of the key, in one query."""

    def authenticate(self, request: Request) -> tuple[User | Machine, ApiToken] | None:
        if not names_token(request):
            return None
        parts = get_authorization_header(request).split()
        if len(parts) != 2:
            raise AuthenticationFailed("Expected the header Authorization: Token <key>.")
        token = token_for(parts[1].decode("latin-1"))
        if token is not None and token.machine is not None and token.machine.ended_at is None:
            return token.machine, token
        if token is None or token.user is None or not token.user.is_active:
            raise AuthenticationFailed("This token is unknown, has run out or was revoked.")
        token.user.confined_to = token.project_id  # type: ignore[misc]  # of this request's own user object
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return KEYWORD


class TokenScheme(OpenApiAuthenticationExtension):
    """Describes the header in the schema."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token <key>`; a key is made on the page Tokens or by POST /api/v1/auth/token/.",
        }
