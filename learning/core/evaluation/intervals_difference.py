"""Intervals of comparisons: two models on the same items, two arms over the same seeds."""

from __future__ import annotations

from math import exp

import numpy as np

from learning.core.arrays import DoubleArray
from learning.core.evaluation.interval_words import STANDARD_ERRORS
from learning.core.evaluation.intervals import Estimate, bounded_mean, half_width


def paired_difference(gained: int, lost: int, n: int, further_variance: float = 0.0) -> Estimate:
    """Return the difference of two shares that were measured on the same items.

    Parameters
    ----------
    gained, lost : int
        Items that only the first, only the second one had right.
    n : int
    further_variance : float
        What the difference varies by besides the draw of the items.

    Returns
    -------
    Estimate
        In [-1, 1], never of width zero: Agresti and Min's interval, half an item added to each of the four cells.

    References
    ----------
    A. Agresti, Y. Min, Statistics in Medicine 24, 2005.

    Examples
    --------
    >>> found = paired_difference(8, 2, 50)
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3)
    (0.12, -0.006, 0.236)
    """
    more, less, total = gained + 0.5, lost + 0.5, n + 2.0
    centre = (more - less) / total
    variance = ((more + less) - (more - less) ** 2 / total) / total**2 + further_variance
    half = STANDARD_ERRORS * variance**0.5
    value = (gained - lost) / n if n else 0.0
    return Estimate(value, max(min(centre - half, value), -1.0), min(max(centre + half, value), 1.0), n)


def share_change(after: tuple[int, int], before: tuple[int, int], errors: float = STANDARD_ERRORS) -> Estimate:
    """Return the difference of two shares that were measured on different answers.

    Parameters
    ----------
    after, before : tuple of int
        Successes and how many there were.
    errors : float
        Half the interval's width in standard errors.

    Returns
    -------
    Estimate
        In [-1, 1], never of width zero: Agresti and Caffo's interval, a success and a failure added to either. ``n`` is
        that of ``after``.

    References
    ----------
    A. Agresti, B. Caffo, The American Statistician 54, 2000.

    Examples
    --------
    >>> found = share_change((30, 50), (135, 150))
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3)
    (-0.3, -0.441, -0.157)
    """
    (more, n_after), (less, n_before) = after, before
    first, second = (more + 1.0) / (n_after + 2.0), (less + 1.0) / (n_before + 2.0)
    variance = first * (1.0 - first) / (n_after + 2.0) + second * (1.0 - second) / (n_before + 2.0)
    half, centre = errors * variance**0.5, first - second
    value = more / n_after - less / n_before if n_after and n_before else 0.0
    return Estimate(value, max(min(centre - half, value), -1.0), min(max(centre + half, value), 1.0), n_after)


def mean_gain(gains: DoubleArray, worst: float) -> Estimate:
    """Return a mean of differences between two models' losses.

    Parameters
    ----------
    gains : ndarray of shape (n,), n >= 1
    worst : float
        The largest loss either may have. Models that differ here and there by more than on any item seen are common,
        those that differ by as much as a loss can be are not: the interval of :func:`bounded_mean` reckons with a
        difference half-way (in logarithms) between the largest one seen and that.

    Returns
    -------
    Estimate
        Never of width zero.

    Examples
    --------
    >>> found = mean_gain(np.tile([0.1, 0.3], 25), 2.0)
    >>> round(found.value, 3), 0.1 < found.low < 0.2 < found.high < 0.3
    (0.2, True)
    >>> mean_gain(np.zeros(50), 0.5).high > 0
    True
    """
    largest = float(np.abs(gains).max())
    top = max(largest, (largest * worst) ** 0.5) or worst or 1.0
    return bounded_mean(gains, top, -top)


def ratio_of_means(first: DoubleArray, second: DoubleArray, resolution: float, *, paired: bool = True) -> Estimate:
    """Return the mean of one arm over that of another, each over a few seeds.

    Parameters
    ----------
    first, second : ndarray of shape (m,), above 0
    resolution : float
        What two different values differ by at least, as in :func:`learning.core.evaluation.intervals.mean_of_few`.

    paired : bool
        The arms have the same seeds in the same order, each with its own pool for both.

    Returns
    -------
    Estimate
        Above 0; Student's interval of its logarithm. From 0 to infinity where an arm has one seed.

    References
    ----------
    E. C. Fieller, Journal of the Royal Statistical Society B 16, 1954, for the same by another route.

    Examples
    --------
    >>> found = ratio_of_means(np.array([10.0, 12.0, 11.0]), np.array([20.0, 22.0, 24.0]), 1.0)
    >>> round(found.value, 2), found.low < 0.5 < found.high < 0.7
    (0.5, True)
    """
    value = float(first.mean() / second.mean())
    ours, theirs = first / first.mean(), second / second.mean()
    steps = resolution * (1.0 / first.mean() ** 2 + 1.0 / second.mean() ** 2) ** 0.5
    if paired:
        half = half_width(ours - theirs, steps)
    else:
        half = (half_width(ours, steps) ** 2 + half_width(theirs, steps) ** 2) ** 0.5
    if not np.isfinite(half):
        return Estimate(value, 0.0, float("inf"), min(first.size, second.size))
    return Estimate(value, value * exp(-half), value * exp(half), min(first.size, second.size))


def weighted_sum(*parts: tuple[float, Estimate]) -> Estimate:
    """Return a sum of numbers that were measured apart, each times its weight; a difference has a weight below 0.

    Parameters
    ----------
    parts : (float, Estimate)

    Returns
    -------
    Estimate
        From the distances between each value and its ends, added as those of independent numbers are; ``n`` is the
        smallest one.

    References
    ----------
    G. Y. Zou, A. Donner, "Construction of confidence limits about effect measures: a general approach", Statistics in
    Medicine 27, 2008.

    Examples
    --------
    >>> found = weighted_sum((1.0, Estimate(0.5, 0.4, 0.6, 90)), (-1.0, Estimate(0.2, 0.17, 0.24, 50)))
    >>> round(found.value, 2), round(found.low, 3), round(found.high, 3), found.n
    (0.3, 0.192, 0.404, 50)
    """
    value = sum(weight * part.value for weight, part in parts)
    below = above = 0.0
    for weight, part in parts:
        down, up = weight * (part.value - part.low), weight * (part.high - part.value)
        down, up = (down, up) if weight >= 0 else (-up, -down)
        below, above = below + down**2, above + up**2
    return Estimate(value, value - below**0.5, value + above**0.5, min(part.n for _, part in parts))
