"""What a pairwise project's results look like to pages, REST and exports. Read from rows; nothing is computed here."""

from dataclasses import dataclass, field
from typing import Any

from labeling.models import Item


@dataclass(frozen=True)
class Rate:
    """A share with its 95 % interval, measured on ``n``."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class ItemStrength:
    """An item's strength in log-odds. ``low`` to ``high`` is its 95 % interval; ``rank`` 1 is best.

    ``rank`` is None where the context's graph is disconnected, and for items held out to measure (``is_eval``): their
    score is the feature model's. ``judgments`` are those it was learned from.
    """

    item: Item
    score: float
    se: float | None
    low: float | None
    high: float | None
    rank: int | None
    judgments: int
    component: int
    is_eval: bool = False


@dataclass(frozen=True)
class PairAdvice:
    """A pair whose answer would settle most. ``connects``: it joins two parts of a disconnected graph."""

    first: Item
    second: Item
    gain: float
    connects: bool = False


@dataclass(frozen=True)
class Disputed:
    """A pair people disagree about. ``counts``: how often ``first``, ``second``, ``tie`` and ``neither`` was said."""

    first: Item
    second: Item
    counts: dict[str, int]


@dataclass(frozen=True)
class ContextResults:
    """One context by the version in use. ``version`` is its number, None before the first run.

    ``sentence`` says why there are no ranks and which items to connect; empty when there is nothing to say. A cycle
    lists its three items in the order "beats the next", the last beats the first.
    """

    context: Any
    version: int | None = None
    connected: bool = False
    sentence: str = ""
    judgments: int = 0
    scores: list[ItemStrength] = field(default_factory=list)
    to_settle: list[PairAdvice] = field(default_factory=list)
    cycles: list[list[Item]] = field(default_factory=list)
    n_cycles: int = 0
    disputed: list[Disputed] = field(default_factory=list)


@dataclass(frozen=True)
class ContextSummary:
    context: Any
    items: int
    judgments: int
    connected: bool


@dataclass(frozen=True)
class PersonRate:
    """A rate of one annotator (a username, or the name in an imported judgment); ``flagged`` after correction for
    the number of people looked at."""

    annotator: str
    rate: Rate
    flagged: bool = False


@dataclass(frozen=True)
class SuspectFacts:
    """Somebody proposed for quarantine: ``why`` in words. ``ranking_without`` has the ranking without them."""

    annotator: str
    why: str
    statistic: float


@dataclass(frozen=True)
class RankingPoint:
    """Accuracy on held-out pairs. ``arm``: ``active`` learned from all judgments, ``random`` from randomly drawn ones.
    ``split``: ``items`` (unseen items of known contexts) or ``contexts`` (unseen contexts)."""

    arm: str
    split: str
    judgments: int
    accuracy: Rate


@dataclass(frozen=True)
class Overview:
    """The project by the version in use; ``version`` None and everything empty before the first run.

    ``agreement``: two people's answers to one pair are equal; ``ceiling``: one person's answer is the majority of the
    others', what a perfect model could be expected to reach. ``accuracy`` has ``all``, ``items`` and ``contexts``.
    ``reliability``: [(annotator, share of judgments that follow the scores, judgments)]. ``used``: what became of the
    answers (``answers``, ``learned``, ``measured_by``, ``repeats``, ``neither``).
    """

    version: int | None = None
    status: str = ""
    judgments: int = 0
    contexts: list[ContextSummary] = field(default_factory=list)
    left_rate: Rate | None = None
    left_flagged: bool = False
    left_rates: list[PersonRate] = field(default_factory=list)
    flip_rate: Rate | None = None
    flip_rates: list[PersonRate] = field(default_factory=list)
    agreement: Rate | None = None
    accuracy: dict[str, Rate] = field(default_factory=dict)
    baselines: dict[str, Rate] = field(default_factory=dict)
    curve: list[RankingPoint] = field(default_factory=list)
    suspects: list[SuspectFacts] = field(default_factory=list)
    ceiling: Rate | None = None
    reliability: list[tuple[str, float, int]] = field(default_factory=list)
    n_fast: int = 0
    fast_rates: list[PersonRate] = field(default_factory=list)
    used: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class RankWithout:
    """An item's place in the ranking without one annotator, beside its place with everybody."""

    item: Item
    rank: int | None
    score: float
    rank_with: int | None
    score_with: float
