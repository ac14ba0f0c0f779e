"""What a label is worth that the world outside gave to a prediction, by people's answers to the same content.

Whoever says *right* to everything agrees with people as often as the model is right, and tells nothing. So what counts
is the agreement beyond chance (Cohen's kappa), and of its interval the lower end: without evidence 0, and never 1.
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from learning.core.evaluation.intervals import share

#: Weights are rounded down to these steps: one that moved with every answer would ask for a run each time.
STEP = 0.05
#: Fewer pairs than this are no evidence.
LEAST = 5


@dataclass(frozen=True)
class FeedbackWeight:
    """``agreed`` of ``n`` labels by feedback are what people said of the content; ``chance`` is how many would be by
    chance. ``kappa`` with its 95 % interval is None where there is no evidence; ``weight`` is the lower end, in steps.
    """

    n: int = 0
    agreed: int = 0
    chance: float = 0.0
    kappa: float | None = None
    low: float | None = None
    high: float | None = None
    weight: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def weigh(said: Sequence[Hashable], people: Sequence[Hashable], chance: float | None = None) -> FeedbackWeight:
    """The weight of labels that stand beside those of people.

    Parameters
    ----------
    said, people : sequences of the same length
        What feedback and what people say of one content each; equal answers are equal values.
    chance : float, optional
        Probability of agreeing without knowing anything; by the two distributions where it is not given.

    Returns
    -------
    FeedbackWeight

    References
    ----------
    J. Cohen, "A coefficient of agreement for nominal scales", 1960. The interval is that of the share of agreement
    (Clopper and Pearson), with the chance taken as known.

    Examples
    --------
    >>> weigh(["a", "b"] * 50, ["a", "b"] * 50).weight
    0.9
    >>> weigh(["a"] * 100, ["a"] * 90 + ["b"] * 10).weight  # who always says the same
    0.0
    >>> weigh([], []).weight
    0.0
    """
    n = len(said)
    agreed = sum(one == other for one, other in zip(said, people, strict=True))
    if chance is None:
        ours, theirs = Counter(said), Counter(people)
        chance = sum(count * theirs[one] for one, count in ours.items()) / max(1, n * n)
    if n < LEAST or chance >= 1.0:
        return FeedbackWeight(n, agreed, chance)
    found = share(agreed, n)
    kappa, low, high = ((value - chance) / (1.0 - chance) for value in (agreed / n, found.low, found.high))
    steps = int(max(0.0, low) / STEP + 1e-9)
    return FeedbackWeight(n, agreed, chance, kappa, low, high, round(min(steps * STEP, 1.0 - STEP), 2))
