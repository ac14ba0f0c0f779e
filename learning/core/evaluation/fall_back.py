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
"""A queue falls back once the other answers are shown to explain less of the chosen questions."""
CHOOSES_ABOVE = 0.25
"""It chooses again once they are shown to explain more."""

By = Literal["model", "random"]


@dataclass(frozen=True)
class Explained:
    """How much of what the model's doubt chose the other answers explain (:mod:`.learnable`), with its interval."""

    value: float
    low: float
    high: float
    n: int


def who_asks(explained: Explained | None, pays: Pays, now: By) -> By:
    """Return who is to pick the questions from now on.

    Parameters
    ----------
    explained : Explained or None
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
    if explained is None or explained.n < MIN_CHOSEN:
        return now
    if now == "model":
        return "random" if explained.high < FALLS_BELOW else "model"
    return "model" if explained.low > CHOOSES_ABOVE else "random"


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
