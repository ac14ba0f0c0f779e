"""How many of the next questions are second answers, and about which items, each with a known chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learning.core import acquisition
from learning.core.arrays import DoubleArray, IntArray
from learning.core.evaluation.intervals import median_share
from learning.core.second_opinions.doubt import doubt

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
    worth : float
        Share of second answers that contradict the first one from which on as many are asked as may be.
    """

    most_share: float = 0.3
    most_answers: int = 3
    worth: float = 0.2

    def __post_init__(self) -> None:
        """Refuse what would ask nothing new, or nothing again."""
        if not 0.0 <= self.most_share < 1.0 or self.most_answers < 2 or not self.worth > 0.0:
            raise ValueError(f"a share lies in [0, 1), an item gets two answers or more, worth is above 0: {self}")


@dataclass(frozen=True)
class Shown:
    """What the second answers of a project have shown: how many were given, and how many contradict the first."""

    given: int = 0
    contradicted: int = 0

    def share(self, settings: SecondOpinions) -> float:
        """Return which share of the questions are worth being asked again.

        The share that contradicts is taken to be as likely too high as too low: one half before any was given, .11
        after six that all agree, .02 after thirty. Its square decides: where nobody errs some twelve answers are spent
        on finding that out.

        Examples
        --------
        >>> [round(Shown(*shown).share(SecondOpinions()), 2) for shown in ((0, 0), (6, 0), (30, 0), (10, 3))]
        [0.3, 0.09, 0.0, 0.3]
        """
        contradicts = 1.0 - median_share(float(self.given - self.contradicted), self.given) if self.given else 0.5
        return float(settings.most_share * min(contradicts / settings.worth, 1.0) ** 2)


@dataclass(frozen=True)
class KnownItems:
    """Items with answers.

    Parameters
    ----------
    votes : ndarray of float64, shape (n, n_labels)
        How many people gave each label.
    beliefs : ndarray of float64, shape (n, n_labels)
        Of a model that did not learn the item's own answers; alike where there is none.
    rate : float
        Of wrong answers, as far as it is known.
    """

    votes: DoubleArray
    beliefs: DoubleArray
    rate: float


@dataclass(frozen=True)
class Again:
    """Known items that get a further answer.

    Parameters
    ----------
    numbers : ndarray of int, shape (m,)
        Of the items, in order of the draw, each once.
    propensities : ndarray of float64, shape (m,), range (0, 1]
        Chance that the question was this one: of asking again at all, times that of the draw given those before it.
    """

    numbers: IntArray
    propensities: DoubleArray


def ask_again(
    settings: SecondOpinions,
    known: KnownItems,
    shown: Shown,
    n: int,
    rng: np.random.Generator,
    temperature: float = acquisition.DEFAULT_TEMPERATURE,
) -> Again:
    """Draw which of the next questions are further answers to known items; the others are about new ones.

    Parameters
    ----------
    settings : SecondOpinions
    known : KnownItems
    shown : Shown
    n : int
        The next questions.
    rng : numpy.random.Generator
    temperature : float
        How far draws stray from the most doubtful item; see :mod:`learning.core.acquisition`.

    Returns
    -------
    Again
        At most ``n`` items with fewer answers than the cap.

    Examples
    --------
    >>> known = KnownItems(np.eye(2)[[0, 0]], np.array([[0.9, 0.1], [0.1, 0.9]]), 0.1)
    >>> found = ask_again(SecondOpinions(0.9), known, Shown(), 1, np.random.default_rng(0))
    >>> found.numbers.tolist(), found.propensities.round(2).tolist()
    ([1], [0.85])
    """
    share = shown.share(settings)
    open_items = np.flatnonzero(known.votes.sum(axis=1) < settings.most_answers)
    doubts = doubt(known.votes[open_items], known.beliefs[open_items], known.rate)
    order = acquisition.order_by_utility(doubts.astype(np.float32), rng)
    log_weights = np.empty(open_items.size)
    log_weights[order] = acquisition.rank_log_weights(open_items.size, temperature)
    drawn, propensities = acquisition.draw(log_weights, int(rng.binomial(n, share)), rng)
    return Again(open_items[drawn], share * propensities)
