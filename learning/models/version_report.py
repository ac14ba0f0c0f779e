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


@dataclass(frozen=True, kw_only=True)
class VersionReport:
    """Of labels: ``labels`` (precision, recall, f1 of each), ``confusion`` (truth in rows; None for several labels an
    item), ``reliability`` (bins of how sure it was), eval items measured on, imported and tied ones, what the
    ``learner`` says of itself, how well one person answers as another does (``human_ceiling``), what leaks between pool
    and eval split, where its answers on the eval split are kept (``eval_answers``: path and sha256).

    Later, from versions before: ``stability`` (kappa with the last one) and ``gain`` (over the last three).

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
    stability: dict[str, Any] | None = None
    gain: dict[str, Any] | None = None
    pairwise: dict[str, Any] | None = None
    version: int = REPORT_VERSION

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Names that this code does not know are left out. Raises UnknownReport."""
        version = stored.get("version", _UNNUMBERED if stored else REPORT_VERSION)
        if version > REPORT_VERSION:
            raise UnknownReport(f"A report of version {version}; this code reads {REPORT_VERSION}.")
        known = {name.name for name in fields(cls)}
        told = {name: value for name, value in stored.items() if name in known and value is not None}
        return cls(**told | {"version": version})

    @property
    def intervals_note(self) -> str:
        """What a reader has to know about the intervals of this version; empty where they are what they say."""
        return OLD_INTERVALS if self.version < _TRUE_INTERVALS else ""

    def as_json(self) -> dict[str, Any]:
        """What was found; of labels the names of a measurement all, of anything else only those that say something."""
        always = _ALWAYS_OF_LABELS if self.n_eval is not None else frozenset()
        return {name: value for name, value in asdict(self).items() if name in always or value not in (None, [], {})}
