"""The interval of quadratic weighted kappa."""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit

from learning.core.arrays import DoubleArray
from learning.core.evaluation.intervals import TAIL, Estimate

_SAME = 1e-12


def quadratic_kappa_interval(
    given: DoubleArray, truth: DoubleArray, squares: DoubleArray, surprise: DoubleArray, value: float
) -> Estimate:
    """Return quadratic weighted kappa with its interval on Fisher's scale.

    Every item's influence on kappa makes its variance; for the lower end one item more counts, as wrong as the worst
    one there is or could have been, because among a few answers the rare large error is not seen.

    Parameters
    ----------
    given, truth : ndarray of shape (n,), n >= 1
        Steps; truth may lie half-way between two.
    squares : ndarray of shape (n,)
        Mean square of each truth's steps; larger than that of the mean where it lies half-way.
    surprise : ndarray of shape (n,)
        The step that each item would have, had the model's second choice been true.
    value : float
        Kappa.

    Returns
    -------
    Estimate
        In [-1, 1], never of width zero.

    References
    ----------
    R. A. Fisher, Metron 1, 1921, for the scale; J. L. Fleiss, J. Cohen, B. S. Everitt, "Large sample standard errors of
    kappa and weighted kappa", Psychological Bulletin 72, 1969.

    Examples
    --------
    >>> steps = np.tile([0.0, 1.0, 2.0], 20)
    >>> found = quadratic_kappa_interval(steps, steps, steps**2, 2.0 - steps, 1.0)
    >>> found.high, 0.6 < found.low < 1.0
    (1.0, True)
    """
    n = given.size
    if n < 2:
        return Estimate(value, -1.0, 1.0, n)
    seen, feared = np.abs(given - truth), np.abs(given - surprise)
    at = int((seen if seen.max() >= feared.max() else feared).argmax())
    worst = float(truth[at] if seen.max() >= feared.max() else surprise[at])
    if np.ptp(given) > _SAME:
        low = _end(*_with(given[at], worst, given, truth, squares), side=-1.0)
        high = _end(given, truth, squares, side=1.0)
        if high <= -1.0 + _SAME:  # all as wrong as can be: the next may be right
            high = _end(*_with(given[at], given[at], given, truth, squares), side=1.0)
    else:  # one answer to all: kappa is 0 whatever the truth, unless the next item is given another
        another = float(surprise[at])
        wrong = float(truth[np.abs(truth - another).argmax()])
        low = _end(*_with(another, wrong, given, truth, squares), side=-1.0)
        high = _end(*_with(another, another, given, truth, squares), side=1.0)
    return Estimate(value, min(low, value), max(high, value), n)


def _with(
    answer: float, step: float, given: DoubleArray, truth: DoubleArray, squares: DoubleArray
) -> tuple[DoubleArray, DoubleArray, DoubleArray]:
    """Return the items and one more."""
    return np.append(given, answer), np.append(truth, step), np.append(squares, step**2)


def _end(given: DoubleArray, truth: DoubleArray, squares: DoubleArray, *, side: float) -> float:
    """Return the lower (``side`` -1) or the upper end (1) by these items."""
    influence, kappa = _influence(given, truth, squares)
    if kappa is None:
        return side
    if kappa >= 1.0 - _SAME or kappa <= -1.0 + _SAME:
        return side if kappa * side > 0 else kappa
    error = float(influence.std(ddof=1)) / given.size**0.5
    if error <= _SAME:  # nothing varies: nothing is known
        return side
    half = float(stdtrit(given.size - 1, 1.0 - TAIL)) * error / (1.0 - kappa**2)
    return float(np.tanh(np.arctanh(kappa) + side * half))


def _influence(given: DoubleArray, truth: DoubleArray, squares: DoubleArray) -> tuple[DoubleArray, float | None]:
    """Return what each item adds to 1 - kappa (0 on average), and kappa; None where there is no chance to exceed."""
    apart = given**2 - 2.0 * given * truth + squares
    a, t = given.mean(), truth.mean()
    # Its mean is what answers dealt out at random would be apart; around it, each item's influence on that.
    chance = given**2 - 2.0 * (given * t + a * truth) + squares + 2.0 * a * t
    by_chance = float(chance.mean())
    if by_chance <= _SAME:
        return np.zeros(given.size), None
    kappa = 1.0 - float(apart.mean()) / by_chance
    return np.asarray((apart - (1.0 - kappa) * chance) / by_chance), kappa


def paired_variance(first: DoubleArray, second: DoubleArray, truth: DoubleArray, squares: DoubleArray) -> float:
    """Return the variance of the difference of two kappas on the same items, above 0.

    One item more counts, on which they differ by as much as on any: two models that differ on none may on the next.

    Parameters
    ----------
    first, second, truth, squares : ndarray of shape (n,), n >= 1
        The steps either gave, and the truth as in :func:`quadratic_kappa_interval`.

    Examples
    --------
    >>> steps = np.tile([0.0, 1.0, 2.0], 20)
    >>> paired_variance(steps, steps, steps, steps**2) > 0
    True
    """
    ours, theirs = (_influence(given, truth, squares)[0] for given in (first, second))
    gaps = ours - theirs
    largest = float(np.abs(gaps).max()) or float(np.abs(ours).max()) or 1.0
    return (float((gaps**2).sum()) + largest**2) / gaps.size**2
