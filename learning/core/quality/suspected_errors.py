"""Which answers are probably wrong: those that models which have not learned them do not believe.

What an answer is held against is made of two opinions that never saw it. Two thirds are a logistic regression fitted
without the answer's group (confident learning); one third are its ten nearest neighbours of other groups, a nearer
one counting for more. With one answer in ten planted wrong among 1,000 (``benchmarks/suspected_errors.py``) the two
together name more of all wrong answers than either alone on every set tried.

What comes of it is an order and no probability: a model that learned from wrong answers believes them a little. What it
says of the truth is found by :func:`wrong_answers` once it is known how many answers are wrong.

References
----------
C. G. Northcutt, L. Jiang and I. L. Chuang, "Confident learning: estimating uncertainty in dataset labels", Journal of
Artificial Intelligence Research 70, 2021.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from learning.core.arrays import BoolArray, DoubleArray, FloatMatrix, IntArray, row_blocks, softmax
from learning.core.forms import Kind, form_of
from learning.core.learners.evidence import Answered
from learning.core.learners.logistic import LogisticLearner

NEIGHBOURS = 10
#: How much of the belief is the model's; the rest is the neighbours'.
MODEL_SHARE = 2 / 3
#: Answers a model is fitted on, and that neighbours are looked for among.
ROWS_LEARNED = 3_000
#: Answers that are judged at one time.
ROWS_JUDGED = 20_000
#: Fewer answers say nothing of one another.
FEWEST_ROWS = 20
#: A neighbour counts by this power of its cosine.
_NEARNESS = 4
#: What is believed of a label that no neighbour has, in neighbours.
_UNSEEN = 0.1
#: Answers that tell how far beliefs are drawn out, between these temperatures, and nothing is believed less.
_ROWS_SCALED, _SHARPEST, _FLATTEST, _LEAST = 5_000, 0.05, 5.0, 1e-6
#: Of the wrong answers that follow what is believed so many are any label.
_ANY = 0.1


@dataclass(frozen=True)
class Suspicion:
    """Answers, the least believed first.

    Parameters
    ----------
    rows : ndarray of int, shape (m,)
        Which answers; each once.
    belief : ndarray of float64, shape (m,)
        How far the given answer is believed, in [0, 1], rising.
    label : ndarray of int, shape (m,)
        Of one label an item: what is believed instead. Of any labels: the label that is least believed to be given, or
        left out, rightly.
    neighbours : ndarray of int, shape (m, NEIGHBOURS)
        The nearest answers of other groups, nearest first; -1 where there are no more.
    beliefs : ndarray of float64, shape (m, k)
        What is believed of every label.
    given : ndarray of int, shape (m,)
        Of one label an item: the answer.
    """

    rows: IntArray
    belief: DoubleArray
    label: IntArray
    neighbours: IntArray
    beliefs: DoubleArray
    given: IntArray


def suspected_errors(
    features: FloatMatrix, targets: DoubleArray, groups: IntArray, kind: Kind, rng: np.random.Generator
) -> Suspicion | None:
    """Order answers by how little they are believed.

    Parameters
    ----------
    features : ndarray of float32, shape (n, d)
    targets : ndarray of float64, shape (n, k)
        The answers: 0 and 1, or shares where several people answered. Of one label an item, rows without a label
        that more than half gave are not judged.
    groups : ndarray of int, shape (n,)
        Rows of a group are not held against one another.
    kind : {"classification", "multilabel"}
    rng : numpy.random.Generator

    Returns
    -------
    Suspicion or None
        Of at most ``ROWS_JUDGED`` rows, drawn where there are more. None where there is too little to judge by: fewer
        than ``FEWEST_ROWS`` rows, or one answer only.

    Examples
    --------
    >>> features = np.repeat(np.eye(2, dtype=np.float32), 15, axis=0)
    >>> targets = np.repeat(np.eye(2), 15, axis=0)
    >>> targets[3] = [0.0, 1.0]
    >>> found = suspected_errors(features, targets, np.arange(30), "classification", np.random.default_rng(0))
    >>> found.rows[0].item(), found.label[0].item()
    (3, 0)
    """
    judged = np.flatnonzero(_is_said(targets, kind))
    rng.shuffle(judged)
    judged = judged[:ROWS_JUDGED]
    given = (targets[judged] > 0.5).astype(np.float64)
    if len(judged) < FEWEST_ROWS or not np.ptp(given, axis=0).any():
        return None
    features, groups = features[judged], groups[judged]
    learned = min(len(judged), ROWS_LEARNED)
    by_model, is_known = _by_model(features, given, groups, learned, kind, rng)
    near, nearness = _neighbours(features, groups, learned)
    by_neighbours = _by_neighbours(given, near, nearness, kind)
    belief = MODEL_SHARE * by_model + (1 - MODEL_SHARE) * by_neighbours
    own, label = _doubted(belief, given, kind)
    if not is_known.any():
        return None
    order = np.flatnonzero(is_known)
    order = order[np.lexsort((judged[order], own[order]))]
    neighbours = np.where(near >= 0, judged[near], -1)
    return Suspicion(
        judged[order], own[order], label[order], neighbours[order], belief[order], given[order].argmax(axis=1)
    )


def wrong_answers(beliefs: DoubleArray, given: IntArray, rate: float) -> DoubleArray:
    """Return the chance that each answer is wrong, of one label an item, where a share of all answers is.

    The beliefs at some temperature are taken for what is true: models that learned from wrong answers are less sure
    than they could be. A wrong answer is any other label alike, or as likely as it is believed: the temperature and the
    way to err are those that make the answers likeliest.

    Parameters
    ----------
    beliefs : ndarray of float64, shape (m, k)
        Of models that have not learned the answer; rows sum to 1.
    given : ndarray of int, shape (m,)
        The answers.
    rate : float
        Of wrong answers, in [0, 1).

    Returns
    -------
    ndarray of float64, shape (m,), range [0, 1]

    Examples
    --------
    >>> beliefs = np.repeat([[0.7, 0.3], [0.3, 0.7]], [90, 10], axis=0)
    >>> wrong_answers(beliefs, np.zeros(100, int), 0.1)[[0, 99]].round(2).tolist()
    [0.0, 1.0]
    """
    every = np.arange(len(given))
    some = every[:: max(-(-every.size // _ROWS_SCALED), 1)]
    bounds = float(np.log(_SHARPEST)), float(np.log(_FLATTEST))
    found: list[tuple[float, float, bool]] = []
    for follows in (False, True):

        def cost(log_temperature: float, follows: bool = follows) -> float:
            _, said = _explained(beliefs[some], given[some], rate, log_temperature, follows)
            return -float(np.log(said).sum())

        best = minimize_scalar(cost, bounds=bounds, method="bounded")
        found.append((float(best.fun), float(best.x), follows))
    right, said = _explained(beliefs, given, rate, *min(found)[1:])
    return np.asarray(np.clip(1.0 - right / said, 0.0, 1.0))


def _explained(
    beliefs: DoubleArray, given: IntArray, rate: float, log_temperature: float, follows: bool
) -> tuple[DoubleArray, DoubleArray]:
    """The chances that each answer is given and true, and that it is given at all."""
    n_labels, rows = beliefs.shape[1], np.arange(len(given))
    true = softmax(np.log(np.maximum(beliefs, _LEAST)) / np.exp(log_temperature))
    own = true[rows, given]
    if follows:  # an item of another label is taken for the given one as often as that is believed of it
        taken = (1.0 - _ANY) * beliefs + _ANY / n_labels
        other = true / np.maximum(1.0 - taken, _LEAST)
        wrong = taken[rows, given] * (other.sum(axis=1) - other[rows, given])
    else:
        wrong = (1.0 - own) / max(n_labels - 1, 1)
    right = (1.0 - rate) * own
    return right, np.maximum(right + rate * wrong, np.finfo(np.float64).tiny)


def _is_said(targets: DoubleArray, kind: Kind) -> BoolArray:
    """Rows whose answer is clear."""
    if form_of(kind).sums_to_one:
        return np.asarray(targets.max(axis=1, initial=0.0) > 0.5)
    return np.ones(len(targets), dtype=bool)


def _by_model(
    features: FloatMatrix, given: DoubleArray, groups: IntArray, learned: int, kind: Kind, rng: np.random.Generator
) -> tuple[DoubleArray, BoolArray]:
    """Probabilities by models that did not learn the row's group, and of which rows there are any: out of fold among
    the first ``learned``, by a model of those for the rows after them."""
    first = slice(learned)
    answered = Answered(features[first], given[first], np.ones(learned), groups[first], kind, rng)
    model, evidence = LogisticLearner().fit_with_evidence(answered)
    belief = np.zeros_like(given)
    is_known = np.zeros(len(given), dtype=bool)
    belief[learned:] = model.predict(features[learned:])
    is_known[learned:] = ~np.isin(groups[learned:], groups[first])
    if evidence is not None:
        labels = _learned_labels(given[first], kind)
        belief[np.ix_(evidence.rows, labels)] = evidence.probabilities
        is_known[evidence.rows] = evidence.judged > 0
        if not form_of(kind).sums_to_one:  # what too few have been given cannot be doubted
            unknown = np.setdiff1d(np.arange(given.shape[1]), labels)
            belief[:, unknown] = given[:, unknown]
    return belief, is_known


def _learned_labels(given: DoubleArray, kind: Kind) -> IntArray:
    """The labels whose probabilities the evidence holds."""
    learned, _ = form_of(kind).learnable(given, given.sum(axis=0), float(len(given)))
    return learned


def _neighbours(features: FloatMatrix, groups: IntArray, learned: int) -> tuple[IntArray, DoubleArray]:
    """The nearest among the first ``learned`` rows, by cosine, and how near they are."""
    length = np.linalg.norm(features, axis=1, keepdims=True)
    unit = features / np.maximum(length, np.finfo(np.float32).tiny)
    count = min(NEIGHBOURS, learned)
    near = np.empty((len(unit), count), dtype=np.int64)
    nearness = np.empty((len(unit), count))
    for block in row_blocks(len(unit), 1_024):
        cosines = unit[block] @ unit[:learned].T
        cosines[groups[block, None] == groups[None, :learned]] = -np.inf
        best = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
        found = np.take_along_axis(cosines, best, axis=1)
        order = np.lexsort((best, -found), axis=1)
        near[block] = np.take_along_axis(best, order, axis=1)
        nearness[block] = np.take_along_axis(found, order, axis=1)
    near[np.isneginf(nearness)] = -1
    return near, np.maximum(nearness, 0.0) ** _NEARNESS


def _by_neighbours(given: DoubleArray, near: IntArray, nearness: DoubleArray, kind: Kind) -> DoubleArray:
    """What the neighbours say, with a little of everything."""
    votes = np.zeros_like(given)
    for place in range(near.shape[1]):
        votes += nearness[:, place, None] * given[near[:, place]]
    n_answers = given.shape[1] if form_of(kind).sums_to_one else 2
    total = nearness.sum(axis=1, keepdims=True)
    return np.asarray((votes + _UNSEEN / n_answers) / (total + _UNSEEN))


def _doubted(belief: DoubleArray, given: DoubleArray, kind: Kind) -> tuple[DoubleArray, IntArray]:
    """How far each answer is believed, and the label this is about."""
    rows = np.arange(len(given))
    if not form_of(kind).sums_to_one:
        of_each = np.where(given > 0.5, belief, 1.0 - belief)
        label = of_each.argmin(axis=1)
        return of_each[rows, label], label
    own = given.argmax(axis=1)
    others = belief.copy()
    others[rows, own] = -1.0
    return belief[rows, own], others.argmax(axis=1)
