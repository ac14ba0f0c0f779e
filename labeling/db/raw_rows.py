"""What every export reads by: plain SQL, and values in the form of the row."""

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import Model

from labeling.models import Project, User


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


def there_is(model: type[Model], project: Project) -> bool:
    """Whether the project has any row of the model: a small export asks this more often than it reads."""
    return bool(fetch(f"SELECT 1 FROM {model._meta.db_table} WHERE project_id = %s LIMIT 1", [project.pk]))


_USERNAME = f"SELECT username FROM {User._meta.db_table} WHERE id = %s"


def usernames() -> Callable[[int | None], str | None]:
    @cache
    def username(user_id: int | None) -> str | None:
        return None if user_id is None else fetch(_USERNAME, [user_id])[0][0]

    return username


def current_answers(
    project: Project,
    last_id: int,
    *,
    asked: str,
    split: str = "",
    sources: Sequence[str] = (),
    only: str = "",
    selection: str = "",
) -> tuple[str, list[Any]]:
    """The condition on annotations ``a`` with their tasks ``t`` and what was ``asked`` (the alias of items or pairs):
    those that were current when the last one of the set was stored and fit the filters; and its parameters."""
    where = """a.project_id = %s AND a.id <= %s AND a.answer IS NOT NULL AND (a.is_current OR EXISTS (
        SELECT 1 FROM labeling_annotation n
        WHERE n.task_id = a.task_id AND n.revision = a.revision + 1 AND n.id > %s)
        OR (a.source = 'review' AND EXISTS (SELECT 1 FROM labeling_annotation n WHERE n.item_id = a.item_id
            AND n.source = 'review' AND n.revision = a.revision + 1 AND n.id > %s)))"""
    params: list[Any] = [project.pk, last_id, last_id, last_id]
    for column, values in ((f"{asked}.split", [split] if split else []), ("a.source", sources)):
        if values:
            where += f" AND {column} IN ({', '.join(['%s'] * len(values))})"
            params += values
    if selection:
        where += f""" AND EXISTS (SELECT 1 FROM labeling_bulkitem b WHERE b.item_id = {asked}.id AND b.step_id = (
            SELECT s.id FROM labeling_bulkstep s WHERE s.public_id = %s AND s.project_id = %s))"""
        params += [UUID(selection).hex if connection.vendor == "sqlite" else selection, project.pk]
    if only == "iid":
        where += " AND t.reason IN ('eval', 'random')"
    return where, params
