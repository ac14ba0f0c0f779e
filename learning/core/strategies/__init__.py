"""What picks: probabilities and features -> an ordered draw from the pool.

A strategy is one module with one class and one line below. Its contract (``tests/core/test_strategies.py``) is
inherited by every registered strategy: only eligible rows, each once, as many as asked for or there are; finite
utilities, propensities in (0, 1]; the same seed gives the same draw; any pool down to one row; one label per item or
many.
"""

from __future__ import annotations

from learning.core.registry import Registry
from learning.core.strategies.base import Draws, Request, Strategy

STRATEGIES: Registry[Strategy] = Registry(
    "strategy",
    {
        "auto": "learning.core.strategies.auto:Auto",
        "random": "learning.core.strategies.uniform:Uniform",
        "least_confidence": "learning.core.strategies.uncertainty:LeastConfidence",
        "margin": "learning.core.strategies.uncertainty:Margin",
        "entropy": "learning.core.strategies.uncertainty:Entropy",
        "explore": "learning.core.strategies.explore:Explore",
        "find_more": "learning.core.strategies.find_more:FindMore",
        "more_like_it": "learning.core.strategies.rare:MoreLikeIt",
        "typical": "learning.core.strategies.typical:Typical",
        "diverse_margin": "learning.core.strategies.diverse:DiverseMargin",
        "expected_error": "learning.core.strategies.expected_error:ExpectedError",
        "diverse_error": "learning.core.strategies.expected_error:DiverseError",
        "even_steps": "learning.core.strategies.even_steps:EvenSteps",
        "density_weighted": "learning.core.strategies.density:DensityWeighted",
        "committee": "learning.core.strategies.committee:Committee",
        "core_set": "learning.core.strategies.coreset:CoreSet",
        "badge": "learning.core.strategies.badge:Badge",
    },
    only={name: ["ordinal"] for name in ("expected_error", "diverse_error", "even_steps")},
)


def make_strategy(name: str) -> Strategy:
    """Return the query strategy a project's settings ask for.

    Parameters
    ----------
    name : str

    Returns
    -------
    Strategy

    Raises
    ------
    ValueError
        If the name is unknown.

    Examples
    --------
    >>> make_strategy("margin").needs_model
    True
    """
    return STRATEGIES.make(name)


__all__ = ["STRATEGIES", "Draws", "Request", "Strategy", "make_strategy"]
