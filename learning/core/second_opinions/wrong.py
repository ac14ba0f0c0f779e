"""How likely the label that people gave an item is wrong, by their answers and a model that did not learn them.

Not the same as doubt: where a sure model contradicts one answer nobody doubts what the item is, and its label is wrong.
Three things are learned from the answers themselves. The rate of errors: where several people answered by how often
they agree, elsewhere by what a sure model leaves to be explained. What the model says of the truth: its probabilities
are calibrated on answers, errors included, so that it is never surer than people are right. And in which way people
err: any answer alike; taking a label for what the model takes it for, too; or that, where the model is unsure. Second
answers tell: whether they contradict sure and unsure labels alike, and with what.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from learning.core.arrays import DoubleArray, softmax
from learning.core.second_opinions.doubt import LEAST_RATE, MOST_RATE

#: Rates that are tried, and what is believed before anything is seen: so many answers of such a rate.
RATES = np.linspace(LEAST_RATE, MOST_RATE, 18)
PRIOR_RATE, PRIOR_ANSWERS = 0.05, 8.0
#: Items that tell the rate.
_ITEMS = 5_000
#: No label is less likely before anybody answered, over the number of labels.
_LEAST = 1e-3
#: Of the wrong answers that follow the model so many are any label, and no label takes nearly all that are left.
_ANY, _LEFT = 0.1, 1e-3


class WayToErr(NamedTuple):
    """A way in which people err.

    Parameters
    ----------
    follows : bool
        A wrong answer is what the model would take the item for, not any other label.
    where_unsure : bool
        Errors are as frequent as the model is unsure, by its place among the items: twice the rate on the last one.
    cost : float
        What answers must speak for it beyond any answer alike, in nats.
    """

    follows: bool
    where_unsure: bool
    cost: float


WAYS = (WayToErr(False, False, 0.0), WayToErr(True, False, 2.0), WayToErr(True, True, 2.0))


def of_truth(beliefs: DoubleArray, rate: float | DoubleArray) -> DoubleArray:
    """Return what a model says of the truth that was calibrated on answers of which a share is wrong.

    Parameters
    ----------
    beliefs : ndarray of float64, shape (n, n_labels)
    rate : float or ndarray of float64, shape (n, 1)

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
    found = np.maximum((beliefs - each) / np.maximum(1.0 - rate - each, _LEAST), _LEAST / n_labels)
    return np.asarray(found / found.sum(axis=1, keepdims=True))


class BestRate(NamedTuple):
    """The rate at which a way to err explains the answers best, and by how much: a log chance in nats."""

    rate: float
    told: float


def explain(votes: DoubleArray, beliefs: DoubleArray, way: WayToErr = WAYS[0]) -> BestRate:
    """Return the share of wrong answers that makes what was answered likeliest.

    Parameters
    ----------
    votes : ndarray of float64, shape (n, n_labels)
        How many people gave each label.
    beliefs : ndarray of float64, shape (n, n_labels)
        Of a model that did not learn the item's own answers.
    way : WayToErr

    Returns
    -------
    BestRate
        The rate is one of :data:`RATES`; the smallest ones where little was seen.

    Examples
    --------
    >>> votes, model = np.repeat([[2.0, 0.0], [1.0, 1.0]], [60, 40], axis=0), np.full((100, 2), 0.5)
    >>> round(explain(votes, model).rate, 2), round(explain(votes[:60], model[:60]).rate, 2)
    (0.25, 0.02)
    """
    few = np.linspace(0, len(votes) - 1, min(len(votes), _ITEMS)).astype(np.int64)
    votes, beliefs = votes[few], beliefs[few]
    told = [float(_log_total(_log_joint(votes, beliefs, rate, way)).sum()) for rate in RATES.tolist()]
    told += PRIOR_ANSWERS * (PRIOR_RATE * np.log(RATES) + (1.0 - PRIOR_RATE) * np.log(1.0 - RATES))
    best = int(np.argmax(told))
    return BestRate(float(RATES[best]), float(told[best]) - way.cost)


def wrong_label(votes: DoubleArray, beliefs: DoubleArray) -> DoubleArray:
    """Return the chance that the label most people gave is not the true one; of a tie that of any of these.

    The mean over the ways to err, each by how well it explains the answers.

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
    [0.01, 0.5, 0.13, 0.49]
    """
    if not len(votes):
        return np.zeros(0)
    first = votes >= votes.max(axis=1, keepdims=True)
    explained = [explain(votes, beliefs, way) for way in WAYS]
    believed = softmax(np.array([[each.told for each in explained]]))[0]
    right = np.zeros(len(votes))
    for way, (rate, _), share in zip(WAYS, explained, believed.tolist(), strict=True):
        joint = _log_joint(votes, beliefs, rate, way)
        chances = np.exp(joint - _log_total(joint)[:, None])
        right += share * (chances * first).sum(axis=1) / first.sum(axis=1)
    return np.asarray(np.clip(1.0 - right, 0.0, 1.0))


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
    [0.21, 0.01]
    """
    right = np.ones(len(votes))
    for given, believed in zip(votes.T, beliefs.T, strict=True):
        sides = np.stack((given, answers - given), axis=1)
        right *= 1.0 - wrong_label(sides, np.stack((believed, 1.0 - believed), axis=1))
    return np.asarray(1.0 - right)


def _log_joint(votes: DoubleArray, beliefs: DoubleArray, rate: float, way: WayToErr) -> DoubleArray:
    """Log chance of each label being the true one and people answering as they did."""
    from scipy.stats import rankdata  # noqa: PLC0415  # pages read this package's counts, and need no SciPy

    n, n_labels = votes.shape
    rates = np.full((n, 1), rate)
    if way.where_unsure:
        place = (rankdata(-beliefs.max(axis=1)) - 0.5) / n
        rates = np.clip(2.0 * rate * place, LEAST_RATE, MOST_RATE)[:, None]
    others = votes.sum(axis=1, keepdims=True) - votes
    joint = np.log(of_truth(beliefs, rates)) + votes * np.log(1.0 - rates)
    if not way.follows:
        return np.asarray(joint + others * np.log(rates / max(n_labels - 1, 1)))
    taken = (1.0 - _ANY) * beliefs + _ANY / n_labels
    given = votes * np.log(taken)
    share = np.log(rates) - np.log(np.maximum(1.0 - taken, _LEFT))
    return np.asarray(joint + others * share + given.sum(axis=1, keepdims=True) - given)


def _log_total(logs: DoubleArray) -> DoubleArray:
    top = logs.max(axis=1, keepdims=True)
    return np.asarray(top[:, 0] + np.log(np.exp(logs - top).sum(axis=1)))
