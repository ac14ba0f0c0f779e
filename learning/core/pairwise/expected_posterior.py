"""What answers would do to the order of a context: its posterior as it is expected to be after the pairs drawn so far.

How unsure the order is, is measured by the sum over all pairs ``a, b`` of the entropy of "a is above b", whose
probability is ``P = Phi(z)`` with ``z = mean / deviation`` of the difference. An answer to the pair ``i, j`` moves
every difference by a random amount of variance ``(u_a - u_b) ** 2``, where

    u = covariance (e_i - e_j) * sqrt(c / (1 + c v))      c: expected information of the answer, v: variance of i - j

and a small move takes ``g_ab (u_a - u_b) ** 2 / 2`` off that entropy, ``g = phi(z) ** 2 / (P (1 - P)) / variance``.
With ``G`` the Laplacian of these ``g`` the gain of a pair is the quadratic form ``u' G u / 2``: one number a pair from
one matrix product a batch, and rank-one updates as pairs are drawn.

References
----------
The expected fall of a concave loss to second order is the argument of D. J. C. MacKay, "Information-based objective
functions for active data selection", Neural Computation 1992, here for the loss of a ranking.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

import numpy as np
from scipy.special import ndtr

from learning.core.arrays import DoubleArray
from learning.core.pairwise.bradley_terry import answer_probabilities
from learning.core.pairwise.judgments import IntVector

LARGEST_MEAN, LARGEST_DEVIATION = 12.0, 6.0
REFERENCES = 256
_MEANS, _DEVIATIONS, _NODES = 97, 49, 24


class ExpectedPosterior(Protocol):
    """The items of one context, numbered from 0."""

    def variances(self, first: IntVector, second: IntVector) -> DoubleArray:
        """Variance of the difference of strengths of pairs."""
        ...

    def spreads(self, first: IntVector, second: IntVector) -> DoubleArray:
        """``(e_i - e_j)' covariance G covariance (e_i - e_j)`` of pairs."""
        ...

    def along(self, first: int, second: int) -> DoubleArray:
        """``covariance (e_i - e_j)``, shape (n,)."""
        ...

    def weigh(self) -> None:
        """Compute ``G`` from the present covariance."""
        ...

    def tell(self, u: DoubleArray) -> tuple[DoubleArray, float]:
        """Take ``u u'`` off the covariance; return ``covariance G u`` (before) and ``u' G u``."""
        ...


def order_weights(mean: DoubleArray, variance: DoubleArray) -> DoubleArray:
    """Return ``g``: twice the entropy of an order that a small move of the difference takes off, per variance moved.

    Parameters
    ----------
    mean, variance : ndarray of float64, any shape
        Of differences of strengths.

    Returns
    -------
    ndarray of float64, same shape
        At most ``2 / (pi * variance)``, at a difference of 0.

    Examples
    --------
    >>> order_weights(np.array([0.0, 3.0]), np.array([1.0, 1.0])).round(3).tolist()
    [0.637, 0.015]
    """
    variance = np.maximum(variance, 1e-12)
    z = np.minimum(np.abs(mean) / np.sqrt(variance), 30.0)
    wrong = ndtr(-z)
    density = np.exp(-(z**2)) / (2.0 * np.pi)
    return np.asarray(density / np.maximum(wrong * (1.0 - wrong), 1e-300) / variance)


class DenseExpectation:
    """With all covariances.

    Parameters
    ----------
    mean : ndarray of float64, shape (n,)
    covariance : ndarray of float64, shape (n, n)

    Examples
    --------
    >>> expected = DenseExpectation(np.zeros(2), np.eye(2))
    >>> _ = expected.tell(np.array([0.5, -0.5]))
    >>> expected.variances(np.array([0]), np.array([1])).tolist()
    [1.0]
    """

    def __init__(self, mean: DoubleArray, covariance: DoubleArray) -> None:
        self._mean, self._covariance = mean, covariance
        self._told = np.zeros((16, mean.size))
        self._count = 0

    def variances(self, first: IntVector, second: IntVector) -> DoubleArray:
        c, told = self._covariance, self._told[: self._count]
        before = c[first, first] + c[second, second] - 2.0 * c[first, second]
        for u in told:
            before = before - (u[first] - u[second]) ** 2
        return np.asarray(np.maximum(before, 0.0))

    def weigh(self) -> None:
        now = self._covariance - self._told[: self._count].T @ self._told[: self._count]
        diagonal = np.diagonal(now)
        g = order_weights(self._mean[:, None] - self._mean[None, :], diagonal[:, None] + diagonal[None, :] - 2.0 * now)
        np.fill_diagonal(g, 0.0)
        self._laplacian = np.diag(g.sum(axis=1)) - g
        self._spread = now @ self._laplacian @ now

    def spreads(self, first: IntVector, second: IntVector) -> DoubleArray:
        m = self._spread
        return np.asarray(m[first, first] + m[second, second] - 2.0 * m[first, second])

    def along(self, first: int, second: int) -> DoubleArray:
        told = self._told[: self._count]
        start = self._covariance[:, first] - self._covariance[:, second]
        return np.asarray(start - told.T @ (told[:, first] - told[:, second]))

    def tell(self, u: DoubleArray) -> tuple[DoubleArray, float]:
        weighed = self._laplacian @ u if hasattr(self, "_laplacian") else np.zeros_like(u)
        told = self._told[: self._count]
        moved = self._covariance @ weighed - told.T @ (told @ weighed)
        if self._count == len(self._told):
            self._told = np.concatenate([self._told, np.zeros_like(self._told)])
        self._told[self._count] = u
        self._count += 1
        return moved, float(u @ weighed)


