"""Rows of pairs by their items. Whoever inserts holds the project's Progress row, so two never insert the same pair."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import orjson
from django.db import connection

from labeling.db.insert import RawInsert, now
from labeling.models import Item, Pair, Split
from labeling.models.pair import new_draw_key

Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Meeting:
    """An item as far as pairing goes."""

    pk: int
    context_id: int | None
    split: str
    status: str


def meetings(items: Iterable[tuple[int, int | None, str, str]]) -> dict[int, Meeting]:
    """By item id, of ``(id, in_context_id, split, status)``."""
    return {row[0]: Meeting(*row) for row in items}


MEETING_FIELDS = ("pk", "in_context_id", "split", "status")


def key_of(one: int, other: int) -> Key:
    return (one, other) if one < other else (other, one)


def split_of(one: str, other: str) -> str:
    """Pool when both items are pool: an eval pair is never trained on."""
    return Split.POOL.value if one == other == Split.POOL else Split.EVAL.value


def known(keys: Collection[Key]) -> dict[Key, int]:
    """Pair ids of those (first, second) that have a row: one query however many."""
    if not keys:
        return {}
    table = Pair._meta.db_table
    firsts, seconds = [key[0] for key in keys], [key[1] for key in keys]
    if connection.vendor == "postgresql":
        source, params = "unnest(%s, %s) AS j(a, b)", [firsts, seconds]
    else:
        source = "(SELECT json_extract(value, '$[0]') AS a, json_extract(value, '$[1]') AS b FROM json_each(%s)) j"
        params = [orjson.dumps(list(keys)).decode()]  # type: ignore[list-item]  # one text
    sql = f"SELECT p.first_id, p.second_id, p.id FROM {source} JOIN {table} p ON p.first_id = j.a AND p.second_id = j.b"
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return {(first, second): pk for first, second, pk in cursor.fetchall()}


def insert(
    project_id: int, missing: Sequence[tuple[Key, int, str]], *, overlap: int, is_given: bool = False
) -> dict[Key, int]:
    """Inserts ``[((first, second), context, split)]``, none of which is there, and returns their ids."""
    constants = {
        "project": project_id, "created_at": now(), "annotations_required": overlap, "is_given": is_given,
    }  # fmt: skip
    RawInsert(Pair, ("first", "second", "context", "split", "draw_key"), constants)(
        (*key, context_id, split, new_draw_key()) for key, context_id, split in missing
    )
    return known([key for key, _, _ in missing])


def items_by_id(project_id: int, ids: Collection[int]) -> dict[int, Meeting]:
    """Those of the project's items, in bounded queries."""
    listed = sorted(ids)
    found: dict[int, Meeting] = {}
    for start in range(0, len(listed), 900):
        rows = Item.objects.numbered(project_id, listed[start : start + 900])
        found |= meetings(rows.values_list(*MEETING_FIELDS))
    return found
