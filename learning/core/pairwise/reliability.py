"""Annotators who answer at random must not shape the ranking: each gets a reliability, fitted together with the scores.

An annotator either looks (with probability ``reliability``) and then answers by the Bradley-Terry model, or does not
and then answers as if no picture were there: left, right and tie in the proportions of a coin. The two are separated
by expectation-maximisation; the judgments of somebody who does not look end up with little weight.

Source: X. Chen et al., "Pairwise ranking aggregation in a crowdsourced setting" (Crowd-BT), WSDM 2013, here with a
mixture in place of its reversal, and a Beta prior on the reliability.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learning.core.arrays import DoubleArray
from learning.core.pairwise.bradley_terry import Prior, Strengths, fit_strengths
from learning.core.pairwise.judgments import TIE, Judgments

ROUNDS = 30
SETTLED = 1e-3
BETA_PRIOR = (4.0, 1.0)


@dataclass(frozen=True)
class CrowdStrengths:
    """Scores with the reliability of each annotator, and the weight each judgment got.

    Attributes
    ----------
    strengths : Strengths
    reliability : ndarray of float64, shape (n_annotators,), range [0, 1]
    weights : ndarray of float64, shape (m,), range [0, 1]
        Probability that the annotator looked at this pair, times the weight that was given.
    """

    strengths: Strengths
    reliability: DoubleArray
    weights: DoubleArray


def fit_crowd(
    judgments: Judgments,
    *,
    prior: Prior,
    position: bool = True,
    start: CrowdStrengths | None = None,
    rounds: int = ROUNDS,
    given: DoubleArray | None = None,
) -> CrowdStrengths:
    """Fit scores, position and the reliability of annotators.

    Parameters
    ----------
    judgments : Judgments
    prior : Prior
        Needs a precision: weights may leave an item with next to no judgments.
    position : bool
        Whether to fit what standing left is worth.
    start : CrowdStrengths, optional
        An earlier fit of the same judgments.
    rounds : int
        At most so many of expectation and maximisation.
    given : ndarray of float, shape (m,), range (0, 1], optional
        How much each judgment counts whoever gave it; reliabilities do not go by it.

    Returns
    -------
    CrowdStrengths

    Raises
    ------
    ValueError
        If the prior has no precision.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> left, right = rng.integers(0, 5, 600), rng.integers(5, 10, 600)
    >>> annotator = np.arange(600) % 6
    >>> outcome = np.where(annotator == 5, rng.integers(0, 2, 600), 0)  # the last one tosses a coin
    >>> crowd = fit_crowd(Judgments(left, right, outcome, 10, annotator), prior=Prior(0.0, 0.1), position=False)
    >>> bool(crowd.reliability[5] < 0.3 < 0.9 < crowd.reliability[:5].min())
    True
    """
    if not np.all(np.asarray(prior.precision) > 0):
        raise ValueError("fitting reliabilities needs a prior with a precision")
    m, people = len(judgments), judgments.n_annotators
    blind = _blind_probabilities(judgments)
    given = np.ones(m) if given is None else given
    weights, fitted = (given, None) if start is None else (start.weights, start.strengths)
    reliability = np.full(people, 0.9) if start is None else start.reliability
    for _ in range(rounds):
        fitted = fit_strengths(judgments, prior=prior, position=position, weights=weights, start=fitted, tolerance=1e-6)
        answers = fitted.probabilities(judgments.left, judgments.right)
        looked = reliability[judgments.annotator] * answers[np.arange(m), judgments.outcome]
        looked = looked / np.maximum(looked + (1.0 - reliability[judgments.annotator]) * blind, 1e-300)
        weights = looked * given
        a, b = BETA_PRIOR
        seen = np.bincount(judgments.annotator, looked, people)
        count = np.bincount(judgments.annotator, minlength=people)
        renewed = (seen + a - 1.0) / np.maximum(count + a + b - 2.0, 1e-12)
        moved = np.abs(renewed - reliability).max(initial=0.0)
        reliability = renewed
        if moved < SETTLED:
            break
    if fitted is None:
        fitted = fit_strengths(judgments, prior=prior, position=position)
    return CrowdStrengths(fitted, reliability, weights)


def _blind_probabilities(judgments: Judgments) -> DoubleArray:
    """Probability of each answer when nobody looks: ties as often as they occur, else left or right by a coin."""
    ties = float(np.mean(judgments.outcome == TIE)) if len(judgments) else 0.0
    return np.where(judgments.outcome == TIE, ties, (1.0 - ties) / 2)
