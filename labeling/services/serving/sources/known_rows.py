"""Gold questions: random ones out of what has a known answer, for each person others.

Everybody walking in one order would give the same few to all, and who has been asked longest could tell the others
which come first. So a place is drawn, a run of known answers behind it is looked at, and some of those are drawn:
exactly uniform while no more than a run is left, and the same cost however many there are.

Who agrees too well with others is asked half of it where a shared lie would show (``Member.gold_aims``, decision 0095).
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from labeling.db.prepared import Prepared, PreparedRows
from labeling.models import Reason
from labeling.models.known_answer import KEY_BITS
from labeling.services.serving.cursor import AnnotatorCursor
from labeling.services.serving.mixture import Rng
from labeling.services.serving.sources.base import Pick, SubjectSource

GOLD = "gold"
#: Known answers that are looked at: more than the questions one person may hold.
RUN = 128
KEYS = 2**KEY_BITS
#: Share of a suspect's gold questions that is chosen: the rest stays random, and by that rest alone a person is judged.
AIMED_SHARE = 0.5


def draw(source: SubjectSource, cursor: AnnotatorCursor, count: int, without: Sequence[int], rng: Rng) -> list[Pick]:
    """Up to ``count`` rows of the pool whose answer is known and about which the person has not been asked.

    Of the eval split none: it is asked about in its own order, and a truth that was told would spoil what it measures.
    """
    if count <= 0 or cursor.is_exhausted(GOLD):
        return []
    aims = cursor.member.gold_aims or []
    n_aimed = sum(rng.random() < AIMED_SHARE for _ in range(count)) if aims else 0
    aimed = _chosen(_among(*_who(cursor), *aims, source=source), n_aimed, without, rng) if n_aimed else []
    at_random = _at_random(source, cursor, count - len(aimed), [*without, *aimed], rng)
    rows = _these(*aimed, *at_random, pictures=cursor.pictures, source=source) if aimed or at_random else []
    return [Pick(row, Reason.GOLD, is_aimed=row.pk in aimed) for row in rows]


def _who(cursor: AnnotatorCursor) -> tuple[int, int]:
    return cursor.project.pk, cursor.member.user_id


def _at_random(
    source: SubjectSource, cursor: AnnotatorCursor, count: int, without: Sequence[int], rng: Rng
) -> list[int]:
    if count <= 0:
        return []
    place = int(rng.random() * KEYS)
    found = _run(*_who(cursor), place, KEYS - 1, source=source)
    if len(found) < RUN:
        found += _run(*_who(cursor), -1, place, source=source)[: RUN - len(found)]
    if not found:
        cursor.exhaust(GOLD)
    return _chosen(found, count, without, rng)


def _chosen(found: Sequence[tuple[Any, ...]], count: int, without: Sequence[int], rng: Rng) -> list[int]:
    left = [pk for (pk,) in found if pk not in without]
    return [left.pop(int(rng.random() * len(left))) for _ in range(min(count, len(left)))]


@PreparedRows
def _run(project: int, user: int, after: int, last: int, *, source: SubjectSource) -> "QuerySet[Any, Any]":
    known = source.known(project, user).filter(draw_key__gt=after, draw_key__lte=last)
    return known.order_by("draw_key").values_list(source.known_row)[:RUN]


@PreparedRows
def _among(project: int, user: int, *pks: int, source: SubjectSource) -> "QuerySet[Any, Any]":
    known = source.known(project, user).filter(**{f"{source.known_row}__in": pks})
    return known.order_by("draw_key").values_list(source.known_row)


@Prepared
def _these(*pks: int, pictures: bool, source: SubjectSource) -> "QuerySet[Any]":
    """No lock: gold has room for everybody."""
    rows = source.model._default_manager.filter(pk__in=pks).order_by()
    related = source.related(pictures)
    return rows.select_related(*related) if related else rows
