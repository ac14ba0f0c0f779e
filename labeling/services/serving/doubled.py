"""Eval items that two people answer, so that it is known how far people agree: the ceiling for every model.

Which ones is drawn by the last digits of ``Item.draw_key``, a seeded hash made at import: no annotator, no model and no
order of import has a say in it, and a larger share only adds items.
"""

from django.db.models import Case, F, Q, QuerySet, Value, When

from labeling.kinds import kind_of
from labeling.models import Item, Project, Split

_SPAN = 1_000
_EVAL = Split.EVAL.value  # once a row of every import
#: Answers a doubled item gets at least.
PEOPLE = 2


def share_of(project: Project) -> float:
    """Share of the eval items that are doubled; pairs have repeats and their own measure of agreement."""
    return project.eval_double_share if kind_of(project).doubles_eval_items else 0.0


def slots_of(split: str, draw_key: int, overlap: int, share: float) -> tuple[int, int]:
    """``annotations_required`` and ``extra_slots`` of a new item: the extra is wanted, but the item is done without."""
    if split != _EVAL or draw_key % _SPAN >= share * _SPAN or overlap >= PEOPLE:
        return overlap, 0
    return PEOPLE, PEOPLE - overlap


def with_wanted(items: "QuerySet[Item]", overlap: int, share: float) -> "QuerySet[Item]":
    """Each with ``wanted`` and ``wanted_spare``: what ``slots_of`` says, for items that are there already."""
    few = max(0, PEOPLE - overlap)
    doubled = Q(split=Split.EVAL, drawn__lt=share * _SPAN)
    return items.annotate(drawn=F("draw_key") % _SPAN).annotate(
        wanted=Case(When(doubled, then=Value(overlap + few)), default=Value(overlap)),
        wanted_spare=Case(When(doubled, then=Value(few)), default=Value(0)),
    )
