"""Lists: ``{"next","previous","results"}``, at the same cost on every page."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.exceptions import ValidationError as RefusedParameter
from rest_framework.pagination import CursorPagination as BaseCursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from labeling.selectors.item_view import ItemsFound


class CursorPagination(BaseCursorPagination):
    """In the order of the view's ``ordering`` (by default as created), 100 rows a page, up to 1,000 by ``limit``."""

    page_size = 100
    page_size_query_param = "limit"
    max_page_size = 1000
    ordering = "pk"

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, ValidationError, OverflowError) as error:
            raise NotFound("Invalid cursor") from error

    def get_page_size(self, request: Request) -> int:
        """Raises ValidationError for a ``limit`` that is no number: DRF would take the default without a word."""
        given = request.query_params.get(self.page_size_query_param)
        if given is None:
            return self.page_size
        if not (given.isascii() and given.isdigit() and int(given[:20])):
            raise RefusedParameter({self.page_size_query_param: ["A whole number from 1."]})
        return min(int(given[:20]), self.max_page_size)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        parameters = super().get_schema_operation_parameters(view)
        for parameter in parameters:
            if parameter["name"] == self.page_size_query_param:
                parameter["schema"]["minimum"] = 1
        return parameters

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> tuple[str, ...]:
        chosen = getattr(view, "ordering", None) or self.ordering
        return (chosen,) if isinstance(chosen, str) else tuple(chosen)


class ItemPagination(CursorPagination):
    """Of items, whose order is walked by their index and not by the database."""

    def answer(self, request: Request, found: ItemsFound, rows: Any) -> Response:
        """The page with the addresses of those beside it."""
        here = request.build_absolute_uri()
        addresses = [replace_query_param(here, "cursor", one) if one else None for one in (found.older, found.newer)]
        return Response({"next": addresses[0], "previous": addresses[1], "total": found.total, "results": rows})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        paginated: dict[str, Any] = super().get_paginated_response_schema(schema)
        results = paginated["properties"].pop("results")
        paginated["properties"] |= {"total": {"type": ["integer", "null"]}, "results": results}
        return paginated
