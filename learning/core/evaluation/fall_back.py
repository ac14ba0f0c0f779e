"""When a queue falls back to random questions, and when it chooses again. Without NumPy: pages say it too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from learning.core.evaluation.interval_words import interval_words
from learning.core.evaluation.pays import Pays

MIN_CHOSEN = 60
"""Chosen questions below which nothing is decided."""
FALLS_BELOW = 0.38
"""A queue falls back once the other answers are shown to explain less of what they could of the chosen questions."""
CHOOSES_ABOVE = 0.25
"""It chooses again once they are shown to explain more."""
ENOUGH_PER_DIRECTION, FEW_PER_DIRECTION = 5.0, 2.5
"""Answers for each direction that items differ in, from which on what is unexplained is not just unseen; and below
which a queue that fell back chooses again."""

By = Literal["model", "random"]


@dataclass(frozen=True)
class Explained:
    """How much of what the model's doubt chose the other answers explain (:mod:`.learnable`), with its interval."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Grounds:
    """What a queue falls back on.

    Parameters
    ----------
    explained : Explained
    explainable : float
        What people's errors leave to be explained, as far as second answers show them, in [0, 1].
    n_twice : int
        Items that were answered twice, by which errors are measured; with none ``explainable`` is 1.
    per_direction : float
        Answers for each direction that the answered items differ in.
    """

    explained: Explained
    explainable: float
    n_twice: int
    per_direction: float


def who_asks(grounds: Grounds | None, pays: Pays, now: By) -> By:
    """Return who is to pick the questions from now on.

    Parameters
    ----------
    grounds : Grounds or None
        None where nothing can be said.
    pays : {"yes", "no", "unclear"}
        What the comparison of the arms says (:func:`learning.core.evaluation.pays.does_it_pay`): it counts first.
    now : {"model", "random"}
        Who does.

    Returns
    -------
    {"model", "random"}
    """
    if pays != "unclear":
        return "model" if pays == "yes" else "random"
    if grounds is None or grounds.explained.n < MIN_CHOSEN:
        return now
    return _falls(grounds) if now == "model" else _stays(grounds)


def _falls(grounds: Grounds) -> By:
    little = grounds.explained.high < FALLS_BELOW * grounds.explainable
    return "random" if little and grounds.per_direction >= ENOUGH_PER_DIRECTION else "model"


def _stays(grounds: Grounds) -> By:
    """Less is asked of what speaks for choosing than in :func:`_falls`, or it would go to and fro."""
    found, explainable = grounds.explained, grounds.explainable
    much = found.low > CHOOSES_ABOVE * explainable or found.value > FALLS_BELOW * explainable
    return "model" if much or grounds.per_direction < FEW_PER_DIRECTION else "random"


def explained_words(found: Mapping[str, Any]) -> str:
    """Say how much is explained.

    Examples
    --------
    >>> explained_words({"value": 0.04, "low": -0.09, "high": 0.142, "n": 74})
    'The other answers explain 4 % (−9 to +14 %) of the 74 questions that the model chose'
    """
    known = interval_words(100 * found["low"], 100 * found["high"], found["n"], 0, signed=True, unit="%")
    said = f"{100 * found['value']:.0f}".replace("-", "−")
    return f"The other answers explain {said} % ({known}) of the {found['n']:,} questions that the model chose"


def errors_words(figures: Mapping[str, Any]) -> str:
    """Say what is known of people's errors, which cannot be explained either; nothing of figures that older code kept.

    Examples
    --------
    >>> errors_words({"n_twice": 0, "explainable": 1.0})
    'Nothing was answered twice: errors of people would look the same'
    >>> errors_words({"n_twice": 12, "explainable": 0.74})
    'By the 12 items that were answered twice, errors of people leave 74 % to be explained'
    """
    if "n_twice" not in figures:
        return ""
    if not figures["n_twice"]:
        return "Nothing was answered twice: errors of people would look the same"
    items = "1 item that was" if figures["n_twice"] == 1 else f"{figures['n_twice']:,} items that were"
    return (
        f"By the {items} answered twice, errors of people leave {figures['explainable']:.0%} to be explained".replace(
            "%", " %"
        )
    )
