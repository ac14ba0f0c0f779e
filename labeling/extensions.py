"""What labeling can be told by whoever learns: one port each, filled by one ``install`` when Django starts.

Without learning nothing is installed, and every port has the answer of doing without. What labeling announces the other
way stands in ``signals.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from labeling.consensus.by_evidence import Ballots, WeighedConsensus
    from labeling.models import Project, User
    from labeling.selectors.row_shapes import RowShape
    from labeling.selectors.stored_files import NamedFile
    from labeling.services.housekeeping.rules import Rule
    from labeling.services.reports.base import Report


def _no_versions(project: Project) -> Mapping[int | None, bool]:
    return {}


def _nothing_learned(project: Project) -> Iterable[str]:
    return ("Nothing is known: no model was learned here.",)


@dataclass(frozen=True)
class PersonVerdict:
    """What a test says of a person, as a sentence, and the project's page that shows what it rests on ("" for none)."""

    sentence: str
    view: str = ""


@dataclass(frozen=True)
class AgreementChange:
    """By how much the agreement of somebody's newest answers differs from that of the answers before, with its 95 %
    interval. ``is_flagged``: it fell, and by more than luck and than everybody else's fell (decision 0088)."""

    value: float
    low: float
    high: float
    n: int
    n_before: int
    is_flagged: bool


#: Of so many, so many agreed: the newest answers and those before.
Agreed = tuple[int, int]


def _no_change(newest: Agreed, before: Agreed, others_newest: Agreed, others_before: Agreed) -> AgreementChange | None:
    return None


#: The ends of a share's interval, or None and None and why there is none.
ShareInterval = tuple[float | None, float | None, str]


def _no_interval(count: float, n: float) -> ShareInterval:
    return None, None, "no interval without learning"


def _no_gold_verdict(right: Sequence[bool], chance: float) -> str:
    return ""


def _no_verdicts(project: Project) -> Mapping[str, PersonVerdict]:
    return {}


@dataclass(frozen=True)
class MeasuredValue:
    """With its interval, or why there is none."""

    value: float
    low: float | None
    high: float | None
    n: int
    note: str = ""


@dataclass(frozen=True)
class BesideOne:
    """A machine and one person, by number, beside the others who answered the same ``items``: how often either is at
    least as near to them as the other is, and by how much the machine leads."""

    person: int
    items: int
    machine: float
    human: float
    lead: MeasuredValue
    is_won: bool


@dataclass(frozen=True)
class StandIn:
    """Whether a machine is no worse than a person (the alternative-annotator test); None where too few people answered
    too few items to say. ``least_people`` and ``least_items`` are what it takes."""

    people: tuple[BesideOne, ...]
    winning_rate: float | None
    advantage: float | None
    passes: bool | None
    least_people: int
    least_items: int


#: By row an answer of the machine and those of people, as numbers from 0 and -1 for none; how near two answers are.
StandInTest = Callable[[Sequence[int], Sequence[Sequence[int]], "Sequence[Sequence[float]] | None"], StandIn | None]


def _no_stand_in(
    said: Sequence[int], answers: Sequence[Sequence[int]], likeness: Sequence[Sequence[float]] | None
) -> StandIn | None:
    return None


def _no_difference(one: Agreed, other: Agreed) -> MeasuredValue | None:
    return None


def _no_calibration(confidence: Sequence[Sequence[float]], right: Sequence[Sequence[bool]]) -> MeasuredValue | None:
    return None


class WeighedLabel(NamedTuple):
    """What the answers to one item come to: the identity of a label, None for a tie; how sure that is, and how many
    machines had a say."""

    label: str | None
    confidence: float
    machine_votes: int


@dataclass(frozen=True)
class WeighedLabels:
    """By ``rule`` in its ``version``; ``is_probability``: of confidence, which is an order otherwise. ``of(ordinal,
    answers)`` is None where the item, or its answers (the sum of their numbers), are others than were weighed."""

    rule: str
    version: int
    is_probability: bool
    of: Callable[[int, int], WeighedLabel | None]


def _nothing_weighed(project: Project) -> WeighedLabels | None:
    return None


def _no_suspects(project: Project) -> Mapping[int, float]:
    return {}


def _nothing_believed(project: Project, item_id: int) -> str:
    return ""


@dataclass(frozen=True)
class OpenAlert:
    """Something that somebody should look at: where, in words, since when it was seen last and how often."""

    project: Project
    words: str
    is_error: bool
    times: int
    last_seen_at: datetime


def _nothing_to_learn(project: Project) -> bool:
    return True


def _no_map(user: User, project: Project) -> None:
    return None


def _no_alert_counts(project_ids: Sequence[int]) -> Mapping[int, int]:
    return {}


