"""Rows that would change the model most, in different directions.

Source: J. Ash et al., "Deep batch active learning by diverse, uncertain gradient lower bounds", ICLR 2020 (BADGE).
"""

from __future__ import annotations

import numpy as np

from learning.core import acquisition
from learning.core.arrays import DoubleArray, FloatMatrix, IntArray
from learning.core.forms import Kind, form_of
from learning.core.strategies.base import Draws, Request, demoted, eligible_rows, factors_of, model_of
from learning.core.strategies.uncertainty import margin, pool_utilities

CANDIDATES = 2_048
UNIFORM_SHARE = 0.05


class Gradients:
    """Distances between the gradients that the likeliest answers would cause, without ever forming them.

    The gradient of a linear softmax model is the outer product of ``error = probabilities - likeliest answer`` and the
    features, so inner products of gradients are products of two small inner products.

    Parameters
    ----------
    errors : ndarray of float32, shape (n, k)
    features : ndarray of float32, shape (n, d)

    Examples
    --------
    >>> gradients = Gradients(np.array([[1.0], [2.0]], np.float32), np.array([[1.0], [1.0]], np.float32))
    >>> gradients.pick(0)
    >>> gradients.squares.tolist()
    [0.0, 1.0]
    """

    def __init__(self, errors: FloatMatrix, features: FloatMatrix) -> None:
        self._errors, self._features = errors, features
        lengths = np.einsum("ij,ij->i", errors, errors) * np.einsum("ij,ij->i", features, features)
        self._lengths = lengths.astype(np.float64)
        self.squares: DoubleArray = self._lengths.copy()
        self._first = True

    def pick(self, row: int) -> None:
        """Shrink every squared distance to the nearest pick so far; before the first they are squared lengths."""
        inner = (self._errors @ self._errors[row]).astype(np.float64) * (self._features @ self._features[row])
        squares = np.maximum(self._lengths + self._lengths[row] - 2.0 * inner, 0.0)
        squares[row] = 0.0
        self.squares = squares if self._first else np.minimum(self.squares, squares)
        self._first = False


def errors_of(probabilities: FloatMatrix, kind: Kind) -> FloatMatrix:
    """Return :meth:`Form.errors`, float32 of shape (n, k): what makes the gradient of the loss at the last layer."""
    return form_of(kind).errors(probabilities)


class Badge:
    """k-means++ draws over the gradients of the 2,048 rows with the smallest margin.

    A pick is drawn in proportion to the squared distance to the gradients picked before; with probability .05 it is
    drawn from all remaining rows alike, so that no row is out of reach. After the batch the head follows the margin.
    """

    name = "badge"
    needs_model = True

    def rank(self, request: Request) -> Draws:
        """Draw gradients apart from each other; see :meth:`Strategy.rank`."""
        rows = eligible_rows(request)
        utilities = pool_utilities(request, self.name, margin)[rows]
        order = demoted(request, rows, acquisition.order_by_utility(utilities, request.rng))
        n_candidates = min(CANDIDATES, rows.size)
        features = request.pool.take(rows[order[:n_candidates]])
        errors = errors_of(model_of(request, self.name).predict(features), request.kind)
        n_batch = min(request.batch, request.head, rows.size)
        gradients = Gradients(errors, features)
        factors = factors_of(request, rows[order[:n_candidates]])
        likes = 1.0 if factors is None else factors
        positions, propensities, taken = _seeds(gradients, likes, rows.size, n_batch, request.rng)
        left = np.flatnonzero(~taken)
        log_weights = acquisition.rank_log_weights(left.size, request.temperature)
        n_more = min(request.head, rows.size) - n_batch
        ranks, likelihoods = acquisition.draw(log_weights, n_more, request.rng)
        chosen = order[np.concatenate((positions, left[ranks]))]
        return Draws(
            self.name,
            "its answer would change the model, in a direction of its own",
            rows[chosen],
            utilities[chosen],
            np.concatenate((propensities, likelihoods)),
            rows.size,
        )


def _seeds(
    gradients: Gradients, factors: DoubleArray | float, n_rows: int, n_batch: int, rng: np.random.Generator
) -> tuple[IntArray, DoubleArray, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    n_candidates = gradients.squares.size
    positions = np.empty(n_batch, dtype=np.int64)
    propensities = np.empty(n_batch)
    taken = np.zeros(n_rows, dtype=bool)
    for number in range(n_batch):
        weights = np.where(taken[:n_candidates], 0.0, gradients.squares * factors)
        total = weights.sum()
        n_left = n_rows - number
        share = UNIFORM_SHARE if total > 0 else 1.0
        if rng.random() < share:
            position = int(np.flatnonzero(~taken)[rng.integers(n_left)])
        else:
            position = int(rng.choice(n_candidates, p=weights / total))
        own = weights[position] / total if position < n_candidates and total > 0 else 0.0
        propensities[number] = (1.0 - share) * own + share / n_left
        positions[number] = position
        taken[position] = True
        if position < n_candidates:
            gradients.pick(position)
    return positions, np.minimum(propensities, 1.0), taken