class DiagonalExpectation:
    """For contexts too large for a matrix: items independent, ``G`` by its diagonal from a sample of the others.

    Parameters
    ----------
    mean, variance : ndarray of float64, shape (n,)
    rng : numpy.random.Generator

    Examples
    --------
    >>> expected = DiagonalExpectation(np.zeros(3), np.ones(3), np.random.default_rng(0))
    >>> expected.variances(np.array([0]), np.array([2])).tolist()
    [2.0]
    """

    def __init__(self, mean: DoubleArray, variance: DoubleArray, rng: np.random.Generator) -> None:
        self._mean, self._variance = mean, variance.copy()
        self._weight = np.zeros(mean.size)
        some = min(REFERENCES, mean.size)
        self._references = rng.choice(mean.size, some, replace=False)

    def variances(self, first: IntVector, second: IntVector) -> DoubleArray:
        return np.asarray(self._variance[first] + self._variance[second])

    def weigh(self) -> None:
        mean, variance = self._mean[self._references], self._variance[self._references]
        share = self._mean.size / self._references.size
        for start in range(0, self._mean.size, 4096):
            rows = slice(start, start + 4096)
            g = order_weights(self._mean[rows, None] - mean, self._variance[rows, None] + variance)
            self._weight[rows] = g.sum(axis=1) * share

    def spreads(self, first: IntVector, second: IntVector) -> DoubleArray:
        own = self._variance**2 * self._weight
        return np.asarray(own[first] + own[second])

    def along(self, first: int, second: int) -> DoubleArray:
        result = np.zeros(self._mean.size)
        result[first], result[second] = self._variance[first], -self._variance[second]
        return result

    def tell(self, u: DoubleArray) -> tuple[DoubleArray, float]:
        weighed = self._weight * u
        moved = self._variance * weighed
        self._variance = np.maximum(self._variance - u**2, 0.0)
        return moved, float(u @ weighed)


class ExpectedInformation:
    """Fisher information of an answer about the difference, averaged over a Gaussian; by bilinear interpolation.

    Made by :func:`expected_information`.
    """

    def __init__(self, table: DoubleArray) -> None:
        self._table = table

    def __call__(self, mean: DoubleArray, variance: DoubleArray) -> DoubleArray:
        """Return the information for differences with this mean and variance."""
        x = np.minimum(np.abs(mean), LARGEST_MEAN) * ((_MEANS - 1) / LARGEST_MEAN)
        y = np.minimum(np.sqrt(np.maximum(variance, 0.0)), LARGEST_DEVIATION) * ((_DEVIATIONS - 1) / LARGEST_DEVIATION)
        i, j = np.minimum(x.astype(np.int64), _MEANS - 2), np.minimum(y.astype(np.int64), _DEVIATIONS - 2)
        x -= i
        y -= j
        at = i * _DEVIATIONS + j
        flat = self._table.ravel()
        low = flat[at] * (1.0 - y) + flat[at + 1] * y
        high = flat[at + _DEVIATIONS] * (1.0 - y) + flat[at + _DEVIATIONS + 1] * y
        return np.asarray(low * (1.0 - x) + high * x)


@lru_cache(maxsize=8)
def expected_information(log_nu: float, position: float = 0.0) -> ExpectedInformation:
    """Return the information of an answer as a function of mean and variance of the difference of strengths.

    Parameters
    ----------
    log_nu : float
        Logarithm of Davidson's tie parameter, ``-inf`` without ties.
    position : float
        What standing left is worth; the side is a fair coin.

    Returns
    -------
    ExpectedInformation

    Examples
    --------
    >>> information = expected_information(-np.inf)
    >>> information(np.array([0.0, 2.0]), np.zeros(2)).round(3).tolist()  # p (1 - p)
    [0.25, 0.105]
    """
    means = np.linspace(0.0, LARGEST_MEAN, _MEANS)
    deviations = np.linspace(0.0, LARGEST_DEVIATION, _DEVIATIONS)
    nodes, node_weights = np.polynomial.hermite_e.hermegauss(_NODES)
    d = means[:, None, None] + deviations[:, None] * nodes
    table = np.zeros((_MEANS, _DEVIATIONS))
    for shift in (position, -position):
        p = answer_probabilities((d + shift).ravel(), log_nu)
        curve = (1.0 - p[:, 2]) / 4 - ((p[:, 0] - p[:, 1]) / 2) ** 2
        table += curve.reshape(d.shape) @ (node_weights / node_weights.sum()) / 2.0
    return ExpectedInformation(table)
