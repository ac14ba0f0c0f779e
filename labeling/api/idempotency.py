"""A request that may be sent twice makes one thing: its key becomes the id of what it makes."""

import uuid
from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError
from django.db.models import Model, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from labeling.api.exceptions import Conflict

J = TypeVar("J", bound=Model)

HEADER = "Idempotency-Key"
KEY = OpenApiParameter(
    HEADER,
    OpenApiTypes.UUID,
    OpenApiParameter.HEADER,
    description="A UUID made by the caller for this request. It becomes the id of what is made; the same request sent "
    "again with it is answered with what the first one made.",
)
ANOTHER = "This Idempotency-Key was used for another request."


def once(request: Request, own: QuerySet[J], make: Callable[[uuid.UUID], J], is_same: Callable[[J], bool]) -> J:
    """What an earlier request with the same key made, else what ``make`` makes under that id.

    ``own`` are the rows that the caller may have made; a key of anybody else's row, or of a row that ``is_same`` says
    came of another request, is refused with 409.
    """
    key = _key_of(request)
    if key is None:
        return make(uuid.uuid4())
    earlier = own.filter(public_id=key).first()
    if earlier is None:
        try:
            return make(key)
        except IntegrityError:  # the same request arrived twice at once, or the id is somebody else's
            earlier = own.filter(public_id=key).first()
    if earlier is None or not is_same(earlier):
        raise Conflict(ANOTHER)
    return earlier


def _key_of(request: Request) -> uuid.UUID | None:
    given = request.headers.get(HEADER)
    if given is None:
        return None
    try:
        key = uuid.UUID(given)
    except ValueError:
        key = None
    if key is None or str(key) != given.lower():  # UUID() also reads braces, urn: and no hyphens
        raise ValidationError({HEADER: ["A UUID, such as 123e4567-e89b-42d3-a456-426614174000."]})
    return key
