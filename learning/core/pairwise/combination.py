"""Everything together: features say what to expect of an item, judgments correct it, annotators count as they deserve.

The score a feature ranker gives an item is the mean of its prior; how far strengths scatter around it is learned from
the judgments (evidence). An item nobody judged keeps the prior, one with many judgments all but forgets it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix
from learning.core.pairwise.bradley_terry import Prior, Strengths, fit_strengths
from learning.core.pairwise.features import FeatureRanker, fit_ranker
from learning.core.pairwise.judgments import IntVector, Judgments
from learning.core.pairwise.posterior import PairPosterior, gaussian_posterior
from learning.core.pairwise.reliability import fit_crowd

LOWEST_PRECISION, HIGHEST_PRECISION = 0.05, 100.0
USUAL_PRECISION, USUAL_DEVIATION = 0.5, 0.6
ROUNDS = 4
CROWD_ROUNDS = 10
PRECISION_ROUNDS = 8


@dataclass(frozen=True)
class Ranking:
    """A fitted ranking model.

    Attributes
    ----------
    strengths : Strengths
        Scores (position apart), position, tie parameter.
    posterior : PairPosterior
        Its standard errors and what :func:`choose_pairs` needs.
    prior : Prior
        Feature scores as means and the learned precision.
    ranker : FeatureRanker or None
        None without features.
    reliability : ndarray of float64, shape (n_annotators,), range [0, 1]
        Share of an annotator's judgments that follow the scores; ones when not fitted.
    weights : ndarray of float64, shape (m,), range [0, 1]
        How much each judgment counted.
    """

    strengths: Strengths
    posterior: PairPosterior
    prior: Prior
    ranker: FeatureRanker | None
    reliability: DoubleArray
    weights: DoubleArray


def fit_ranking(
    judgments: Judgments,
    groups: list[FloatMatrix] | None = None,
    *,
    context: IntVector | None = None,
    position: bool = True,
    crowd: bool = True,
    start: Strengths | None = None,
    given: DoubleArray | None = None,
) -> Ranking:
    """Fit feature ranker, scores, their prior, position, ties and the reliability of annotators.

    Parameters
    ----------
    judgments : Judgments
        Of all contexts together; may be empty.
    groups : list of ndarray, each of shape (n_items, d_g), optional
        Columns of features in groups, as :func:`learning.core.pairwise.features.with_context` returns them.
    context : ndarray of int, shape (n_items,), optional
        Context of every item, from 0.
    position : bool
        Whether to fit what standing left is worth.
    crowd : bool
        Whether to fit the reliability of annotators; needs several.
    start : Strengths, optional
        An earlier fit of the same items, new ones at the end.
    given : ndarray of float, shape (m,), range (0, 1], optional
        How much each judgment counts whoever gave it; it says nothing of the reliability of annotators.

    Returns
    -------
    Ranking

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(60, 1)).astype(np.float32)
    >>> left, right = rng.integers(0, 25, 400), rng.integers(25, 50, 400)  # items 50 to 59 are never judged
    >>> judgments = Judgments(left, right, (x[left, 0] < x[right, 0]).astype(int), 60)
    >>> ranking = fit_ranking(judgments, [x])
    >>> bool(np.corrcoef(ranking.strengths.scores[50:], x[50:, 0])[0, 1] > 0.99)
    True
    """
    given = np.ones(len(judgments)) if given is None else given
    weights, reliability = given, np.ones(judgments.n_annotators)
    prior, ranker, fitted, people = Prior(0.0, USUAL_PRECISION), None, start, None
    crowd = crowd and judgments.n_annotators > 1
    for _ in range(ROUNDS if len(judgments) else 0):
        fitted = fit_strengths(judgments, prior=prior, position=position, weights=weights, start=fitted, tolerance=1e-6)
        precision = float(np.max(prior.precision))
        if groups is not None:
            ranker = fit_ranker(groups, judgments, weights=weights, nuisance=fitted, residual_precision=precision)
            prior = Prior(ranker.scores(np.concatenate(groups, axis=1)), precision)
        prior = learn_precision(judgments, prior, context=context, position=position, weights=weights, start=fitted)
        if crowd:
            people = fit_crowd(
                judgments, prior=prior, position=position, start=people, rounds=CROWD_ROUNDS, given=given
            )
            weights, reliability, fitted = people.weights, people.reliability, people.strengths
        moved = abs(np.log(float(np.max(prior.precision)) / precision))
        if moved < 0.05:
            break
    fitted = fit_strengths(judgments, prior=prior, position=position, weights=weights, start=fitted)
    posterior = gaussian_posterior(judgments, fitted, prior=prior, context=context, weights=weights)
    return Ranking(fitted, posterior, prior, ranker, reliability, weights)


def learn_precision(
    judgments: Judgments,
    prior: Prior,
    *,
    context: IntVector | None = None,
    position: bool = False,
    weights: DoubleArray | None = None,
    start: Strengths | None = None,
) -> Prior:
    """Return the prior with the precision under which the judgments are most likely (one number for all items).

    The precision itself has a prior, log-normal around a half (strengths scatter by 1.4), so that few judgments do not
    decide it.

    Parameters
    ----------
    judgments, context, position, weights, start
        As in :func:`fit_strengths` and :func:`gaussian_posterior`.
    prior : Prior
        Means, and the precision to begin with.

    Returns
    -------
    Prior

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> scores = rng.normal(size=80) * 2.0
    >>> left, right = rng.integers(0, 40, 4000), rng.integers(40, 80, 4000)
    >>> won = rng.random(4000) < 1 / (1 + np.exp(scores[right] - scores[left]))
    >>> prior = learn_precision(Judgments(left, right, np.where(won, 0, 1), 80), Prior(0.0, 1.0))
    >>> bool(0.15 < prior.precision < 0.4)
    True
    """
    precision = float(np.max(prior.precision))
    mean = np.broadcast_to(np.asarray(prior.mean, dtype=np.float64), judgments.n_items)
    for _ in range(PRECISION_ROUNDS):
        now = Prior(mean, precision)
        start = fit_strengths(judgments, prior=now, position=position, weights=weights, start=start, tolerance=1e-6)
        posterior = gaussian_posterior(judgments, start, prior=now, context=context, weights=weights)
        known = float((1.0 - precision * posterior.variances).clip(0.0, 1.0).sum())
        scatter = float(((start.scores - mean) ** 2).sum())
        # A few judgments cannot tell the scatter: without what is usual it collapses, and pairs chosen for items that
        # are thought to be equal do not correct it.
        renewed = _most_likely(known, scatter)
        moved, precision = abs(np.log(renewed / precision)), renewed
        if moved < 0.02:
            break
    return Prior(mean, precision)


def _most_likely(known: float, scatter: float) -> float:
    """Solve ``known - precision * scatter = 2 / USUAL_DEVIATION ** 2 * log(precision / USUAL_PRECISION)``."""
    low, high = np.log(LOWEST_PRECISION), np.log(HIGHEST_PRECISION)
    pull = 2.0 / USUAL_DEVIATION**2
    for _ in range(50):
        middle = (low + high) / 2
        if known - np.exp(middle) * scatter > pull * (middle - np.log(USUAL_PRECISION)):
            low = middle
        else:
            high = middle
    return float(np.exp((low + high) / 2))
