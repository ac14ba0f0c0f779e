"""Ranking from pairwise judgments: what was judged, how strong each item is, how sure that is, who can be relied on."""

from learning.core.pairwise.bradley_terry import Prior, Strengths, answer_probabilities, fit_strengths
from learning.core.pairwise.connectivity import bridges_wanted, components
from learning.core.pairwise.judgments import LEFT, RIGHT, TIE, Judgments
from learning.core.pairwise.precision import standard_errors
from learning.core.pairwise.reliability import CrowdStrengths, fit_crowd

__all__ = [
    "LEFT", "RIGHT", "TIE", "CrowdStrengths", "Judgments", "Prior", "Strengths", "answer_probabilities",
    "bridges_wanted", "components", "fit_crowd", "fit_strengths", "standard_errors",
]  # fmt: skip
