"""How likely the label of a known item is wrong, by its answers and a model that did not learn them."""

from __future__ import annotations

import numpy as np

from learning.core.arrays import DoubleArray

#: Nobody is taken to err less or more often than this: one answer never settles an item, and it always tells.
LEAST_RATE, MOST_RATE = 0.02, 0.45
_LEAST = 1e-6


def doubt(votes: DoubleArray, beliefs: DoubleArray, rate: float) -> DoubleArray:
    """Return the chance that the likeliest label of an item is not the true one.

    What the model says is where it starts; every answer is right with a chance of ``1 - rate``, whoever gave it.

    Parameters
    ----------
    votes : ndarray of float64, shape (n, n_labels)
        How many people gave each label.
    beliefs : ndarray of float64, shape (n, n_labels)
        Of a model that did not learn the item's own answers.
    rate : float
        Of wrong answers.

    Returns
    -------
    ndarray of float64, shape (n,), range [0, 1)

    Examples
    --------
    >>> votes = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 1.0], [2.0, 0.0]])
    >>> beliefs = np.array([[0.8, 0.2], [0.2, 0.8], [0.5, 0.5], [0.2, 0.8]])
    >>> doubt(votes, beliefs, 0.2).round(2).tolist()
    [0.06, 0.5, 0.5, 0.2]
    """
    rate = float(np.clip(rate, LEAST_RATE, MOST_RATE))
    weight = np.log((1.0 - rate) / rate * max(votes.shape[1] - 1, 1))
    logs = np.log(np.maximum(beliefs, _LEAST)) + votes * weight
    chances = np.exp(logs - logs.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(1.0 - 1.0 / chances.sum(axis=1))


def doubt_of_labels(votes: DoubleArray, answers: DoubleArray, beliefs: DoubleArray, rate: float) -> DoubleArray:
    """Return the chance that some label of an item is wrongly given or left out: each is a question of its own.

    Parameters
    ----------
    votes : ndarray of float64, shape (n, n_labels)
        How many people gave each label.
    answers : ndarray of float64, shape (n,)
        How many people answered.
    beliefs : ndarray of float64, shape (n, n_labels)
        Of a model that did not learn the item's own answers.
    rate : float
        Of wrong answers about one label.

    Returns
    -------
    ndarray of float64, shape (n,), range [0, 1)

    Examples
    --------
    >>> votes, beliefs = np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([[0.8, 0.1], [0.2, 0.1]])
    >>> doubt_of_labels(votes, np.ones(2), beliefs, 0.2).round(2).tolist()
    [0.08, 0.51]
    """
    rate = float(np.clip(rate, LEAST_RATE, MOST_RATE))
    beliefs = np.clip(beliefs, _LEAST, 1.0 - _LEAST)
    balance = 2.0 * votes - answers[:, None]  # for less against
    log_odds = np.log(beliefs / (1.0 - beliefs)) + balance * np.log((1.0 - rate) / rate)
    return np.asarray(1.0 - (1.0 / (1.0 + np.exp(-np.abs(log_odds)))).prod(axis=1))
