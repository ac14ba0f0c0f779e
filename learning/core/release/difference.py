"""Is one of two arms worse? Asked again after every outcome, and right however often it is asked."""

from __future__ import annotations

from math import inf

import numpy as np

from learning.core.arrays import DoubleArray
from learning.core.release.counts import Counts

#: Bets per outcome, as shares of the capital, and what of the capital is laid on each. The share that gains most is the
#: mean of the differences over the share of outcomes that differ: .1 where the arms are strangers to each other and err
#: in 30 %, .3 to .6 where they mostly agree, .8 where errors are rare.
BETS = np.array([0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95])
LAID = np.array([0.06, 0.16, 0.22, 0.22, 0.14, 0.12, 0.08])
_NARROWEST = 1e-4


def evidence(worse: DoubleArray, same: DoubleArray, better: DoubleArray, beyond: float = 0.0) -> DoubleArray:
    """Evidence against "the candidate's rate is at most ``beyond`` above the champion's".

    The capital of a gambler who starts with 1 and bets on the candidate being worse. While the sentence is true nobody
    can expect to gain by it, whatever came before, so the chance that the capital *ever* reaches ``1 / alpha`` is at
    most ``alpha``: looking after each outcome and stopping when one likes costs nothing.

    Parameters
    ----------
    worse, same, better : ndarray of shape (...)
        Counts of :class:`Counts`, one state of knowledge an entry.
    beyond : float
        From -1 (excluded) to 1 (excluded).

    Returns
    -------
    ndarray of shape (...)
        The logarithm of the capital. Falls as ``beyond`` rises.

    Notes
    -----
    Each outcome is d in {-1, 0, 1}; a bet of the share b multiplies its part of the capital by
    1 + b (d - m) / (1 + m), whose expectation is at most 1 where that of d is at most m. Several bets at once
    (Robbins' mixture) need no guess of how large the difference is.

    References
    ----------
    J. Ville, Étude critique de la notion de collectif, 1939; H. Robbins, Ann. Math. Stat. 41, 1970;
    I. Waudby-Smith, A. Ramdas, Estimating means of bounded random variables by betting, JRSS B 86, 2024;
    A. Ramdas, P. Grünwald, V. Vovk, G. Shafer, Game-theoretic statistics and safe anytime-valid inference, 2023.

    Examples
    --------
    >>> nothing, ten = np.zeros(1), np.full(1, 10.0)
    >>> float(evidence(nothing, ten, nothing)[0])
    0.0
    >>> float(np.exp(evidence(ten, ten, nothing)[0])) > 100
    True
    """
    lost, tied, won = (np.asarray(each, dtype=np.float64)[..., None] for each in (worse, same, better))
    stakes = BETS / (1.0 + beyond)
    gained = lost * np.log1p(stakes * (1.0 - beyond)) + tied * np.log1p(-stakes * beyond) + won * np.log1p(-BETS)
    with np.errstate(divide="ignore"):
        total: DoubleArray = np.logaddexp.reduce(gained + np.log(LAID), axis=-1)
    return np.where(np.abs(total) < 1e-12, 0.0, total)


def is_worse(counts: Counts, alpha: float, beyond: float = 0.0) -> bool:
    """Whether the candidate's rate is proven to lie more than ``beyond`` above the champion's.

    Wrongly so, over all the looks there will ever be, with a chance of at most ``alpha``.

    Examples
    --------
    >>> is_worse(Counts(worse=30, same=300, better=5), 0.03), is_worse(Counts(12, 300, 10), 0.03)
    (True, False)
    """
    return bool(_evidence_of(counts, beyond) >= -np.log(alpha))


def lowest(counts: Counts, alpha: float) -> float:
    """The lower end of the confidence sequence: smaller differences are proven wrong at ``alpha``, from -1 to 1.

    Examples
    --------
    >>> lowest(Counts(), 0.03)
    -1.0
    >>> 0.0 < lowest(Counts(30, 300, 5), 0.03) < 25 / 335
    True
    """
    needed = -np.log(alpha)
    low, high = -1.0 + _NARROWEST, 1.0 - _NARROWEST
    if counts.n == 0 or _evidence_of(counts, low) < needed:
        return -1.0
    while high - low > _NARROWEST:
        middle = (low + high) / 2
        low, high = (middle, high) if _evidence_of(counts, middle) >= needed else (low, middle)
    return low


def interval(counts: Counts, alpha_worse: float, alpha_better: float) -> tuple[float, float]:
    """Where the difference (candidate minus champion) lies, at every moment at once, with 1 - the sum of both levels.

    It lies above 0 exactly when :func:`is_worse` at ``alpha_worse``, below 0 exactly when the champion is at
    ``alpha_better``.

    Examples
    --------
    >>> low, high = interval(Counts(5, 190, 5), 0.03, 0.01)
    >>> -0.2 < low < 0 < high < 0.2
    True
    """
    return lowest(counts, alpha_worse), -lowest(counts.turned(), alpha_better)


def _evidence_of(counts: Counts, beyond: float) -> float:
    if beyond <= -1.0:
        return inf
    worse, same, better = (np.array(float(each)) for each in (counts.worse, counts.same, counts.better))
    return float(evidence(worse, same, better, beyond))
