"""Draws in which every pick changes what is best next."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from learning.core import acquisition
from learning.core.arrays import DoubleArray, FloatMatrix, IntArray


def spread_draws(
    n_rows: int,
    n_candidates: int,
    n_batch: int,
    n_head: int,
    scores: Callable[[], FloatMatrix],
    pick: Callable[[int], None],
    temperature: float,
    rng: np.random.Generator,
) -> tuple[IntArray, DoubleArray]:
    """Draw a batch from changing scores, then the rest of the head from a standing order.

    Positions ``0 .. n_rows - 1`` are in the standing order, best first. The first ``n_candidates`` are re-ordered by
    ``scores()`` before each of the first ``n_batch`` picks; the others keep their places behind them. Every pick is a
    rank draw (:mod:`learning.core.acquisition`), so every position has a chance at every pick and its propensity is
    known.

    Parameters
    ----------
    n_rows, n_candidates, n_batch, n_head : int
        ``n_candidates <= n_rows``.
    scores : callable
        Current scores of the candidates, shape (n_candidates,), higher is sooner.
    pick : callable
        Told the number of a candidate that was picked.
    temperature : float
    rng : numpy.random.Generator

    Returns
    -------
    positions : ndarray of int, shape (min(n_head, n_rows),)
    propensities : ndarray of float64, same shape

    Examples
    --------
    >>> values = np.array([1.0, 2.0, 0.0], np.float32)
    >>> spread_draws(3, 3, 1, 2, lambda: values, lambda position: None, 0.01, np.random.default_rng(0))[0].tolist()
    [1, 0]
    """
    n_head = min(n_head, n_rows)
    n_batch = min(n_batch, n_head) if n_candidates else 0
    positions = np.empty(n_batch, dtype=np.int64)
    propensities = np.empty(n_batch)
    taken = np.zeros(n_rows, dtype=bool)
    draws = acquisition.RankDraws(n_rows, temperature, rng)
    for number in range(n_batch):
        rank, propensities[number] = draws.next()
        left = np.flatnonzero(~taken[:n_candidates])
        if rank <= left.size:
            position = int(left[_nth_best(scores()[left], rank)])
            pick(position)
        else:
            position = n_candidates + int(np.flatnonzero(~taken[n_candidates:])[rank - left.size - 1])
        taken[position] = True
        positions[number] = position
    left = np.flatnonzero(~taken)
    log_weights = acquisition.rank_log_weights(left.size, temperature)
    ranks, likelihoods = acquisition.draw(log_weights, n_head - n_batch, rng)
    return np.concatenate((positions, left[ranks])), np.concatenate((propensities, likelihoods))


def _nth_best(scores: FloatMatrix, rank: int) -> int:
    if rank == 1:
        return int(scores.argmax())
    return int(np.argpartition(-scores, rank - 1)[rank - 1])
