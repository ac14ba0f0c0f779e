"""What is known about the strengths: a Gaussian around the fitted scores, context by context.

Items of different contexts are never compared, so the Fisher information falls into one block a context. Blocks of up
to ``DENSE_ITEMS`` items are inverted; of larger ones the inverse is expanded around its diagonal to second order, as in
:mod:`learning.core.pairwise.precision`, and items are taken as independent.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import lapack

from learning.core.arrays import BoolArray, DoubleArray
from learning.core.pairwise.bradley_terry import Prior, Strengths
from learning.core.pairwise.judgments import IntVector, Judgments
from learning.core.pairwise.precision import information

DENSE_ITEMS = 1500
DENSE_CELLS = 12_000_000


@dataclass(frozen=True)
class PairPosterior:
    """A Gaussian over the scores.

    Attributes
    ----------
    strengths : Strengths
        Its centre, with position and tie parameter.
    context : ndarray of int, shape (n_items,)
        Context of every item, 0 to ``n_contexts - 1``.
    variances : ndarray of float64, shape (n_items,)
        Of the scores themselves, the prior's doubt about the common level included.
    covariances : dict of int to ndarray
        By context, in the order of ``members(context)``; only contexts of 2 to ``DENSE_ITEMS`` items, and only small
        ones where all together would take more than ``DENSE_CELLS`` numbers.
    """

    strengths: Strengths
    context: IntVector
    variances: DoubleArray
    covariances: dict[int, DoubleArray]
    _order: IntVector = field(repr=False)
    _starts: IntVector = field(repr=False)
    _place: IntVector = field(repr=False)

    def members(self, context: int) -> IntVector:
        """Return the items of a context, ascending."""
        return self._order[self._starts[context] : self._starts[context + 1]]

    def place(self, items: IntVector) -> IntVector:
        """Return where items stand among the members of their contexts."""
        return self._place[items]

    def column(self, item: int) -> DoubleArray:
        """Return the covariance of an item with every member of its context."""
        context = int(self.context[item])
        if context in self.covariances:
            return np.asarray(self.covariances[context][:, self._place[item]])
        own = np.zeros(int(self._starts[context + 1] - self._starts[context]))
        own[self._place[item]] = self.variances[item]
        return own

    def differences(self, first: IntVector, second: IntVector) -> tuple[DoubleArray, DoubleArray]:
        """Return mean and variance of ``score[first] - score[second]`` for pairs within contexts.

        Examples
        --------
        >>> from learning.core.pairwise import fit_strengths
        >>> judgments, prior = Judgments(np.zeros(8, int), np.ones(8, int), np.arange(8) % 2, 3), Prior(0.0, 1.0)
        >>> posterior = gaussian_posterior(judgments, fit_strengths(judgments, prior=prior), prior=prior)
        >>> [x.round(2).tolist() for x in posterior.differences(np.array([0, 0]), np.array([1, 2]))]
        [[0.0, 0.0], [0.4, 1.6]]
        """
        mean = self.strengths.scores[first] - self.strengths.scores[second]
        variance = self.variances[first] + self.variances[second]
        pair_context = self.context[first]
        order = np.argsort(pair_context, kind="stable")
        contexts, starts = np.unique(pair_context[order], return_index=True)
        for context, rows in zip(contexts.tolist(), np.split(order, starts)[1:], strict=True):
            if context in self.covariances:
                covariance = self.covariances[context]
                variance[rows] -= 2.0 * covariance[self._place[first[rows]], self._place[second[rows]]]
        return mean, np.maximum(variance, 0.0)

    def standard_errors(self) -> DoubleArray:
        """Return the standard error of every score against the mean of its context, shape (n_items,).

        A common shift of a context changes no comparison. The only item of a context has an error of 0.

        Examples
        --------
        >>> from learning.core.pairwise import fit_strengths
        >>> even, prior = Judgments(np.zeros(100, int), np.ones(100, int), np.arange(100) % 2, 2), Prior(0.0, 1e-9)
        >>> fitted = fit_strengths(even, prior=prior)
        >>> gaussian_posterior(even, fitted, prior=prior).standard_errors().round(3).tolist()
        [0.1, 0.1]
        """
        errors = np.sqrt(self.variances)
        for context in range(self._starts.size - 1):
            items = self.members(context)
            if items.size == 1:
                errors[items] = 0.0
            elif context in self.covariances:
                covariance = self.covariances[context]
                with_mean = covariance.mean(axis=0)
                variance = np.diagonal(covariance) - 2.0 * with_mean + with_mean.mean()
                errors[items] = np.sqrt(np.maximum(variance, 0.0))
        return errors


def gaussian_posterior(
    judgments: Judgments,
    fitted: Strengths,
    *,
    prior: Prior,
    context: IntVector | None = None,
    weights: DoubleArray | None = None,
) -> PairPosterior:
    """Approximate the posterior of the scores by a Gaussian (Laplace).

    Parameters
    ----------
    judgments : Judgments
        May be empty: then the prior is returned.
    fitted : Strengths
        What :func:`fit_strengths` made of them. Position and tie parameter are taken as known.
    prior : Prior
        With a precision above 0 everywhere.
    context : ndarray of int, shape (n_items,), optional
        Context of every item, from 0; all items are of one context when left out.
    weights : ndarray of float, shape (m,), optional
        As they were given to :func:`fit_strengths`.

    Returns
    -------
    PairPosterior

    Raises
    ------
    ValueError
        If the prior has no precision, or a judgment compares items of two contexts.

    Examples
    --------
    >>> from learning.core.pairwise import fit_strengths
    >>> nothing, prior = Judgments(*np.zeros((3, 0), int), n_items=2), Prior(np.array([1.0, 0.0]), 0.25)
    >>> posterior = gaussian_posterior(nothing, fit_strengths(nothing, prior=prior), prior=prior)
    >>> posterior.strengths.scores.tolist(), posterior.variances.tolist()
    ([1.0, 0.0], [4.0, 4.0])
    """
    n = judgments.n_items
    context = np.zeros(n, dtype=np.int64) if context is None else np.asarray(context, dtype=np.int64)
    precision = np.broadcast_to(np.asarray(prior.precision, dtype=np.float64), n)
    if not np.all(precision > 0):
        raise ValueError("a posterior needs a prior with a precision")
    if np.any(context[judgments.left] != context[judgments.right]):
        raise ValueError("a judgment compares items of two contexts")
    laplacian, _ = information(judgments, fitted, weights=weights)
    order = np.argsort(context, kind="stable").astype(np.int64)
    starts = np.searchsorted(context[order], np.arange(int(context.max(initial=-1)) + 2))
    place = np.empty(n, dtype=np.int64)
    place[order] = np.arange(n) - starts[context[order]]
    diagonal = laplacian.diagonal() + precision
    off = laplacian.copy()
    off.setdiag(0.0)
    second_order = off.multiply(off) @ (1.0 / diagonal)
    variances = np.asarray((1.0 + second_order / diagonal) / diagonal)
    covariances: dict[int, DoubleArray] = {}
    dense = _worth_inverting(np.diff(starts))
    # Row by row access in the order of contexts makes every block a slice.
    rows = laplacian[order]
    for number in range(starts.size - 1):
        begin, end = int(starts[number]), int(starts[number + 1])
        size = end - begin
        if not dense[number]:
            continue
        values = slice(int(rows.indptr[begin]), int(rows.indptr[end]))
        block = np.zeros((size, size))
        line = np.repeat(np.arange(size), np.diff(rows.indptr[begin : end + 1]))
        block[line, place[rows.indices[values]]] = rows.data[values]
        block[np.arange(size), np.arange(size)] += precision[order[begin:end]]
        covariance = _inverse(block)
        covariances[number] = covariance
        variances[order[begin:end]] = np.diagonal(covariance)
    return PairPosterior(fitted, context, variances, covariances, order, starts, place)


def _worth_inverting(sizes: IntVector) -> BoolArray:
    """Which contexts get all covariances: up to ``DENSE_ITEMS`` items, small ones first, ``DENSE_CELLS`` in all."""
    by_size = np.argsort(sizes, kind="stable")
    chosen = np.zeros(sizes.size, dtype=bool)
    chosen[by_size] = np.cumsum(sizes[by_size].astype(np.float64) ** 2) <= DENSE_CELLS
    return chosen & (sizes > 1) & (sizes <= DENSE_ITEMS)


def _inverse(matrix: DoubleArray) -> DoubleArray:
    """Inverse of a positive definite matrix."""
    factor, failed = lapack.dpotrf(matrix, lower=1)
    if failed:
        raise ValueError("the information matrix is not positive definite")
    lower, _ = lapack.dpotri(factor, lower=1)
    lower = np.tril(lower)
    return np.asarray(lower + np.tril(lower, -1).T)
