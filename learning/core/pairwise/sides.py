"""What standing left is worth, without the pull to zero that uncertain strengths put on it.

The position of :func:`learning.core.pairwise.fit_strengths` is the one at the most likely strengths. Strengths that few
judgments have measured are unsure, and an unsure difference makes every answer look more like a coin than it was. Here
each judgment is explained by the distribution its difference had *without* that judgment, over which the answer's
probability is averaged; the position is the one under which the answers are then most likely.

References
----------
The distribution without one answer is the cavity of T. P. Minka, "Expectation propagation for approximate Bayesian
inference", UAI 2001.
"""

from __future__ import annotations

import numpy as np

from learning.core.arrays import DoubleArray
from learning.core.evaluation.intervals import Estimate, normal
from learning.core.pairwise.bradley_terry import answer_probabilities
from learning.core.pairwise.judgments import LEFT, TIE, Judgments
from learning.core.pairwise.posterior import PairPosterior

AT_MOST = 20_000
_NODES = 15
_LEAST_LEFT = 0.05
_STEPS = 20
_NUDGE = 1e-3


def position_effect(
    judgments: Judgments,
    posterior: PairPosterior,
    *,
    weights: DoubleArray | None = None,
) -> Estimate:
    """Estimate what standing left is worth.

    Parameters
    ----------
    judgments : Judgments
        At most 20,000 of them, evenly spread, are looked at.
    posterior : PairPosterior
        Of a fit to these judgments.
    weights : ndarray of float, shape (m,), optional
        As the posterior was made with.

    Returns
    -------
    Estimate
        Log-odds, with a 95 % interval; from minus to plus infinity without judgments.

    Examples
    --------
    >>> from learning.core.pairwise import Prior, fit_strengths, gaussian_posterior
    >>> rng = np.random.default_rng(0)
    >>> left, right, prior = np.arange(0, 4000, 2), np.arange(1, 4001, 2), Prior(0.0, 0.5)  # nobody is judged twice
    >>> d = rng.normal(size=2000) * 2.0 + 1.0
    >>> judgments = Judgments(left, right, (rng.random(2000) > 1 / (1 + np.exp(-d))).astype(int), 4001)
    >>> fitted = fit_strengths(judgments, prior=prior, position=True)
    >>> effect = position_effect(judgments, gaussian_posterior(judgments, fitted, prior=prior))
    >>> fitted.position < 0.8, effect.low < 1.0 < effect.high
    (True, True)
    """
    m = len(judgments)
    if not m:
        return Estimate(0.0, -np.inf, np.inf, 0)
    rows = np.linspace(0, m - 1, min(m, AT_MOST)).astype(np.int64)
    some = judgments.where(rows)
    w = np.ones(rows.size) if weights is None else np.asarray(weights, dtype=np.float64)[rows]
    mean, variance = _without_each(some, posterior, w)
    nodes, node_weights = np.polynomial.hermite_e.hermegauss(_NODES)
    node_weights = node_weights / node_weights.sum()
    d = mean[:, None] + np.sqrt(variance)[:, None] * nodes
    log_nu = posterior.strengths.log_nu

    def log_likelihood(position: float) -> float:
        p = answer_probabilities((d + position).ravel(), log_nu).reshape(*d.shape, 3)
        given = np.take_along_axis(p, some.outcome[:, None, None], axis=2)[:, :, 0] @ node_weights
        return float(w @ np.log(np.maximum(given, 1e-300)))

    at = posterior.strengths.position
    curve = 1.0
    for _ in range(_STEPS):
        below, here, above = (log_likelihood(at + shift) for shift in (-_NUDGE, 0.0, _NUDGE))
        slope, curve = (above - below) / (2 * _NUDGE), max(-(above - 2 * here + below) / _NUDGE**2, 1e-9)
        step = float(np.clip(slope / curve, -1.0, 1.0))
        at += step
        if abs(step) < 1e-4:
            break
    return normal(at, 1.0 / float(np.sqrt(curve * m / rows.size)), m)


def _without_each(
    judgments: Judgments, posterior: PairPosterior, weights: DoubleArray
) -> tuple[DoubleArray, DoubleArray]:
    """Mean and variance of every judgment's difference as the other judgments have it."""
    mean, variance = posterior.differences(judgments.left, judgments.right)
    p = answer_probabilities(mean + posterior.strengths.position, posterior.strengths.log_nu)
    lean = (p[:, 0] - p[:, 1]) / 2
    won = np.where(judgments.outcome == TIE, 0.0, np.where(judgments.outcome == LEFT, 0.5, -0.5))
    told = weights * ((1.0 - p[:, 2]) / 4 - lean**2)
    variance = variance / np.maximum(1.0 - told * variance, _LEAST_LEFT)
    return mean - variance * weights * (won - lean), variance