def _no_alerts(most: int) -> Sequence[OpenAlert]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Extensions:
    """``metrics``: further entries of ``GET …/metrics/``, by name.
    ``reports``: further statistics over all of a project that a worker makes where that is much; ``reported_metrics``
    are the names of those that are metrics, too.

    ``verified_versions(project)``: by the numbers of its model versions, which are verified. Asked once an export.
    ``successors(project)``: what a data set's sheet says of models that learn from it, lines of Markdown.
    ``row_shapes``: further ``rows=`` of exports and snapshots.
    ``setting_names[setting](modality, objective)``: what a setting may be besides *auto*; of every modality for "",
    of every objective (``QuestionKind.learned_as``) for None, and for "" what fits each of them.
    ``named_files[kind](database alias, project ids or None for all)``: the files that rows name, which a backup takes
    along and housekeeping leaves alone.
    ``retention``: what housekeeping may let go of.
    ``share_interval(count, n)``: how well a share is known (decision 0058).
    ``gold_verdict(right, chance)``: why somebody should be looked at whose gold answers were so, oldest first, or "";
    ``chance`` is the probability that a guess is right.
    ``agreement_change(newest, before, others' newest, others' before)``: how the agreement of one person changed.
    ``consensus(ballots)``: what answers come to by the rule there is evidence for; without it the majority counts.
    ``stand_in``: whether a machine is no worse than a person. ``calibration(confidence, right)``: how far probabilities
    are from how often they are right, rows of one or several answers.
    ``share_difference(one, other)``: one share less another, of different answers.
    ``suspected_items(project)``: ids of items whose answers models do not believe, with how far they do.
    ``believed_instead(project, item id)``: what they say of one instead, in words; "" where they say nothing.
    ``weighed_labels(project)``: what the newest run found answers to come to by that rule, where it was asked to.
    ``alert_counts(project ids)``: how many alerts are open in each that has any. ``newest_alerts(most)``: those of all
    projects, newest first.
    ``has_learned(project)``: whether no run is under way, and none is due.
    ``ask_for_map(user, project)``: has the map of the items drawn, where there can be one.
    ``person_verdicts(project)``: who should be looked at and why, by the name that pages call them by.
    """

    metrics: Mapping[str, Callable[[Project], Any]] = field(default_factory=dict)
    reports: Mapping[str, Report] = field(default_factory=dict)
    reported_metrics: Sequence[str] = ()
    verified_versions: Callable[[Project], Mapping[int | None, bool]] = _no_versions
    successors: Callable[[Project], Iterable[str]] = _nothing_learned
    row_shapes: Mapping[str, RowShape] = field(default_factory=dict)
    setting_names: Mapping[str, Callable[[str, str | None], Sequence[str]]] = field(default_factory=dict)
    named_files: Mapping[str, Callable[[str, list[int] | None], Iterable[NamedFile]]] = field(default_factory=dict)
    retention: Sequence[Rule] = ()
    share_interval: Callable[[float, float], ShareInterval] = _no_interval
    gold_verdict: Callable[[Sequence[bool], float], str] = _no_gold_verdict
    agreement_change: Callable[[Agreed, Agreed, Agreed, Agreed], AgreementChange | None] = _no_change
    consensus: Callable[[Ballots], WeighedConsensus] | None = None
    weighed_labels: Callable[[Project], WeighedLabels | None] = _nothing_weighed
    person_verdicts: Callable[[Project], Mapping[str, PersonVerdict]] = _no_verdicts
    stand_in: StandInTest = _no_stand_in
    calibration: Callable[[Sequence[Sequence[float]], Sequence[Sequence[bool]]], MeasuredValue | None] = _no_calibration
    share_difference: Callable[[Agreed, Agreed], MeasuredValue | None] = _no_difference
    suspected_items: Callable[[Project], Mapping[int, float]] = _no_suspects
    believed_instead: Callable[[Project, int], str] = _nothing_believed
    alert_counts: Callable[[Sequence[int]], Mapping[int, int]] = _no_alert_counts
    newest_alerts: Callable[[int], Sequence[OpenAlert]] = _no_alerts
    has_learned: Callable[[Project], bool] = _nothing_to_learn
    ask_for_map: Callable[[User, Project], None] = _no_map


class AlreadyInstalled(Exception):
    """A second one would silently take the place of the first."""


NOTHING = Extensions()
_installed = NOTHING


def install(extensions: Extensions) -> None:
    """Fills the ports. Raises AlreadyInstalled the second time."""
    global _installed  # set once, while Django starts
    if _installed is not NOTHING:
        raise AlreadyInstalled
    _installed = extensions


def installed() -> Extensions:
    return _installed
