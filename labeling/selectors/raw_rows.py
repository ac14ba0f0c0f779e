"""What every export reads by: plain SQL, and values in the form of the row."""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

import orjson
from django.db import connection

from labeling.models import User


def iso(column: str) -> str:
    """A timestamp as ISO 8601 text in UTC, written by the database: parsing it first would cost more than the row."""
    if connection.vendor == "sqlite":
        return f"replace({column}, ' ', 'T') || 'Z'"
    seconds = f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"
    return f"regexp_replace({seconds}, '\\.000000$', '') || 'Z'"


def fetch(sql: str, params: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def decoder() -> Callable[[str], Any]:
    """Stored JSON to objects; answers repeat, so each spelling is decoded once."""
    return lru_cache(maxsize=4096)(orjson.loads)


def usernames() -> Callable[[int | None], str | None]:
    @cache
    def username(user_id: int | None) -> str | None:
        return None if user_id is None else User.objects.values_list("username", flat=True).get(pk=user_id)

    return username
