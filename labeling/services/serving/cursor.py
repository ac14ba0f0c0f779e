"""Where one person stands in one project: the places in the streams of questions, kept in the member's row."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from labeling.db.prepared import PreparedUpdate
from labeling.models import Member, Modality, Progress, Project
from labeling.models.clock import database_now

#: ``Member.queue_rank`` of somebody who has been through the whole head of this epoch.
END_OF_QUEUE = 2**31 - 1
#: What a search for questions may change of a member.
POSITIONS = (
    "pool_position", "eval_position", "queue_epoch", "queue_rank", "pool_exhausted_at", "eval_exhausted_at",
    "gold_exhausted_at", "pool_known", "pool_known_at",
)  # fmt: skip
#: Columns that have to be converted and that no question or answer needs; read by themselves when somebody looks.
UNASKED = ("added_at", "project__created_at", "project__costs", "project__import_columns")


@dataclass(slots=True)
class AnnotatorCursor:
    """One person in one project, inside the transaction that holds the person's member row."""

    project: Project
    member: Member
    progress: Progress
    #: what the database's clock told when the member was read
    now: datetime = field(default_factory=database_now)
    #: the streams for whose rows the transaction has waited before it held any
    waited: frozenset[str] = frozenset()

    @property
    def pictures(self) -> bool:
        return self.project.modality == Modality.IMAGE

    @property
    def has_head(self) -> bool:
        """Whether the published queue may still have something for this person."""
        at_end = self.member.queue_epoch == self.project.epoch and self.member.queue_rank == END_OF_QUEUE
        return bool(self.project.epoch) and not at_end

    def is_exhausted(self, stream: str) -> bool:
        """Whether the stream had nothing for the person, and nothing has become free since."""
        return bool(getattr(self.member, f"{stream}_exhausted_at") == self.progress.reopened)

    def exhaust(self, stream: str) -> None:
        setattr(self.member, f"{stream}_exhausted_at", self.progress.reopened)

    def positions(self) -> dict[str, int]:
        return {name: getattr(self.member, name) for name in POSITIONS}

    def store(self, before: dict[str, int]) -> None:
        """Writes the positions that are not as they were ``before``."""
        moved = {name: now for name, now in self.positions().items() if now != before[name]}
        if moved:
            _move_member(self.member.pk, *moved.values(), names=tuple(moved))


@PreparedUpdate
def _move_member(member: int, *values: int, names: tuple[str, ...]) -> "tuple[QuerySet[Member], dict[str, Any]]":
    return Member.objects.filter(pk=member), dict(zip(names, values, strict=True))
