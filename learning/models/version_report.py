"""What was found out about a model version when it was made, beyond its metrics: written once, read in one place.

Stored as JSON in ``ModelVersion.report``. What an older version's report lacks is empty.
"""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

#: Raised when a name changes its meaning; reports of before have no number and are read as the first. From 2 on the
#: intervals are those of decision 0058, and the calibration error is without what luck adds to it.
REPORT_VERSION = 2
_UNNUMBERED = 1
_TRUE_INTERVALS = 2
OLD_INTERVALS = (
    "Measured by an earlier version of Querent: its intervals are by the method of then, too narrow for labels with few"
    " eval items and for F1, and its calibration error is overstated. The next run measures anew."
)

#: Of labels, these stand in the JSON also when they are nothing.
_ALWAYS_OF_LABELS = frozenset(
    ("labels", "confusion", "reliability", "n_eval", "n_imported", "n_tied", "learner", "human_ceiling", "leaks")
)


class UnknownReport(ValueError):
    """The report was written by code that is newer than this."""


def _known_of(cls: type, stored: dict[str, Any]) -> dict[str, Any]:
    """What is stored under names of the dataclass; names that this code does not know are left out."""
    known = {name.name for name in fields(cls)}
    return {name: value for name, value in stored.items() if name in known and value is not None}


@dataclass(frozen=True, kw_only=True)
class PairAudit:
    """Whether the answers of a pairwise project can be trusted. An estimate is ``{"value","low","high","n"}``, a row of
    people ``[name, estimate, whether flagged]``.

    ``used``: what became of every answer. ``left_rate``: how often the left one won. ``agreement`` between people, and
    the ``ceiling`` it sets a model. ``suspects``: ``[name, why, statistic]`` of who is proposed for quarantine.
    ``reliability``: ``[name, reliability, answers]``. ``flip_rate``: of repeats answered otherwise. ``random_arm``:
    what pairs drawn at random would have taught, ``{"judgments","metrics"}``.
    """

    used: dict[str, int] = field(default_factory=dict)
    left_rate: dict[str, Any] | None = None
    left_flagged: bool = False
    agreement: dict[str, Any] | None = None
    ceiling: dict[str, Any] | None = None
    suspects: list[Any] = field(default_factory=list)
    reliability: list[Any] = field(default_factory=list)
    flip_rate: dict[str, Any] | None = None
    flip_rates: list[Any] = field(default_factory=list)
    n_fast: int = 0
    fast_rates: list[Any] = field(default_factory=list)
    left_rates: list[Any] = field(default_factory=list)
    random_arm: dict[str, Any] | None = None

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        return cls(**_known_of(cls, stored))


@dataclass(frozen=True, kw_only=True)
class VersionReport:
    """Of labels: ``labels`` (precision, recall, f1 and average_precision of each), ``confusion`` (truth in rows; None
    for several labels an item), ``reliability`` (bins of how sure it was), eval items measured on, imported and tied
    ones, what the ``learner`` says of itself, how well one person answers as another does (``human_ceiling``), what
    leaks between pool and eval split, where its answers on the eval split are kept (``eval_answers``: path and sha256).

    Of two labels, or several an item, ``thresholds``: from which probability a label is best given (chosen out of fold
    on the pool), precision, recall and f1 of that on the eval split, and the ``curve`` of recall and precision.

    ``skips``: what the ranking it came with learned from what people skipped: how many by reason, the ``share`` of
    questions drawn at random that were skipped, whether the model of it ``is_on`` or the ``reason`` why not, its
    ``loss`` beside ``constant_loss`` with the ``gain``, and the ``factors`` on the ranks of open items.

    ``next_hour``: labels right by a hundred further answers, an estimate each for ``more``, ``second_opinions`` and
    ``relabels`` or None, which is ``first`` ("" for none), and how ``wide`` accuracy's interval is now and would be.

    ``outliers``: which ``detector`` says what is unlike all that was learned and the ``reason`` for it, or for none;
    what it was ``asked`` for and its ``false_flags``, ``on_eval`` too; the share ``found`` of labels left out in turn,
    and the ``areas`` under the ROC curve of every detector.

    Later, from versions before: ``stability`` (kappa with the last one) and ``gain`` (over the last three).

    ``costs``: by which its mistakes were judged, where they had a price: as the project ``stated`` them, the ``unit``,
    the price of a ``review``, and of two labels ``from`` and to which probability each is answered.

    Of judgments: ``pairwise``, the audit of people and pairs.
    """

    labels: list[dict[str, Any]] = field(default_factory=list)
    confusion: list[list[int]] | None = None
    reliability: list[list[float]] = field(default_factory=list)
    n_eval: int | None = None
    n_imported: int | None = None
    n_tied: int | None = None
    learner: dict[str, Any] = field(default_factory=dict)
    human_ceiling: dict[str, Any] | None = None
    leaks: dict[str, int] | None = None
    eval_answers: dict[str, str] | None = None
    skips: dict[str, Any] = field(default_factory=dict)
    thresholds: list[dict[str, Any]] = field(default_factory=list)
    next_hour: dict[str, Any] = field(default_factory=dict)
    outliers: dict[str, Any] = field(default_factory=dict)
    costs: dict[str, Any] = field(default_factory=dict)
    stability: dict[str, Any] | None = None
    gain: dict[str, Any] | None = None
    pairwise: PairAudit | None = None
    version: int = REPORT_VERSION

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Names that this code does not know are left out. Raises UnknownReport."""
        version = stored.get("version", _UNNUMBERED if stored else REPORT_VERSION)
        if version > REPORT_VERSION:
            raise UnknownReport(f"A report of version {version}; this code reads {REPORT_VERSION}.")
        told = _known_of(cls, stored)
        if audit := told.pop("pairwise", None):
            told["pairwise"] = PairAudit.from_json(audit)
        return cls(**told | {"version": version})

    @property
    def intervals_note(self) -> str:
        """What a reader has to know about the intervals of this version; empty where they are what they say."""
        return OLD_INTERVALS if self.version < _TRUE_INTERVALS else ""

    def as_json(self) -> dict[str, Any]:
        """What was found; of labels the names of a measurement all, of anything else only those that say something."""
        always = _ALWAYS_OF_LABELS if self.n_eval is not None else frozenset()
        return {name: value for name, value in asdict(self).items() if name in always or value not in (None, [], {})}
