"""What an answer is worth: how probabilities become an answer, how it is measured, and what a mistake costs.

Everything in a cycle that depends on the sort of answers asks its objective; adding a sort is one module and one line
below. The contract (``tests/core/test_objectives.py``) runs over all of them.
"""

from __future__ import annotations

from functools import lru_cache

from learning.core.evaluation.objectives.base import ArmModels, Objective
from learning.core.registry import Registry

OBJECTIVES: Registry[Objective] = Registry(
    "objective",
    {
        "classification": "learning.core.evaluation.objectives.one_label:OneLabel",
        "multilabel": "learning.core.evaluation.objectives.any_labels:AnyLabels",
        "ordinal": "learning.core.evaluation.objectives.ordinal:Ordinal",
    },
)


@lru_cache
def make_objective(name: str) -> Objective:
    """Return the objective of a name; they hold no state.

    Raises
    ------
    ValueError
        If the name is unknown.

    Examples
    --------
    >>> make_objective("multilabel").headline
    'exact_match'
    """
    return OBJECTIVES.make(name)


__all__ = ["OBJECTIVES", "ArmModels", "Objective", "make_objective"]
