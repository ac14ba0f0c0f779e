"""What our schema says beyond drf-spectacular: scopes that open an operation, bodies that take no other fields."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema

from labeling.api.scopes import TokenScope, scopes_of


class ScopedSchema(AutoSchema):
    """Adds ``x-token-scopes``; any one of them is enough."""

    def get_extensions(self) -> dict[str, Any]:
        open_to_all = TokenScope not in self.view.permission_classes
        scopes = [] if open_to_all else sorted(scopes_of(self.view, self.method))
        return {**super().get_extensions(), **({"x-token-scopes": [str(scope) for scope in scopes]} if scopes else {})}


class StrictBody(OpenApiSerializerExtension):
    """A serializer that refuses unknown fields says so."""

    target_class = "labeling.api.base.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        mapped: dict[str, Any] = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return {**mapped, "additionalProperties": False}
