"""Pairs that have a row: given and gold ones, and swapped repeats. A project may ask about no others."""

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from django.db.models import Exists, Max, Min, OuterRef, Q, QuerySet, Subquery

from labeling.db.prepared import PreparedRows
from labeling.models import ItemStatus, Pair, PairQueueEntry, Project, Reason, Split, Task, TaskState
from labeling.services.serving.cursor import AnnotatorCursor
from labeling.services.serving.mixture import Rng
from labeling.services.serving.sources import known_rows, ranked_pairs
from labeling.services.serving.sources.base import Pick, asked
from labeling.services.serving.sources.walk import WalkedSource

#: Questions that lie between a pair and its repeat, and how far back repeats are looked for.
REPEAT_AFTER = 10
REPEAT_WITHIN = 200


class GivenPairs(WalkedSource):
    """Only pairs that were imported are asked, but for repeats and gold."""

    name = "pair"
    model = Pair
    entries = PairQueueEntry
    columns = ("pair_id", "left_id")
    open_rows: ClassVar[dict[str, Any]] = {"is_given": True}
    address = "id"
    moves = ("given_pool_open", "given_eval_open", "pairs")
    rows_column = "pairs"

    def open_column(self, split: str) -> str:
        return f"given_{split}_open"

    def size_column(self, split: str) -> str:
        return f"given_{split}_open"

    def related(self, pictures: bool) -> tuple[str, ...]:
        assets = ("first__asset", "second__asset") if pictures else ("first", "second")
        return ("context__asset", *assets)

    def usable(self, at: str = "") -> dict[str, Any]:
        return {**active_pair(at), f"{at}is_given": True}

    def in_stream(self, stream: str) -> dict[str, Any]:
        both = {"first__status": ItemStatus.ACTIVE, "second__status": ItemStatus.ACTIVE}
        return {"split": stream, "is_open": True, "is_given": True, **both}

    def slices(self, project_id: int, rows: int) -> "list[QuerySet[Any]]":
        pairs = Pair.objects.filter(project=project_id)
        ends = pairs.aggregate(first=Min("pk"), last=Max("pk"))
        if ends["last"] is None:
            return []
        pairs = pairs.filter(pk__lte=ends["last"])
        starts = range(ends["first"], ends["last"] + 1, rows)
        return [pairs.filter(pk__gte=start, pk__lt=start + rows) for start in starts]

    def addresses(self, cursor: AnnotatorCursor) -> tuple[int, int]:
        """Given pairs have the ids of their import: mostly one after the other."""
        ((low, high),) = _ends(cursor.project.pk)
        return (low, high + 1) if low else (0, 0)

    def about(self, pick: Pick, rng: Rng) -> dict[str, Any]:
        """The pair, and which of the two stands left: a fair coin."""
        pair = cast("Pair", pick.row)
        left = pick.left_id or (pair.first_id if rng.random() < 0.5 else pair.second_id)
        return {"pair": pair, "left_id": left}

    def shares(self, cursor: AnnotatorCursor) -> tuple[float, float]:
        return cursor.project.repeat_share, cursor.project.gold_share

    def repeats(self, cursor: AnnotatorCursor, count: int, picks: Sequence[Pick], rng: Rng) -> list[Pick]:
        found: list[Pick] = []
        while len(found) < count:
            pick = _repeat(self, cursor, {pick.row.pk for pick in (*picks, *found)}, rng)
            if pick is None:
                break
            found.append(pick)
        return found

    def gold(self, cursor: AnnotatorCursor, count: int, picks: Sequence[Pick], rng: Rng) -> list[Pick]:
        return known_rows.draw(self, cursor, count, [pick.row.pk for pick in picks if not pick.is_new], rng)

    def spared(self, project: Project) -> list[Exists | Q]:
        """What is known to be true is asked about as gold and no other way (decision 0085)."""
        known = [Q(gold__isnull=False)] if project.gold_share > 0 else []
        return [*super().spared(project), *known]

    def known(self, project_id: int, user_id: int) -> "QuerySet[Any]":
        gold = Pair.objects.filter(project=project_id, gold__isnull=False, split=Split.POOL, **active_pair())
        return gold.filter(~asked(self, user_id, "pk"))

    def checked(self, project_id: int, ranked: Sequence[tuple[int, ...]]) -> list[ranked_pairs.RankedPair]:
        return ranked_pairs.checked(project_id, ranked)

    def row_ids(self, project_id: int, checked: Sequence[Any]) -> list[int]:
        return ranked_pairs.row_ids(project_id, checked)


def active_pair(at: str = "") -> dict[str, Any]:
    return {f"{at}{row}status": ItemStatus.ACTIVE for row in ("", "first__", "second__")}


@PreparedRows
def _ends(project: int) -> "QuerySet[Any, Any]":
    """The first and the last id of the project's pairs: two ends of an index."""
    ids = Pair.objects.filter(project=OuterRef("pk")).values("pk")
    low, high = Subquery(ids.order_by("pk")[:1]), Subquery(ids.order_by("-pk")[:1])
    return Project.objects.filter(pk=project).order_by().annotate(low=low, high=high).values_list("low", "high")


def _repeat(source: GivenPairs, cursor: AnnotatorCursor, without: set[int], rng: Rng) -> Pick | None:
    """An earlier question of the person with the sides swapped; its propensity is among those it was drawn from."""
    mine = Task.objects.filter(project=cursor.project, annotator=cursor.member.user_id).order_by("-pk")
    rows = mine.values_list("pk", "pair_id", "state", "reason")[REPEAT_AFTER : REPEAT_AFTER + REPEAT_WITHIN]
    first_time = {
        pair_id: pk
        for pk, pair_id, state, reason in rows
        if state == TaskState.ANSWERED and reason != Reason.REPEAT and pair_id not in without
    }
    again = Task.objects.filter(annotator=cursor.member.user_id, pair__in=list(first_time), reason=Reason.REPEAT)
    for pair_id in again.exclude(state=TaskState.EXPIRED).values_list("pair_id", flat=True):
        first_time.pop(pair_id, None)
    if not first_time:
        return None
    chosen = list(first_time.values())[int(rng.random() * len(first_time))]
    task = Task.objects.select_related(*source.shown(cursor.pictures)).get(pk=chosen)
    pair, left = cast("Pair", task.pair), cast("int", task.left_id)
    if not all(row.status == ItemStatus.ACTIVE for row in (pair, pair.first, pair.second)):
        return None
    return Pick(pair, Reason.REPEAT, propensity=1.0 / len(first_time), left_id=pair.other(left).pk)
