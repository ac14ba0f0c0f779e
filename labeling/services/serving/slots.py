"""The arithmetic of slots: who holds an item or a pair, whether it is open, and what Progress counts of it.

Lock order, everywhere: project, member, task, item or pair, progress, context; a project only with ``no_key``, for an
answer needs its key for the foreign key and would wait while it holds its member. Nobody waits for an item or a pair
while holding another one, but an import that gives pairs: it locks them in the order of their ids, before Progress.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, QuerySet

from labeling.db.prepared import PreparedUpdate
from labeling.models import ItemStatus, Progress
from labeling.services.serving.sources import ITEMS, Row, SubjectSource

TAKEN = "Somebody else has taken this item meanwhile."
SPARED = "This came with an answer, and the project asks only about what has none now."


class LeaseLost(Exception):
    """The lease ran out and the place has been given to somebody else."""


@dataclass(slots=True)
class ItemChange:
    """A locked item (or pair) on its way to its next state; ``save`` writes it and says what changes in Progress."""

    item: Row
    source: SubjectSource = ITEMS
    before: dict[str, int] = field(init=False)
    was_open: bool = field(init=False)
    was: str = field(init=False)

    def __post_init__(self) -> None:
        self.before = self.source.counted(self.item)
        self.was_open, self.was = self.item.is_open, self.item.status

    def take_slot(self) -> None:
        """Raises LeaseLost when no slot is left."""
        if self.item.slots_taken >= self.item.annotations_required:
            raise LeaseLost(TAKEN if self.item.annotations_required else SPARED)
        self.item.slots_taken += 1

    def set_aside(self, because: str) -> None:
        self.item.status, self.item.set_aside_because = ItemStatus.SET_ASIDE, because

    def restore(self) -> None:
        self.item.status, self.item.set_aside_because = ItemStatus.ACTIVE, ""

    def save(self) -> "Counter[str]":
        """Writes the item; returns the differences for ``move_progress``."""
        item = self.item
        item.is_open = item.status == ItemStatus.ACTIVE and item.slots_taken < item.annotations_required
        flags = {"is_open": item.is_open, "status": item.status, "because": item.set_aside_because}
        _write(item.pk, item.slots_taken, item.answers, source=self.source, **flags)
        after = self.source.counted(item)
        opened = item.is_open and not self.was_open
        moved = item.answers if item.status != self.was else 0
        events = {"reopened": int(opened), "changes": moved}
        return Counter({name: after[name] - self.before[name] for name in after} | events)


def move_progress(project_id: int, deltas: "Counter[str]") -> None:
    """Adds the differences to the project's counts. Call it last: the row is locked until the transaction ends."""
    moved = {name: delta for name, delta in deltas.items() if delta}
    if moved:
        _move(project_id, *moved.values(), names=tuple(moved))


@PreparedUpdate
def _write(
    pk: int, slots_taken: int, answers: int, *, source: SubjectSource, is_open: bool, status: str, because: str
) -> "tuple[QuerySet[Any], dict[str, Any]]":
    flags = {"is_open": is_open, "status": status, "set_aside_because": because}
    rows = source.model._default_manager.filter(pk=pk)
    return rows, {"slots_taken": slots_taken, "answers": answers, **flags}


@PreparedUpdate
def _move(project: int, *by: int, names: tuple[str, ...]) -> "tuple[QuerySet[Progress], dict[str, Any]]":
    rows = Progress.objects.filter(project=project)
    return rows, {name: F(name) + delta for name, delta in zip(names, by, strict=True)}
