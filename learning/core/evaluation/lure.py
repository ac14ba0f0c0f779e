"""What actively chosen answers say about the whole pool.

Rows a strategy chose are not a random sample: a mean over them is biased towards what is hard. With the propensity of
every pick on record, the levelled unbiased risk estimator weighs each answer so that the weighted mean is an unbiased
estimate of the mean over the pool as it was before the first pick.

Source: S. Farquhar, Y. Gal, T. Rainforth, "On statistical bias in active learning: how and when to fix it", ICLR 2021.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from learning.core.arrays import DoubleArray
from learning.core.evaluation.intervals import Estimate, mean_of_few, share

#: Losses that do not differ are known to no more than this.
_RESOLUTION = 1e-3


def lure_weights(propensities: ArrayLike, pool_sizes: ArrayLike) -> DoubleArray:
    """Return the weight of every answer, in the order of the picks.

    With ``M`` answers of a pool of ``N``, the m-th pick (from 1) of propensity ``q`` gets

        v_m = 1 + (N - M) / (N - m) * (1 / ((N - m + 1) * q) - 1)

    ``N - m + 1`` is the number of rows the pick chose among, which the ranking records, so rows that left the pool in
    between (skipped, drawn for another purpose) are accounted for: they count as drawn without being measured.

    Parameters
    ----------
    propensities : array_like of shape (M,)
        In (0, 1].
    pool_sizes : array_like of int, shape (M,)
        Rows each pick chose among, itself included; falling.

    Returns
    -------
    ndarray of float64, shape (M,)
        1 on average; all 1 for uniform picks and for a pool that was answered whole. A weight may be negative where a
        pick was far likelier than chance and hardly anything is left.

    Raises
    ------
    ValueError
        If a propensity is not in (0, 1], lengths differ or pool sizes do not fall.

    Examples
    --------
    >>> lure_weights([0.25, 1 / 3], [4, 3])
    array([1., 1.])
    >>> lure_weights([0.5, 1.0], [2, 1])
    array([1., 1.])
    """
    q, size = np.asarray(propensities, dtype=np.float64), np.asarray(pool_sizes, dtype=np.float64)
    if q.shape != size.shape or q.ndim != 1:
        raise ValueError(f"{q.shape} propensities do not fit {size.shape} pool sizes")
    if not ((q > 0) & (q <= 1)).all():
        raise ValueError("propensities must be above 0 and at most 1")
    if not ((np.diff(size) < 0).all() and (size >= 1).all()):
        raise ValueError("every pick must choose among fewer rows than the one before, and at least one")
    left = size[-1] - 1 if size.size else 0.0
    after = np.maximum(size - 1, 1.0)
    # At the very last row of a pool nothing is left to level: N - M and N - m are both 0.
    return np.asarray(1.0 + np.where(size > 1, left / after, 0.0) * (1.0 / (size * q) - 1.0))


def lure_estimate(losses: ArrayLike, weights: ArrayLike) -> Estimate:
    """Return the weighted mean of losses with its interval.

    Parameters
    ----------
    losses : array_like of shape (M,), M >= 1
        E.g. 1 for a wrong answer of a model that was fitted on other rows, else 0.
    weights : array_like of shape (M,)
        From :func:`lure_weights`.

    Returns
    -------
    Estimate
        Unbiased for the mean over the pool, hence possibly outside the range of the losses. The interval is Student's;
        for losses in [0, 1] it is widened to that of a share of Kish's effective number of answers, because a few heavy
        answers without an error among them know of no error.

    References
    ----------
    L. Kish, Survey Sampling, 1965, for the effective number ``(sum w)^2 / sum w^2``.

    Examples
    --------
    >>> lure_estimate([0.0, 1.0], [1.0, 1.0]).value
    0.5
    >>> round(lure_estimate([0.0] * 20, [10.0] * 2 + [0.1] * 18).high, 2)
    0.79
    """
    given, weigh = np.asarray(losses, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    weighted = given * weigh
    found = mean_of_few(weighted, _RESOLUTION)
    if not ((given >= 0) & (given <= 1)).all() or not weigh.any():
        return found
    effective = float(weigh.sum() ** 2 / (weigh**2).sum())
    widened = share(min(max(found.value, 0.0), 1.0) * effective, effective)
    return Estimate(found.value, min(found.low, widened.low), max(found.high, widened.high), found.n)
