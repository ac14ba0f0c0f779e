"""Items made of doubtful predictions: one of the draws that a question of the pool comes from (decision 0117).

They are items of the pool like any others: a random draw and the queue find them too. So what is recorded for whatever
is drawn is the chance of all three draws together, and the weights that rest on it stay right.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from labeling.db.prepared import Prepared, PreparedRows
from labeling.models import Reason, Split
from labeling.models.item import PRODUCTION
from labeling.services.serving.cursor import AnnotatorCursor
from labeling.services.serving.mixture import Rng
from labeling.services.serving.sources.base import Pick, SubjectSource, asked

#: The oldest so many are drawn from; the others wait, and have no chance but those of any item of the pool.
MOST_WAITING = 1_000


def waiting(source: SubjectSource, cursor: AnnotatorCursor) -> list[int]:
    """Those that are free and new to the person; none while the project has no use for them."""
    project = cursor.project
    if not (project.asks_what_came_back and project.production_share):
        return []
    return [pk for (pk,) in _waiting(project.pk, cursor.member.user_id, source=source)]


def draw(
    source: SubjectSource, cursor: AnnotatorCursor, among: list[int], count: int, picks: Sequence[Pick], rng: Rng
) -> list[Pick]:
    """Up to ``count`` of ``among``, uniformly, with their locks; those that others hold just now are passed over."""
    given = {pick.row.pk for pick in picks}
    left = [pk for pk in among if pk not in given]
    chosen = [left.pop(int(rng.random() * len(left))) for _ in range(min(count, len(left)))]
    rows = _locked(*chosen, source=source, pictures=cursor.pictures) if chosen else []
    return [Pick(row, Reason.FEEDBACK) for row in rows]


@PreparedRows
def _waiting(project: int, user: int, *, source: SubjectSource) -> "QuerySet[Any, Any]":
    # the constants of the partial index, or SQLite does not see that it fits
    rows = source.model._default_manager.filter(project=project, is_open=True, origin=PRODUCTION, split=Split.POOL)
    return rows.filter(~asked(source, user, "pk")).order_by("pk").values_list("pk")[:MOST_WAITING]


@Prepared
def _locked(*pks: int, source: SubjectSource, pictures: bool) -> "QuerySet[Any]":
    rows = source.model._default_manager.filter(pk__in=pks, is_open=True).order_by("pk")
    related = source.related(pictures)
    rows = rows.select_related(*related) if related else rows
    return rows.select_for_update(skip_locked=True, no_key=True, of=("self",))
