"""Items: every one has its row, and is drawn by its ordinal."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce, Greatest

from labeling.models import (
    AskedAgain,
    Item,
    ItemStatus,
    KnownAnswer,
    KnownFrom,
    PracticeQuestion,
    Progress,
    Project,
    QueueEntry,
    Reason,
    Split,
)
from labeling.services.serving import doubled
from labeling.services.serving.cursor import AnnotatorCursor
from labeling.services.serving.mixture import Rng
from labeling.services.serving.sources import known_rows, opinions, production
from labeling.services.serving.sources.base import Entry, Pick, Row, asked
from labeling.services.serving.sources.walk import WalkedSource

#: Items that one statement looks up.
BATCH_ITEMS = 5_000


def with_further(rows: "QuerySet[Any]", again: "QuerySet[AskedAgain]", by_queue: bool) -> "QuerySet[Any]":
    """With what a person has put again among ``wanted``, and what the queue has; the latter's slots are spare ones:
    an item is done without its second opinion."""
    rows = rows.annotate(wanted=F("wanted") + Coalesce(Subquery(again.values("times")), 0))
    if not by_queue:
        return rows
    beyond = Greatest(Coalesce(Subquery(again.values("opinions")), 0) - F("wanted"), 0)
    rows = rows.annotate(by_queue=Case(When(wanted__gt=0, then=beyond), default=0))  # who spares an item, spares it
    return rows.annotate(wanted=F("wanted") + F("by_queue"), wanted_spare=F("wanted_spare") + F("by_queue"))


class Items(WalkedSource):
    name = "item"
    model = Item
    entries = QueueEntry
    columns = ("item_id",)
    address = "ordinal"
    known_row = "item"
    moves = ("pool_open", "eval_open")
    rows_column = "next_ordinal"
    spare_slots = "extra_slots"
    in_turn = opinions.OTHERS

    def open_column(self, split: str) -> str:
        return f"{split}_open"

    def size_column(self, split: str) -> str:
        return f"{split}_open"

    def counted(self, row: Row) -> dict[str, int]:
        return super().counted(row) | {"set_aside": int(row.status != ItemStatus.ACTIVE)}

    def related(self, pictures: bool) -> tuple[str, ...]:
        return ("asset",) if pictures else ()

    def usable(self, at: str = "") -> dict[str, Any]:
        return {f"{at}status": ItemStatus.ACTIVE}

    def in_stream(self, stream: str) -> dict[str, Any]:
        return {"split": stream, "is_open": True}

    def slices(self, project_id: int, rows: int) -> "list[QuerySet[Any]]":
        end = Progress.objects.values_list(self.rows_column, flat=True).get(project=project_id)
        items = Item.objects.filter(project=project_id, ordinal__lt=end)
        return [items.filter(ordinal__gte=start, ordinal__lt=start + rows) for start in range(0, end, rows)]

    def with_wanted(self, rows: "QuerySet[Any]", project: Project) -> "QuerySet[Any]":
        rows = doubled.with_wanted(rows, project.overlap, doubled.share_of(project))
        if project.spares_items:
            rows = rows.annotate(wanted=self.unless_spared(F("wanted"), project))
        again = AskedAgain.objects.filter(project=project)
        if again.exists():
            rows = with_further(rows, again.filter(item=OuterRef("pk")), project.asks_second_opinions)
        return rows

    def spared(self, project: Project) -> list[Exists | Q]:
        """What is known to be true is asked about as gold and no other way (decision 0085)."""
        known = Exists(KnownAnswer.objects.filter(item=OuterRef("pk")))
        return [*super().spared(project), *([known] if project.gold_share > 0 else [])]

    def known(self, project_id: int, user_id: int) -> "QuerySet[Any]":
        known = KnownAnswer.objects.filter(project=project_id)
        known = known.filter(~asked(self, user_id, "item"), item__split=Split.POOL, item__status=ItemStatus.ACTIVE)
        known = known.exclude(made_by=user_id, origin__in=[KnownFrom.HAND, KnownFrom.REVIEW])  # who knows it by heart
        practised = PracticeQuestion.objects.filter(item=OuterRef("item"), round__user=user_id)
        return known.filter(~Exists(practised))

    def shares(self, cursor: AnnotatorCursor) -> tuple[float, float]:
        return 0.0, cursor.project.gold_share

    def gold(self, cursor: AnnotatorCursor, count: int, picks: Sequence[Pick], rng: Rng) -> list[Pick]:
        return known_rows.draw(self, cursor, count, [pick.row.pk for pick in picks], rng)

    def queued(self, entry: Entry) -> Pick:
        """What is put again is no pick of a strategy: a person wanted it, or the queue weighed it against new items."""
        pick = super().queued(entry)
        if isinstance(entry, QueueEntry) and entry.reason:
            pick.reason, pick.propensity = Reason(entry.reason), entry.propensity
        return pick

    def opinions(self, cursor: AnnotatorCursor, count: int, picks: Sequence[Pick]) -> list[Pick]:
        return [self.queued(entry) for entry in opinions.find(self, cursor, count, picks)]

    def came_back(self, cursor: AnnotatorCursor) -> list[int]:
        return production.waiting(self, cursor)

    def these(
        self, cursor: AnnotatorCursor, among: list[int], count: int, picks: Sequence[Pick], rng: Rng
    ) -> list[Pick]:
        return production.draw(self, cursor, among, count, picks, rng)

    def bring_slots(self, picks: Sequence[Pick], project_id: int) -> int:
        return opinions.bring_slots(picks, project_id)

    def addresses(self, cursor: AnnotatorCursor) -> tuple[int, int]:
        return 0, cursor.progress.next_ordinal

    def checked(self, project_id: int, ranked: Sequence[tuple[int, ...]]) -> list[int]:
        ids = [pk for (pk,) in ranked]
        if len(set(ids)) != len(ids):
            raise ValueError("An item stands twice in the ranking.")
        pool = Item.objects.filter(project=project_id, split=Split.POOL)  # the eval split is never ranked (invariant 4)
        chunks = [ids[start : start + BATCH_ITEMS] for start in range(0, len(ids), BATCH_ITEMS)]
        if sum(pool.filter(pk__in=chunk).count() for chunk in chunks) != len(ids):
            raise ValueError("The ranking holds items that are not in the pool of this project.")
        return ids

    def row_ids(self, project_id: int, checked: Sequence[Any]) -> list[int]:
        return list(checked)
