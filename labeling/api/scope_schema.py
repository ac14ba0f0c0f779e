"""The schema says beside each operation which scopes of a token open it."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

from labeling.api.scopes import TokenScope, scopes_of


class ScopedSchema(AutoSchema):
    """Adds ``x-token-scopes``; any one of them is enough."""

    def get_extensions(self) -> dict[str, Any]:
        open_to_all = TokenScope not in self.view.permission_classes
        scopes = [] if open_to_all else sorted(scopes_of(self.view, self.method))
        return {**super().get_extensions(), **({"x-token-scopes": [str(scope) for scope in scopes]} if scopes else {})}
