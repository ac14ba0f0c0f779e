"""Sign-in over REST."""

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.base import body
from labeling.api.serializers import TokenIn, TokenOut
from labeling.models import User
from labeling.services.accounts.sign_in import TooManyAttempts, slow_down
from labeling.services.accounts.sign_in.axes_handler import address_of
from labeling.services.accounts.sign_in.limits import Limit
from labeling.services.accounts.tokens import sign_in_token

LIMITS = ("scopes", "project", "expires_in_days")
CALLS = Limit("token", *settings.AUTH_THROTTLE)


class TokenView(APIView):
    authentication_classes: Any = []
    permission_classes: Any = []

    @extend_schema(operation_id="auth_token", request=TokenIn, responses=TokenOut, auth=[])
    def post(self, request: Request) -> Response:
        """A new token for the person. Guessing is slowed down and then locked out."""
        given = body(TokenIn, request)
        http = request._request
        slow_down(given["username"], address_of(http), CALLS)
        user = authenticate(http, username=given["username"], password=given["password"])
        if getattr(http, "axes_locked_out", False):
            http.axes_locked_out = False  # type: ignore[attr-defined]  # else its middleware answers with a page
            raise TooManyAttempts(http.sign_in_wait_s)  # type: ignore[attr-defined]
        if not isinstance(user, User):
            raise ValidationError({"password": ["Username and password do not fit together."]})
        user_logged_in.send(User, request=http, user=user)  # forgives the failed attempts
        token, key = sign_in_token(user, **{name: given[name] for name in LIMITS if name in given})
        project = token.project.slug if token.project else None
        answer = {"token": key, "scopes": token.scopes.split(), "project": project, "expires_at": token.expires_at}
        return Response(answer)
