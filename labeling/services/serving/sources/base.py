"""What every sort of subject says of itself, so that claims, slots, leases and the queue are written once over all.

A source is one object without state: prepared statements are compiled once a source.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Value, When

from labeling.consensus.quarantined import left_out
from labeling.db.prepared import PreparedUpdate
from labeling.models import (
    Annotation,
    Item,
    ItemStatus,
    Pair,
    PairQueueEntry,
    Project,
    QueueEntry,
    Reason,
    Source,
    Split,
    Task,
    TaskState,
)
from labeling.selectors.label_names import label_names
from labeling.services.serving.cursor import AnnotatorCursor
from labeling.services.serving.mixture import Rng

Row = Item | Pair
Entry = QueueEntry | PairQueueEntry

#: Questions that take none of the slots of what they ask about.
BEYOND_SLOTS = frozenset((Reason.REPEAT, Reason.GOLD))
#: Tasks by which a random draw, the queue or the draw of what came back chose from the pool: they are numbered.
POOL_DRAWS = frozenset((Reason.RANDOM, Reason.STRATEGY, Reason.FEEDBACK))


class Raced(Exception):
    """All that was drawn went to others meanwhile: to be drawn again in a new transaction, which holds no lock yet."""


class MustWait(Raced):
    """What is left of ``stream`` is in others' hands just now: the new transaction waits for it before it looks.

    A search that found nothing may hold locks all the same: of rows that it drew besides those it wanted, and of rows
    that were taken while PostgreSQL read them. Who waits holding them can wait for somebody who waits for one of them.
    """

    def __init__(self, stream: str, wait: Callable[[], bool]) -> None:
        super().__init__(stream)
        #: locks one row of the stream as soon as others let go; whether there is one
        self.stream, self.wait = stream, wait


@dataclass(slots=True)
class Pick:
    """What was chosen for somebody, and why. A pair without a row yet gets it when it is asked."""

    row: Row
    reason: Reason
    entry: Entry | None = None
    #: a random draw of its split picks it with the probability ``weight / pool_size``
    weight: float = 1.0
    #: where it is no draw of the mixture
    propensity: float | None = None
    #: there was no slot, and this brings one
    brings_slot: bool = False
    #: of a pair: the item that stands left where that is settled; a repeat swaps the sides
    left_id: int | None = None
    #: gold that was chosen for this person (decision 0095)
    is_aimed: bool = False

    @property
    def holds_slot(self) -> bool:
        return self.reason not in BEYOND_SLOTS

    @property
    def is_draw(self) -> bool:
        return self.reason in POOL_DRAWS

    @property
    def is_new(self) -> bool:
        return self.row.pk is None


class SubjectSource(ABC):
    """One sort of subject. ``name`` is also the column by which tasks, annotations and queue entries refer to it."""

    name: ClassVar[str]
    model: ClassVar[type[Row]]
    entries: ClassVar[type[Entry]]
    #: columns of a task that say what it is about
    columns: ClassVar[tuple[str, ...]]
    #: what a row must be, besides open, to be counted in ``open_column``
    open_rows: ClassVar[dict[str, Any]] = {}
    #: the field that tells how many of a row's slots may be free when it is done; "" for none
    spare_slots: ClassVar[str] = ""
    #: the number by which a random draw of the pool finds a row, unique in the project; "" where rows are not drawn
    address: ClassVar[str] = ""
    #: which entries of the queue are given in their turn
    in_turn: ClassVar[Q] = Q()
    #: what leads from a row of ``known`` to the row that is asked about
    known_row: ClassVar[str] = "pk"
    #: columns of Progress that asking may move
    moves: ClassVar[tuple[str, ...]]
    #: the column of Progress that counts all its rows
    rows_column: ClassVar[str]

    # what Progress counts

    @abstractmethod
    def open_column(self, split: str) -> str:
        """Where rows with a free slot are counted."""

    @abstractmethod
    def size_column(self, split: str) -> str:
        """Where that is counted which a random draw of the split picks from."""

    def counts_as_open(self, row: Row) -> bool:
        """Whether the row is counted in ``open_column`` while it is open."""
        return all(getattr(row, name) == wanted for name, wanted in self.open_rows.items())

    @property
    def counted_by(self) -> tuple[str, ...]:
        """Fields of a row that say where it is counted."""
        return ("split", "status", "is_open", *self.open_rows)

    def counted(self, row: Row) -> dict[str, int]:
        """What Progress counts of one row."""
        needed = row.annotations_required - (getattr(row, self.spare_slots) if self.spare_slots else 0)
        return {
            self.open_column(row.split): int(row.is_open and self.counts_as_open(row)),
            f"{row.split}_done": int(row.status == ItemStatus.ACTIVE and row.answers >= needed),
        }

    def count(self, rows: "QuerySet[Any]") -> dict[str, int]:
        """What Progress counts of these rows as open and as done."""
        needed = F("annotations_required") - F(self.spare_slots) if self.spare_slots else F("annotations_required")
        counts = {}
        for split in Split.values:
            is_open = Q(split=split, is_open=True, **self.open_rows)
            is_done = Q(split=split, status=ItemStatus.ACTIVE, answers__gte=needed)
            counts[self.open_column(split)] = Count("pk", filter=is_open)
            counts[f"{split}_done"] = Count("pk", filter=is_done)
        return rows.aggregate(**counts)

    def moved(self, picks: Iterable[Pick]) -> "Counter[str]":
        """What asking moves in Progress."""
        moved: Counter[str] = Counter()
        for pick in picks:
            took_last = pick.holds_slot and not pick.brings_slot and not pick.row.is_open
            if took_last and self.counts_as_open(pick.row):
                moved[self.open_column(pick.row.split)] -= 1
        return moved

    def leaves(self, pick: Pick) -> int:
        """Of how many rows fewer the person's next draw of the same split picks after this one."""
        if not pick.holds_slot or pick.brings_slot or not self.counts_as_open(pick.row):
            return 0
        return 1 if pick.row.split == Split.POOL else int(not pick.row.is_open)

    # rows

    @abstractmethod
    def related(self, pictures: bool) -> tuple[str, ...]:
        """Relations of a row that its question shows."""

    def shown(self, pictures: bool) -> tuple[str, ...]:
        """The row and what its question shows, from a task or an entry of the queue."""
        return (self.name, *(f"{self.name}__{path}" for path in self.related(pictures)))

    @abstractmethod
    def usable(self, at: str = "") -> dict[str, Any]:
        """The condition, slots apart, under which somebody is asked; ``at`` is the path to the row."""

    @abstractmethod
    def in_stream(self, stream: str) -> dict[str, Any]:
        """The condition for a row to be open in a stream: a split, or gold."""

    @abstractmethod
    def slices(self, project_id: int, rows: int) -> "list[QuerySet[Any]]":
        """All rows of the project that are there now, in querysets of at most so many."""

    def with_wanted(self, rows: "QuerySet[Any]", project: Project) -> "QuerySet[Any]":
        """Each with ``wanted``, the slots it should have, and where there are spare ones, ``wanted_spare`` of them."""
        return rows.annotate(wanted=self.unless_spared(Value(project.overlap), project))

    def unless_spared(self, wanted: "Value | F", project: Project) -> "Value | F | Case":
        """``wanted``, or nobody for what a project does not ask about: pool rows that ``spared`` names.

        Eval rows are asked about all the same: what measures a model is what people say of a random sample.
        """
        conditions = self.spared(project)
        if not conditions:
            return wanted
        return Case(*(When(known, split=Split.POOL, then=Value(0)) for known in conditions), default=wanted)

    def spared(self, project: Project) -> list[Exists | Q]:
        """Why a row of the pool is not asked about: it has an imported answer that counts, and that is enough."""
        if not project.asks_only_unlabeled:
            return []
        imported = Annotation.objects.current().filter(**{self.name: OuterRef("pk")}, source=Source.IMPORT)
        if names := left_out(project).names:
            imported = imported.exclude(imported_annotator__in=names)
        if project.label_splits:
            for label in label_names(project).uncertain:
                imported = imported.not_giving(label)
        return [Exists(imported)]

    @abstractmethod
    def known(self, project_id: int, user_id: int) -> "QuerySet[Any]":
        """What may test the person as gold, each with its ``draw_key``: active, of the pool, and not asked yet."""

    def about(self, pick: Pick, rng: Rng) -> dict[str, Any]:
        """What a new task is about, as its fields."""
        return {self.name: pick.row}

    # streams

    def shares(self, cursor: AnnotatorCursor) -> tuple[float, float]:
        """Shares of the questions that are repeats, and that are gold."""
        return 0.0, 0.0

    def repeats(self, cursor: AnnotatorCursor, count: int, picks: Sequence[Pick], rng: Rng) -> list[Pick]:
        """Up to ``count`` questions the person has answered, once more."""
        return []

    def gold(self, cursor: AnnotatorCursor, count: int, picks: Sequence[Pick], rng: Rng) -> list[Pick]:
        """Up to ``count`` rows whose answer is known and that the person has not been asked about."""
        return []

    def opinions(self, cursor: AnnotatorCursor, count: int, picks: Sequence[Pick]) -> list[Pick]:
        """Up to ``count`` known rows that the queue puts to one person more, with their locks."""
        return []

    def came_back(self, cursor: AnnotatorCursor) -> list[int]:
        """Rows made of doubtful predictions that are free and new to the person: they have a draw of their own."""
        return []

    def these(
        self, cursor: AnnotatorCursor, among: list[int], count: int, picks: Sequence[Pick], rng: Rng
    ) -> list[Pick]:
        """Up to ``count`` of ``came_back``, at random, with their locks."""
        return []

    def bring_slots(self, picks: Sequence[Pick], project_id: int) -> int:
        """Makes room in the locked rows of second opinions; in how many."""
        return 0

    @abstractmethod
    def drawn(self, cursor: AnnotatorCursor, split: Split, count: int, picks: Sequence[Pick], rng: Rng) -> list[Pick]:
        """Up to ``count`` random rows of a split that are free and new to the person, with their locks.

        ``picks`` are there already: while there are any, nobody has to wait for another. Raises MustWait.
        """

    def addresses(self, cursor: AnnotatorCursor) -> tuple[int, int]:
        """The first address of a row in the project, and the one behind the last."""
        raise NotImplementedError(f"{self.name}s are not drawn by address")

    def queued(self, entry: Entry) -> Pick:
        """The pick of an entry of the queue, its row loaded."""
        return Pick(getattr(entry, self.name), Reason.STRATEGY, entry)

    def settle(self, cursor: AnnotatorCursor, picks: list[Pick]) -> list[Pick]:
        """The picks with a row each, under the lock of Progress."""
        return picks

    # the queue

    @abstractmethod
    def checked(self, project_id: int, ranked: Sequence[tuple[int, ...]]) -> Sequence[Hashable]:
        """What stands in a ranking, each by the items it is made of. Raises ValueError for what may not be ranked."""

    @abstractmethod
    def row_ids(self, project_id: int, checked: Sequence[Any]) -> list[int]:
        """The row of each of what was ``checked``; made where there is none."""

    def take(self, rows: Sequence[Row]) -> None:
        """Takes one slot of each. They are locked already: a row that does not match means a broken invariant."""
        if rows and _take(*(row.pk for row in rows), source=self) != len(rows):
            raise RuntimeError(f"A locked {self.name} lost its slot.")


@PreparedUpdate
def _take(*pks: int, source: SubjectSource) -> "tuple[QuerySet[Any], dict[str, Any]]":
    free = source.model._default_manager.filter(
        pk__in=pks, status=ItemStatus.ACTIVE, slots_taken__lt=F("annotations_required")
    )
    is_open = Case(When(slots_taken__lt=F("annotations_required") - 1, then=Value(True)), default=Value(False))
    return free, {"slots_taken": F("slots_taken") + 1, "is_open": is_open}


def hold_slots(picks: Iterable[Pick]) -> None:
    """The rows of the picks as they are once a slot of each is taken."""
    for pick in picks:
        if pick.holds_slot:
            pick.row.slots_taken += 1
            pick.row.is_open = pick.row.slots_taken < pick.row.annotations_required


def asked(source: SubjectSource, user: int, row: str) -> Exists:
    """Whether the person was asked about the row; a question that expired may be put again."""
    tasks = Task.objects.filter(**{source.name: OuterRef(row)}, annotator=user)
    return Exists(tasks.exclude(state=TaskState.EXPIRED))
