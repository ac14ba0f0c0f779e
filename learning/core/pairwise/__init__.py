"""Ranking from pairwise judgments: what was judged, how strong each item is, how sure that is, who can be relied on."""

from learning.core.pairwise.audit import agreement, fast_answers, flip_rate, left_rates
from learning.core.pairwise.bradley_terry import Prior, Strengths, answer_probabilities, fit_strengths
from learning.core.pairwise.combination import Ranking, fit_ranking, learn_precision
from learning.core.pairwise.connectivity import bridges_wanted, components
from learning.core.pairwise.cycles import circular_triads, most_disputed, pair_counts
from learning.core.pairwise.features import FeatureRanker, fit_ranker, with_context
from learning.core.pairwise.judgments import LEFT, RIGHT, TIE, Judgments
from learning.core.pairwise.posterior import PairPosterior, gaussian_posterior
from learning.core.pairwise.precision import standard_errors
from learning.core.pairwise.reliability import CrowdStrengths, fit_crowd
from learning.core.pairwise.selection import PairDraws, choose_pairs
from learning.core.pairwise.sides import position_effect
from learning.core.pairwise.suspects import Suspect, copying, random_looking

__all__ = [
    "LEFT", "RIGHT", "TIE", "CrowdStrengths", "FeatureRanker", "Judgments", "PairDraws", "PairPosterior", "Prior",
    "Ranking", "Strengths", "Suspect", "agreement", "answer_probabilities", "bridges_wanted", "choose_pairs",
    "circular_triads", "components", "copying", "fast_answers", "fit_crowd", "fit_ranker", "fit_ranking",
    "fit_strengths", "flip_rate", "gaussian_posterior", "learn_precision", "left_rates", "most_disputed",
    "pair_counts", "position_effect", "random_looking", "standard_errors", "with_context",
]  # fmt: skip
