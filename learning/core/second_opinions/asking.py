"""How many of the next questions are second answers, and about which items, each with a known chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learning.core import acquisition
from learning.core.arrays import DoubleArray, IntArray
from learning.core.second_opinions.rules import RULES, KnownItems

#: What stands with a question that was asked because its item has an answer.
REASON = "second_opinion"


@dataclass(frozen=True)
class SecondOpinions:
    """How far a queue may ask again.

    Parameters
    ----------
    most_share : float
        Of the questions, in [0, 1): no more are further answers.
    most_answers : int
        An item gets no more, at least 2.
    rule : {"doubt", "active_lab"}
        What weighs a further answer against a first one: :data:`learning.core.second_opinions.rules.RULES`.
    """

    most_share: float = 0.3
    most_answers: int = 3
    rule: str = "doubt"

    def __post_init__(self) -> None:
        """Refuse what would ask nothing new, or nothing again."""
        if not 0.0 <= self.most_share < 1.0 or self.most_answers < 2:
            raise ValueError(f"a share lies in [0, 1), and an item gets two answers or more: {self}")
        RULES.make(self.rule)


@dataclass(frozen=True)
class Again:
    """Known items that get a further answer.

    Parameters
    ----------
    numbers : ndarray of int, shape (m,)
        Of the items, in order of the draw, each once.
    propensities : ndarray of float64, shape (m,), range (0, 1]
        Chance that the question was this one: of asking again at all, times that of the draw given those before it.
    reason : str
        Why these questions were asked.
    """

    numbers: IntArray
    propensities: DoubleArray
    reason: str = REASON


def ask_again(
    settings: SecondOpinions,
    known: KnownItems,
    n: int,
    rng: np.random.Generator,
    temperature: float = acquisition.DEFAULT_TEMPERATURE,
) -> Again:
    """Draw which of the next questions are further answers to known items; the others are about new ones.

    Parameters
    ----------
    settings : SecondOpinions
    known : KnownItems
    n : int
        The next questions.
    rng : numpy.random.Generator
    temperature : float
        How far draws stray from the item that is worth most; see :mod:`learning.core.acquisition`.

    Returns
    -------
    Again
        At most ``n`` items with fewer answers than the cap.

    Examples
    --------
    >>> known = KnownItems(np.eye(2)[[0, 0]], np.array([[0.9, 0.1], [0.1, 0.9]]), 0.1)
    >>> found = ask_again(SecondOpinions(0.9), known, 1, np.random.default_rng(0))
    >>> found.numbers.tolist(), found.propensities.round(2).tolist(), found.reason
    ([1], [0.85], 'second_opinion')
    """
    open_items = np.flatnonzero(known.votes.sum(axis=1) < settings.most_answers)
    if not open_items.size:
        return Again(open_items, np.zeros(0))
    weighed = RULES.make(settings.rule).weigh(known, n, settings.most_share)
    order = acquisition.order_by_utility(weighed.worth[open_items].astype(np.float32), rng)
    log_weights = np.empty(open_items.size)
    log_weights[order] = acquisition.rank_log_weights(open_items.size, temperature)
    drawn, propensities = acquisition.draw(log_weights, int(rng.binomial(n, weighed.share)), rng)
    return Again(open_items[drawn], weighed.share * propensities)
