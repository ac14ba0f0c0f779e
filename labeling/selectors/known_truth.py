"""What may weigh people's answers to items: gold, and what reviewers decided without seeing what was said.

Items are told by their ordinals. A run freezes what there was (``EvidenceSeen``), so that it can be made again.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, Max

from labeling.kinds import kind_of
from labeling.models import (
    ConsensusBy,
    KnownAnswer,
    Machine,
    MachineVotes,
    Prediction,
    Project,
    ReviewDecision,
    ReviewSort,
    Verdict,
)
from labeling.selectors.label_names import label_names
from labeling.selectors.machines.listing import newest_version

#: The only sort of answers that are one label out of several in no order: scales come to their median, several labels
#: an item and pairs are not asked here.
ONE_LABEL = "classification"


@dataclass(frozen=True)
class EvidenceSeen:
    """How far gold and predictions went at a moment: so many known answers, the newest made at ``gold_at`` (ISO 8601),
    predictions up to an id, and the versions of machines that vote; no versions where machines have no vote."""

    gold: int = 0
    gold_at: str = ""
    predictions: int = 0
    versions: tuple[int, ...] = ()
    machines_vote: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"versions": list(self.versions)}

    @classmethod
    def of_json(cls, kept: dict[str, Any]) -> "EvidenceSeen":
        return cls(**{**kept, "versions": tuple(kept["versions"])})


def weighs_evidence(project: Project) -> bool:
    """Whether training goes by the rule there is evidence for, in the place of the majority."""
    return project.consensus_by == ConsensusBy.EVIDENCE and kind_of(project).learned_as == ONE_LABEL


def evidence_now(project: Project) -> EvidenceSeen:
    """What a run that begins now would weigh by: two statements, and two a machine."""
    gold = KnownAnswer.objects.filter(project=project).aggregate(n=Count("pk"), newest=Max("made_at"))
    vote = project.machine_votes == MachineVotes.ON
    at_work = Machine.objects.at_work().filter(project=project).order_by("name") if vote else ()
    versions = tuple(newest_version(machine).pk for machine in at_work)
    newest = Prediction.objects.filter(version__in=versions).aggregate(newest=Max("pk"))["newest"] if versions else None
    gold_at = gold["newest"].isoformat() if gold["newest"] else ""
    return EvidenceSeen(gold["n"], gold_at, newest or 0, versions, vote)


def label_reader(project: Project) -> Callable[[Any], str | None]:
    """Reads a stored answer as the identity of its label now; None of one that does not count."""
    kind, scheme = kind_of(project), label_names(project)

    def read(answer: Any) -> str | None:
        return kind.labels_of(scheme.read(answer))[0] if scheme.counts(answer) else None

    return read


def gold_labels(project: Project, seen: EvidenceSeen) -> Iterator[tuple[int, str]]:
    """The ordinal and known label of each item of gold, as of a moment."""
    if not seen.gold_at:
        return
    known = KnownAnswer.objects.filter(project=project, made_at__lte=datetime.fromisoformat(seen.gold_at))
    read = label_reader(project)
    for ordinal, answer in known.order_by("item").values_list("item__ordinal", "answer").iterator(chunk_size=5_000):
        if (label := read(answer)) is not None:
            yield ordinal, label


class BlindDecision(NamedTuple):
    """``annotation_id`` is that of the decided answer; ``stands``: nothing has taken its place."""

    ordinal: int
    label: str
    reviewer_id: int
    annotation_id: int
    stands: bool


def blind_decisions(project: Project) -> Iterator[BlindDecision]:
    """What reviewers decided of items that were drawn at random, without seeing what was said and without being among
    those who answered, in the order of the items: no other decision says who was right (decision 0086)."""
    decided = ReviewDecision.objects.filter(
        project=project, sort=ReviewSort.BLIND, verdict=Verdict.CHANGE, of_own_answer=False
    )
    read = label_reader(project)
    rows = decided.order_by("item", "pk").values_list(
        "item__ordinal", "annotation__answer", "reviewer_id", "annotation_id", "annotation__is_current", "undone_at"
    )
    for ordinal, answer, reviewer, annotation, is_current, undone in rows.iterator(chunk_size=5_000):
        if answer is not None and (label := read(answer)) is not None:
            yield BlindDecision(ordinal, label, reviewer, annotation, is_current and undone is None)
