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
    rule : {"likely_wrong", "doubt", "active_lab", "chance"}
        What weighs a further answer against a first one: :data:`learning.core.second_opinions.rules.RULES`.
    """

    most_share: float = 0.3
    most_answers: int = 3
    rule: str = "likely_wrong"

    def __post_init__(self) -> None:
        """Refuse what would ask nothing new, or nothing again."""
        if not 0.0 <= self.most_share < 1.0 or self.most_answers < 2:
            raise ValueError(f"a share lies in [0, 1), and an item gets two answers or more: {self}")
        RULES.make(self.rule)


@dataclass(frozen=True)
class AskedInTurn:
    """Known items that a queue puts to one person more, the first ones first.

    Parameters
    ----------
    numbers : ndarray of int, shape (m,)
        Of the items, in order of the draw, each once.
    propensities : ndarray of float64, shape (m,), range (0, 1]
        As those of :class:`Again`.
    share : float
        Of the questions that are to be these.
    """

    numbers: IntArray
    propensities: DoubleArray
    share: float


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

    One question after the other tosses a coin with the chance of the share, until as many items are asked about as are
    worth it. So fewer are, on average, than the share says, and yet the share is the chance of each of those questions,
    given those before it: what is recorded.

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
    >>> known = KnownItems(np.eye(2)[[0] * 5], np.array([[0.1, 0.9], *[[0.9, 0.1]] * 4]), 0.1)
    >>> found = ask_again(SecondOpinions(0.9), known, 1, np.random.default_rng(0))
    >>> found.numbers.tolist(), found.propensities.round(2).tolist(), found.reason
    ([0], [0.83], 'second_opinion')
    """
    open_items, worth, share, at_most = _worth_asking(settings, known, n)
    count = min(int(rng.binomial(n, share)), at_most)
    return Again(*_drawn(open_items, worth, share, count, rng, temperature))


def queue_again(
    settings: SecondOpinions,
    known: KnownItems,
    n: int,
    most: int,
    rng: np.random.Generator,
    temperature: float = acquisition.DEFAULT_TEMPERATURE,
    turns: int = 1,
) -> AskedInTurn:
    """Draw the known items that a queue asks about again while questions come one by one until the next ranking.

    Whoever serves it tosses a coin for each question: with the chance ``share`` it is the next of these.

    Parameters
    ----------
    settings : SecondOpinions
    known : KnownItems
    n : int
        Questions that come before the next ranking.
    most : int
        Items drawn at most.
    rng : numpy.random.Generator
    temperature : float
    turns : int
        The next ranking may be late: items are drawn for so many times as many questions.

    Returns
    -------
    AskedInTurn

    Examples
    --------
    >>> known = KnownItems(np.eye(2)[[0] * 5], np.array([[0.1, 0.9], *[[0.9, 0.1]] * 4]), 0.1)
    >>> found = queue_again(SecondOpinions(0.3), known, 3, 1, np.random.default_rng(0))
    >>> found.numbers.tolist(), found.propensities.round(2).tolist(), found.share
    ([0], [0.28], 0.3)
    """
    open_items, worth, share, at_most = _worth_asking(settings, known, n, turns)
    count = min(most, int(np.ceil(turns * n * share)), at_most)
    return AskedInTurn(*_drawn(open_items, worth, share, count, rng, temperature), share)


def _worth_asking(
    settings: SecondOpinions, known: KnownItems, n: int, turns: int = 1
) -> tuple[IntArray, DoubleArray, float, int]:
    """Return the items below the cap, what known items are worth, the share of the questions, and how many at most."""
    open_items = np.flatnonzero(known.n_answers < settings.most_answers)
    if not open_items.size:
        return open_items, np.zeros(len(known.votes)), 0.0, 0
    weighed = RULES.make(settings.rule).weigh(known, n, settings.most_share)
    return open_items, weighed.worth, *weighed.among(open_items, n, turns)


def _drawn(
    open_items: IntArray, worth: DoubleArray, share: float, count: int, rng: np.random.Generator, temperature: float
) -> tuple[IntArray, DoubleArray]:
    """Return items drawn by rank of worth, and the chance that a question is each."""
    order = acquisition.order_by_utility(worth[open_items].astype(np.float32), rng)
    log_weights = np.empty(open_items.size)
    log_weights[order] = acquisition.rank_log_weights(open_items.size, temperature)
    drawn, propensities = acquisition.draw(log_weights, count, rng)
    return open_items[drawn], np.asarray(share * propensities)
