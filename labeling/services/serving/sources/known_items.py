"""Gold questions about items: random ones out of those whose answer is known, for each person others.

Everybody walking in one order would give the same few to all, and who has been asked longest could tell the others
which come first. So a place is drawn, a run of known answers behind it is looked at, and some of those are drawn:
exactly uniform while no more than a run is left, and the same cost however many there are.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from labeling.db.prepared import Prepared, PreparedRows
from labeling.models import Item, ItemStatus, KnownAnswer, KnownFrom, PracticeQuestion, Split
from labeling.models.known_answer import KEY_BITS
from labeling.services.serving.cursor import AnnotatorCursor
from labeling.services.serving.mixture import Rng
from labeling.services.serving.sources.base import SubjectSource, asked
from labeling.services.serving.sources.walk import GOLD

#: Known answers that are looked at: more than the questions one person may hold.
RUN = 128
KEYS = 2**KEY_BITS


def draw(source: SubjectSource, cursor: AnnotatorCursor, count: int, without: Sequence[int], rng: Rng) -> list[Item]:
    """Up to ``count`` items of the pool whose answer is known and about which the person has not been asked.

    Of the eval split none: it is asked about in its own order, and a truth that was told would spoil what it measures.
    """
    if count <= 0 or cursor.is_exhausted(GOLD):
        return []
    who = cursor.project.pk, cursor.member.user_id
    place = int(rng.random() * KEYS)
    found = _run(*who, place, KEYS - 1, source=source)
    if len(found) < RUN:
        found += _run(*who, -1, place, source=source)[: RUN - len(found)]
    if not found:
        cursor.exhaust(GOLD)
    left = [pk for (pk,) in found if pk not in without]
    chosen = [left.pop(int(rng.random() * len(left))) for _ in range(min(count, len(left)))]
    return list(_these(*chosen, pictures=cursor.pictures, source=source)) if chosen else []


@PreparedRows
def _run(project: int, user: int, after: int, last: int, *, source: SubjectSource) -> "QuerySet[Any, Any]":
    known = KnownAnswer.objects.filter(project=project, draw_key__gt=after, draw_key__lte=last)
    known = known.filter(~asked(source, user, "item"), item__split=Split.POOL, item__status=ItemStatus.ACTIVE)
    known = known.exclude(made_by=user, origin__in=[KnownFrom.HAND, KnownFrom.REVIEW])  # who knows it by heart
    practised = PracticeQuestion.objects.filter(item=OuterRef("item"), round__user=user)
    known = known.filter(~Exists(practised))
    return known.order_by("draw_key").values_list("item")[:RUN]


@Prepared
def _these(*pks: int, pictures: bool, source: SubjectSource) -> "QuerySet[Item]":
    """No lock: gold has room for everybody."""
    rows = Item.objects.filter(pk__in=pks).order_by()
    related = source.related(pictures)
    return rows.select_related(*related) if related else rows
