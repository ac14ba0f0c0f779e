"""Weights by which answers that a strategy chose speak for the whole pool: LURE, the levelled unbiased risk estimator.

Of ``M`` answers, the one drawn with propensity ``q`` out of ``n`` open items weighs

    v = 1 + left / (n - 1) * (1 / (n * q) - 1)

with ``left`` the open items after the last draw; while nothing but draws changes the pool this is the published
formula, for ``n = N - m + 1`` and ``left = N - M``. ``mean(weight * loss)`` then estimates the mean loss over the pool,
``loss`` being that of a model that has not seen the row. It assumes

* one answer an item (``overlap`` 1): with more, each person draws from a pool of their own;
* that what leaves the pool without an answer (skipped, set aside, leased just now) does so whatever its loss is. An
  expired or taken back question counts by the draw that was answered in the end;
* that the probability of a question is the recorded mixture of the random draw and the queue. Several annotators walk
  one queue and draw independently, so that holds for all of them; questions fetched together are drawn as one.

The pool may grow. Draws since it last grew by more than a twentieth estimate it; what was answered before is part of
it and known. With ``E`` such earlier answers, ``L`` later ones, and ``n0`` open items when the later draws began, the
pool is ``E + n0`` items, an earlier answer weighs ``M / (E + n0)`` and a later one ``M / (E + n0) * n0 / L * v``.

Source: S. Farquhar, Y. Gal, T. Rainforth, "On statistical bias in active learning: how and when to fix it", ICLR 2021.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.db import connection
from django.db.models import F

from labeling.kinds import PerSubject, kind_of
from labeling.models import Item, Project, Reason, Split

#: Draws that had this share of the present items to choose from count as draws from the present pool.
SAME_POOL = 0.95

Weight = tuple[float | None, str | None]

_NOT_DRAWN: dict[str | None, str] = {
    None: "imported",
    Reason.EVAL.value: "eval split",
    Reason.GOLD.value: "known answer",
    Reason.REPEAT.value: "asked again",
    Reason.RELABEL.value: "asked again",
    Reason.SECOND_OPINION.value: "asked again",
}


@dataclass(frozen=True, slots=True)
class LureWeights:
    """What the weights of a project share. ``missing``: why there are none; ``before``: the last earlier draw."""

    missing: str = ""
    before: int = 0
    left: int = 0
    earlier: float = 1.0
    later: float = 1.0

    def weight(self, reason: str | None, propensity: float | None, pool_size: int | None, draw: int | None) -> Weight:
        """The weight of an answer, or None and why."""
        if reason in _NOT_DRAWN:
            return None, _NOT_DRAWN[reason]
        if self.missing:
            return None, self.missing
        if not propensity or not pool_size or draw is None:
            return None, "no propensity on record"
        if draw <= self.before:
            return self.earlier, None
        if pool_size == 1:
            return self.later, None
        share = self.left / (pool_size - 1)
        if share > 1.0:  # the pool grew a little after this draw
            share = 1.0
        return self.later * (1.0 + share * (1.0 / (pool_size * propensity) - 1.0)), None

    def of(
        self,
        reasons: Sequence[str | None],
        propensities: Sequence[float | None],
        pool_sizes: Sequence[int | None],
        draws: Sequence[int | None],
    ) -> tuple[list[float | None], list[str | None]]:
        """The weights of one or more answers, and why there is none."""
        n = len(reasons)
        if _NOT_DRAWN.keys().isdisjoint(reasons):
            if self.missing:
                return [None] * n, [self.missing] * n
            if all(propensities) and all(pool_sizes) and None not in draws:
                sizes, when = cast(Sequence[int], pool_sizes), cast(Sequence[int], draws)
                if min(sizes) > 1 and min(when) > self.before:  # as ``weight``, without a call an answer
                    later, left, chances = self.later, self.left, cast(Sequence[float], propensities)
                    shares = [left / (size - 1) if left < size else 1.0 for size in sizes]
                    weights: list[float | None] = [
                        later * (1.0 + (share if share < 1.0 else 1.0) * (1.0 / (size * chance) - 1.0))
                        for share, size, chance in zip(shares, sizes, chances, strict=True)
                    ]
                    return weights, [None] * n
        weighed = list(map(self.weight, reasons, propensities, pool_sizes, draws))
        return [weight for weight, _ in weighed], [missing for _, missing in weighed]


#: Why there are none, by what is asked about.
_NO_WEIGHTS = PerSubject(item="", pair="pairs")


def lure_weights(project: Project, answered: str, params: Sequence[Any], ordinal_below: int) -> LureWeights:
    """``answered``, with its ``params``, is the SQL condition of the answers of the whole data set (a and t)."""
    if none := _NO_WEIGHTS.of(kind_of(project).subject):
        return LureWeights(none)
    # second opinions are spare slots, and no draws: of the first answers every item has one
    several = Item.objects.filter(project=project, split=Split.POOL, annotations_required__gt=F("extra_slots") + 1)
    if several.exists():
        return LureWeights("several answers an item")
    sql = f"""
        WITH grown AS (SELECT MAX(created_at) AS at FROM (SELECT created_at FROM labeling_item
            WHERE project_id = %s AND split = 'pool' AND ordinal < %s ORDER BY ordinal DESC LIMIT 1) newest)
        SELECT COUNT(*), COUNT(CASE WHEN t.created_at > grown.at THEN 1 END),
            MIN(CASE WHEN t.created_at > grown.at THEN t.pool_size END),
            MAX(CASE WHEN t.created_at > grown.at THEN t.pool_size END),
            MAX(CASE WHEN t.created_at > grown.at THEN 0 ELSE t.draw END)
        FROM labeling_annotation a JOIN labeling_task t ON t.id = a.task_id CROSS JOIN grown
        WHERE {answered} AND t.draw IS NOT NULL"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [project.pk, math.ceil(SAME_POOL * ordinal_below), *params])
        answers, since, smallest, largest, before = cursor.fetchone()
    if not since:
        return LureWeights("nothing was asked since the pool grew" if answers else "nothing was drawn")
    scale = answers / (answers - since + largest)
    return LureWeights("", before, smallest - 1, scale, scale * largest / since)
