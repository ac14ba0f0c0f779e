"""How sure a fitted strength is: standard errors from the Fisher information."""

from __future__ import annotations

import numpy as np
from scipy.linalg import lapack
from scipy.sparse import coo_array, csr_array

from learning.core.arrays import DoubleArray
from learning.core.pairwise.bradley_terry import Prior, Strengths, answer_probabilities
from learning.core.pairwise.judgments import Judgments

DENSE_ITEMS = 3000


def information(
    judgments: Judgments, fitted: Strengths, *, position: bool = False, weights: DoubleArray | None = None
) -> tuple[csr_array, DoubleArray]:
    """Return the Fisher information of the scores and its coupling to position and tie parameter.

    Returns
    -------
    scores : sparse array, shape (n_items, n_items)
        A weighted Laplacian of the comparison graph.
    extras : ndarray, shape (n_items + k, k)
        The columns of the ``k`` further parameters that were fitted, their own block last.
    """
    n, left, right = judgments.n_items, judgments.left, judgments.right
    w = np.ones(len(judgments)) if weights is None else weights
    p = answer_probabilities(fitted.scores[left] - fitted.scores[right] + fitted.position, fitted.log_nu)
    lean = (p[:, 0] - p[:, 1]) / 2
    curve = w * ((1.0 - p[:, 2]) / 4 - lean**2)
    rows = np.concatenate([left, right, left, right])
    columns = np.concatenate([left, right, right, left])
    laplacian = coo_array((np.concatenate([curve, curve, -curve, -curve]), (rows, columns)), shape=(n, n)).tocsr()

    def along(values: DoubleArray) -> DoubleArray:
        return np.asarray(np.bincount(left, values, n) - np.bincount(right, values, n), dtype=np.float64)

    ties = bool(np.isfinite(fitted.log_nu))
    cross = -w * lean * p[:, 2]
    tie_curve = float(w @ (p[:, 2] * (1.0 - p[:, 2])))
    blocks = []
    if position:
        own = [curve.sum(), cross.sum()] if ties else [curve.sum()]
        blocks.append(np.concatenate([along(curve), own]))
    if ties:
        own = [cross.sum(), tie_curve] if position else [tie_curve]
        blocks.append(np.concatenate([along(cross), own]))
    extras = np.stack(blocks, axis=1) if blocks else np.zeros((n, 0))
    return laplacian, extras


def standard_errors(
    judgments: Judgments,
    fitted: Strengths,
    *,
    prior: Prior | None = None,
    position: bool = False,
    weights: DoubleArray | None = None,
) -> DoubleArray:
    """Return the standard error of every score.

    The error is that of the score against the mean of all scores: a common shift changes no comparison. Up to 3,000
    items the information matrix is inverted. Beyond that its inverse is expanded around the diagonal to second order,
    which is close once items have some tens of judgments; position and ties are then taken as known.

    Parameters
    ----------
    judgments, prior, position, weights
        As they were given to ``fit_strengths``.
    fitted : Strengths

    Returns
    -------
    ndarray of float64, shape (n_items,)
        Unit: log-odds, as the scores.

    Examples
    --------
    >>> from learning.core.pairwise.bradley_terry import fit_strengths
    >>> even = Judgments(np.zeros(100, int), np.ones(100, int), np.arange(100) % 2, n_items=2)
    >>> standard_errors(even, fit_strengths(even)).round(3).tolist()
    [0.1, 0.1]
    """
    prior = prior or Prior()
    n = judgments.n_items
    precision = np.broadcast_to(np.asarray(prior.precision, dtype=np.float64), n)
    laplacian, extras = information(judgments, fitted, position=position, weights=weights)
    if n > DENSE_ITEMS:
        diagonal = np.maximum(laplacian.diagonal() + precision, 1e-12)
        off = laplacian.copy()
        off.setdiag(0.0)
        off.eliminate_zeros()
        second = off.multiply(off) @ (1.0 / diagonal)
        return np.asarray(np.sqrt((1.0 + second / diagonal) / diagonal))
    k = extras.shape[1]
    full = np.zeros((n + k, n + k))
    full[:n, :n] = laplacian.toarray()
    full[np.arange(n), np.arange(n)] += precision
    full[:, n:] = extras
    full[n:, :] = extras.T
    if not precision.any():
        full[:n, :n] += 1.0 / n
    factor, failed = lapack.dpotrf(full, lower=1)
    if failed:
        raise ValueError("the comparison graph is not connected: scores of separate parts have no common scale")
    lower, _ = lapack.dpotri(factor, lower=1)
    covariance = np.tril(lower)[:n, :n]
    covariance = covariance + np.tril(covariance, -1).T
    with_mean = covariance.mean(axis=0)
    variance = np.diag(covariance) - 2.0 * with_mean + with_mean.mean()
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))
