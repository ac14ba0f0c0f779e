"""Random pairs at constant cost: a uniform first item, a uniform partner in its context.

An item is drawn by its ordinal and drawn again where it cannot be used, so every usable one has the same probability;
its partner by its place in the context, likewise. A pair that is full, or known to the person, is drawn again whole.
When that keeps failing hardly any are left, and a walk over them all finds the rest.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from labeling.db.pair_rows import Key, key_of
from labeling.models import Progress, Split
from labeling.services.serving.mixture import Rng

#: Draws of whole pairs before the walk; a person who knows half of all pairs gets past them once in sixteen times.
ROUNDS = 4
#: Parameters a statement is made for: few sizes, so that the database sees few statements.
SIZES = (8, 16, 32, 64, 128)
PLACES_AT_ONCE = 4
PARTNER_ROUNDS = 8
WALK_WINDOW = 16


@dataclass(frozen=True, slots=True)
class DrawnPair:
    """Two items that could meet, with what their propensity is made of."""

    key: Key
    context_id: int
    split: str
    #: how many of the two a draw of this split could begin with, and how many partners each of them has
    beginnings: int
    partners: int
    draw_key: int = -1

    @property
    def weight(self) -> float:
        """By either of its items: a draw gives the pair with this over the number of items to begin with."""
        return self.beginnings / max(1, self.partners)


@dataclass(frozen=True, slots=True)
class _First:
    pk: int
    context_id: int
    split: str
    place: int
    places: int
    partners: int


def draw(project_id: int, split: Split, count: int, progress: Progress, rng: Rng) -> list[DrawnPair]:
    """Up to ``count`` independent draws of pairs of a split; fewer when items or partners were not hit."""
    partnered = getattr(progress, f"{split}_partnered")
    if partnered < 1 or progress.next_ordinal < 2:
        return []
    size = _size(count * 1.5 * progress.next_ordinal / partnered + 2)
    ordinals = [int(rng.random() * progress.next_ordinal) for _ in range(size)]
    known = _firsts(project_id, split, ordinals)
    firsts = [known[ordinal] for ordinal in ordinals if ordinal in known][:count]
    return _with_partners(firsts, split, rng)


def _size(wanted: float) -> int:
    return next((size for size in SIZES if size >= math.ceil(wanted)), SIZES[-1])


def _firsts(project_id: int, split: Split, ordinals: Sequence[int]) -> dict[int, _First]:
    partners = "c.pool_active" if split == Split.POOL else "c.pool_active + c.eval_active"
    sql = f"""
        SELECT i.is_open, i.ordinal, i.id, c.id, i.split, i.place, c.items, {partners} - 1
        FROM labeling_item i JOIN labeling_context c ON c.id = i.in_context_id
        WHERE i.project_id = %s AND i.ordinal IN ({", ".join(["%s"] * len(ordinals))})"""
    # open and split are looked at here: asked for in SQL, SQLite would read the whole index of open items of the split
    rows = [(ordinal, _First(*of)) for is_open, ordinal, *of in _fetch(sql, [project_id, *ordinals]) if is_open]
    return {ordinal: first for ordinal, first in rows if first.split == split and first.partners > 0}


def _with_partners(firsts: list[_First], split: Split, rng: Rng) -> list[DrawnPair]:
    """Each first with its partner, in the order of the draw."""
    found: dict[int, DrawnPair] = {}
    missing = dict(enumerate(firsts))
    for _ in range(PARTNER_ROUNDS):
        if not missing:
            break
        drawn = {at: [_place(first, rng) for _ in range(PLACES_AT_ONCE)] for at, first in missing.items()}
        there = _at([(missing[at].context_id, place) for at, places in drawn.items() for place in places], split)
        for at, places in drawn.items():
            first = missing[at]
            hit = next((there[key] for place in places if (key := (first.context_id, place)) in there), None)
            if hit:
                pk, other_split = hit
                beginnings = 2 if split == Split.POOL or other_split == Split.EVAL else 1
                found[at] = DrawnPair(
                    key_of(first.pk, pk), first.context_id, split.value, beginnings, first.partners
                )  # fmt: skip
                del missing[at]
    return [found[at] for at in sorted(found)]


def _place(first: _First, rng: Rng) -> int:
    """A uniform place of the context other than the item's own."""
    place = int(rng.random() * (first.places - 1))
    return place + 1 if place >= first.place else place


def _at(wanted: list[tuple[int, int]], split: Split) -> dict[tuple[int, int], tuple[int, str]]:
    """Usable items by (context, place)."""
    places = " OR ".join(["(in_context_id = %s AND place = %s)"] * len(wanted))
    sql = f"SELECT in_context_id, place, id, split, is_open FROM labeling_item WHERE {places}"
    rows = _fetch(sql, [value for pair in wanted for value in pair])
    return {
        (context, place): (pk, side)
        for context, place, pk, side, is_open in rows
        if is_open and (split == Split.EVAL or side == Split.POOL)
    }


def walk(
    project_id: int, user_id: int, split: Split, span: tuple[int, int], without: Collection[Key], count: int
) -> list[DrawnPair]:
    """Pairs of the split that the person may be asked about, in the order of their first item's draw key in ``span``.

    Reads on from the lower end: cheap from where everything before is known to be used up.
    """
    own = "j.split = 'pool' AND i.id < j.id" if split == Split.POOL else "(j.split = 'pool' OR i.id < j.id)"
    low = "CASE WHEN i.id < j.id THEN i.id ELSE j.id END"
    high = "CASE WHEN i.id < j.id THEN j.id ELSE i.id END"
    partners = "c.pool_active" if split == Split.POOL else "c.pool_active + c.eval_active"
    sql = f"""
        SELECT {low}, {high}, c.id, j.split, {partners} - 1, i.draw_key
        FROM labeling_item i
        JOIN labeling_context c ON c.id = i.in_context_id
        JOIN labeling_item j ON j.in_context_id = i.in_context_id AND j.id <> i.id AND j.is_open AND {own}
        LEFT JOIN labeling_pair p ON p.first_id = {low} AND p.second_id = {high}
        WHERE i.project_id = %s AND i.split = %s AND i.is_open AND i.draw_key > %s AND i.draw_key <= %s
            AND (p.id IS NULL OR (p.status = 'active' AND p.slots_taken < p.annotations_required AND NOT EXISTS (
                SELECT 1 FROM labeling_task t
                WHERE t.pair_id = p.id AND t.annotator_id = %s AND t.state <> 'expired')))
        ORDER BY i.draw_key LIMIT %s"""
    limit = count + len(without) + WALK_WINDOW
    rows = _fetch(sql, [project_id, split.value, *span, user_id, limit])
    return [
        DrawnPair(
            (first, second), context, split.value, 2 if split == Split.POOL or side == Split.EVAL else 1, partners_, at
        )
        for first, second, context, side, partners_, at in rows
        if (first, second) not in without
    ]  # fmt: skip


def _fetch(sql: str, params: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
