"""How likely the label that people gave an item is wrong, by their answers and a model that did not learn them.

Not the same as doubt: where a sure model contradicts one answer nobody doubts what the item is, and its label is wrong.
Two things are learned from the answers themselves. The rate of errors: where several people answered by how often they
agree, elsewhere by what a sure model leaves to be explained. And what the model says of the truth: its probabilities
are calibrated on answers, errors included, so that it is never surer than people are right.
"""

from __future__ import annotations

import numpy as np

from learning.core.arrays import DoubleArray
from learning.core.second_opinions.doubt import LEAST_RATE, MOST_RATE

#: Rates that are tried, and what is believed before anything is seen: so many answers of such a rate.
RATES = np.linspace(LEAST_RATE, MOST_RATE, 18)
PRIOR_RATE, PRIOR_ANSWERS = 0.05, 8.0
#: Items that tell the rate.
_ITEMS = 5_000
#: No label is less likely before anybody answered, over the number of labels.
_LEAST = 1e-3


def of_truth(beliefs: DoubleArray, rate: float) -> DoubleArray:
    """Return what a model says of the truth that was calibrated on answers of which a share is wrong.

    Parameters
    ----------
    beliefs : ndarray of float64, shape (n, n_labels)
    rate : float

    Returns
    -------
    ndarray of float64, shape (n, n_labels)
        Rows sum to 1.

    Examples
    --------
    >>> of_truth(np.array([[0.8, 0.2], [0.5, 0.5]]), 0.2).round(2).tolist()
    [[1.0, 0.0], [0.5, 0.5]]
    """
    n_labels = beliefs.shape[1]
    each = rate / max(n_labels - 1, 1)
    found = np.maximum((beliefs - each) / max(1.0 - rate - each, _LEAST), _LEAST / n_labels)
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def rate_of_errors(votes: DoubleArray, beliefs: DoubleArray) -> float:
    """Return the share of wrong answers that makes what was answered likeliest.

    Parameters
    ----------
    votes : ndarray of float64, shape (n, n_labels)
        How many people gave each label.
    beliefs : ndarray of float64, shape (n, n_labels)
        Of a model that did not learn the item's own answers.

    Returns
    -------
    float
        One of :data:`RATES`; the smallest ones where little was seen.

    Examples
    --------
    >>> votes, model = np.repeat([[2.0, 0.0], [1.0, 1.0]], [60, 40], axis=0), np.full((100, 2), 0.5)
    >>> round(rate_of_errors(votes, model), 2), round(rate_of_errors(votes[:60], model[:60]), 2)
    (0.25, 0.02)
    """
    few = np.linspace(0, len(votes) - 1, min(len(votes), _ITEMS)).astype(np.int64)
    votes, beliefs = votes[few], beliefs[few]
    told = [float(_log_total(_log_joint(votes, beliefs, rate)).sum()) for rate in RATES.tolist()]
    believed = PRIOR_ANSWERS * (PRIOR_RATE * np.log(RATES) + (1.0 - PRIOR_RATE) * np.log(1.0 - RATES))
    return float(RATES[int(np.argmax(told + believed))])


def wrong_label(votes: DoubleArray, beliefs: DoubleArray) -> DoubleArray:
    """Return the chance that the label most people gave is not the true one; of a tie that of any of these.

    Parameters
    ----------
    votes : ndarray of float64, shape (n, n_labels)
        How many people gave each label.
    beliefs : ndarray of float64, shape (n, n_labels)
        Of a model that did not learn the item's own answers.

    Returns
    -------
    ndarray of float64, shape (n,), range [0, 1)

    Examples
    --------
    >>> votes = np.repeat([[2.0, 0.0], [1.0, 1.0], [1.0, 0.0], [1.0, 0.0]], [16, 4, 1, 1], axis=0)
    >>> beliefs = np.repeat([[0.6, 0.4], [0.6, 0.4], [0.5, 0.5], [0.2, 0.8]], [16, 4, 1, 1], axis=0)
    >>> wrong_label(votes, beliefs)[[0, 16, 20, 21]].round(2).tolist()
    [0.01, 0.5, 0.12, 0.54]
    """
    if not len(votes):
        return np.zeros(0)
    joint = _log_joint(votes, beliefs, rate_of_errors(votes, beliefs))
    chances = np.exp(joint - _log_total(joint)[:, None])
    first = votes >= votes.max(axis=1, keepdims=True)
    return np.asarray(np.clip(1.0 - (chances * first).sum(axis=1) / first.sum(axis=1), 0.0, 1.0))


def wrong_labels(votes: DoubleArray, answers: DoubleArray, beliefs: DoubleArray) -> DoubleArray:
    """Return the chance that some label of an item is wrongly given or left out: each is a question of its own.

    Parameters
    ----------
    votes : ndarray of float64, shape (n, n_labels)
        How many people gave each label.
    answers : ndarray of float64, shape (n,)
        How many people answered.
    beliefs : ndarray of float64, shape (n, n_labels)
        Of a model that did not learn the item's own answers.

    Returns
    -------
    ndarray of float64, shape (n,), range [0, 1)

    Examples
    --------
    >>> votes = np.tile([[1.0, 0.0]], (20, 1))
    >>> beliefs = np.tile([[0.9, 0.1]], (20, 1))
    >>> beliefs[0] = [0.2, 0.1]
    >>> wrong_labels(votes, np.ones(20), beliefs)[:2].round(2).tolist()
    [0.19, 0.01]
    """
    right = np.ones(len(votes))
    for given, believed in zip(votes.T, beliefs.T, strict=True):
        sides = np.stack((given, answers - given), axis=1)
        right *= 1.0 - wrong_label(sides, np.stack((believed, 1.0 - believed), axis=1))
    return np.asarray(1.0 - right)


def _log_joint(votes: DoubleArray, beliefs: DoubleArray, rate: float) -> DoubleArray:
    """Log chance of each label being the true one and people answering as they did."""
    each = rate / max(votes.shape[1] - 1, 1)
    others = votes.sum(axis=1, keepdims=True) - votes
    return np.asarray(np.log(of_truth(beliefs, rate)) + votes * np.log(1.0 - rate) + others * np.log(each))


def _log_total(logs: DoubleArray) -> DoubleArray:
    top = logs.max(axis=1, keepdims=True)
    return np.asarray(top[:, 0] + np.log(np.exp(logs - top).sum(axis=1)))
