"""How two models beside one another are said, by what an answer is worth. Without NumPy: pages need nothing else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ComparisonWords:
    """What a model that has an item better than another is.

    Parameters
    ----------
    better : str
        What a model is on an item it has better than another, ``{rival}`` being the other.
    ahead, behind : str
        What it is on the ``{n}`` items it has better, and on those it has worse.
    difference : str
        What the share of the items it has better, less that of those it has worse, is called.
    loss : str
        What its loss is called.
    """

    better: str = "right that {rival} has wrong"
    ahead: str = "right on {n} that {rival} has wrong"
    behind: str = "wrong on {n} that {rival} has right"
    difference: str = "accuracy"
    loss: str = "squared error of the probabilities"


RIGHT_OR_WRONG = ComparisonWords()
CLOSER = ComparisonWords(
    better="closer to the truth than {rival}",
    ahead="closer to the truth on {n}",
    behind="further off on {n}",
    difference="closer less further off",
    loss="ranked probability loss",
)
CHEAPER = ComparisonWords(loss="cost per case")
_BY_OBJECTIVE = {"ordinal": CLOSER, "least_cost": CHEAPER}


def comparison_words(objective: str | None) -> ComparisonWords:
    """Return the words of an objective, by its name; those of right and wrong where it has none of its own.

    Examples
    --------
    >>> comparison_words("ordinal").better, comparison_words(None).difference
    ('closer to the truth than {rival}', 'accuracy')
    """
    return _BY_OBJECTIVE.get(objective or "", RIGHT_OR_WRONG)
