"""What a token may be used for: one permission class of every view, so that a new endpoint is closed by default."""

from typing import Any

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from labeling.models import ApiToken, Scope

READ = frozenset({Scope.READ})
ENTER = frozenset({Scope.READ, Scope.LABEL})
LABEL = frozenset({Scope.LABEL})
MANAGE = frozenset({Scope.MANAGE})
PREDICT = frozenset({Scope.PREDICT})
#: What came of asking.
PREDICTED = frozenset({Scope.READ, Scope.PREDICT})


def scopes_of(view: Any, method: str | None) -> frozenset[Scope]:
    """The scopes any of which opens the call. A view says it in ``scopes_to_read`` and ``scopes_to_write``."""
    if method in SAFE_METHODS:
        return getattr(view, "scopes_to_read", READ)
    return getattr(view, "scopes_to_write", MANAGE)


class TokenScope(BasePermission):
    """Lets a session pass; a token needs the scope, and one for a single project an address inside of a project. A
    machine's token opens only what a view opens for it by ``machines_may``."""

    def has_permission(self, request: Request, view: Any) -> bool:
        token = request.auth
        if not isinstance(token, ApiToken):
            return True
        needed = scopes_of(view, request.method)
        if needed.isdisjoint(token.scope_set):
            scope = next(scope for scope in Scope if scope in needed)
            raise PermissionDenied(
                {"detail": f"This token lacks the scope {scope.value} ({scope.label}).", "missing_scope": scope.value}
            )
        if token.machine_id and not getattr(view, "machines_may", False):
            raise PermissionDenied("A machine reads the items there are to predict and imports predictions.")
        if token.project_id and not view.kwargs and request.method not in getattr(view, "narrowed_methods", ()):
            raise PermissionDenied("This token is for one project only.")
        return True
