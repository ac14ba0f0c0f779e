"""What out-of-fold predictions say of a model: is it better than a constant, and from where on to give a label.

Both end among the facts of a model. They are made of answers of the pool, never of the eval split, so that can measure
them honestly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from learning.core.arrays import DoubleArray, IntArray
from learning.core.forms import Kind, form_of
from learning.core.learners.choice import OutOfFold, row_losses

FEWEST_POSITIVES = 2


@dataclass(frozen=True)
class RowLosses:
    """What predicting rows cost models that had not seen them, in nats.

    Parameters
    ----------
    rows : ndarray of int, shape (m,)
        Which of the answered rows.
    model, constant : ndarray of float64, shape (m,)
        Losses of the learner, and of the share of each label, both from the other folds.
    judged : ndarray of float64, shape (m,)
        Weight of each; 0 where its label is absent from the other folds.
    """

    rows: IntArray
    model: DoubleArray
    constant: DoubleArray
    judged: DoubleArray


@dataclass(frozen=True)
class Beliefs:
    """What a learner says of answered rows it was not fitted on.

    Parameters
    ----------
    rows : ndarray of int, shape (m,)
        Which of the answered rows.
    probabilities : ndarray of float64, shape (m, n_labels)
        0 for labels that could not be learned.
    """

    rows: IntArray
    probabilities: DoubleArray


def beliefs_of(evidence: OutOfFold | None, targets: DoubleArray, weights: DoubleArray, kind: Kind) -> Beliefs | None:
    """Return the out-of-fold probabilities in the columns of the targets; None with too few answers."""
    if evidence is None:
        return None
    probabilities = np.zeros((len(evidence.rows), targets.shape[1]))
    probabilities[:, _learned(targets, weights, kind)] = evidence.probabilities
    return Beliefs(evidence.rows, probabilities)


def row_losses_of(
    evidence: OutOfFold | None, targets: DoubleArray, weights: DoubleArray, kind: Kind
) -> RowLosses | None:
    """Return the out-of-fold losses row by row; None with too few answers.

    Parameters
    ----------
    evidence : OutOfFold or None
    targets, weights, kind
        As the learner got them, checked.

    Returns
    -------
    RowLosses or None
    """
    if evidence is None or not evidence.judged.any():
        return None
    form = form_of(kind)
    truth = targets[evidence.rows][:, _learned(targets, weights, kind)]
    weights = weights[evidence.rows]
    constant = np.empty_like(evidence.probabilities)
    for fold in np.unique(evidence.folds):
        inside = evidence.folds == fold
        others = weights * ~inside
        share = (others @ truth + 0.5) / (others.sum() + 1.0)
        constant[inside] = share / share.sum() if form.sums_to_one else share
    losses, of_constant = (row_losses(given, truth, kind) for given in (evidence.probabilities, constant))
    return RowLosses(evidence.rows, losses, of_constant, evidence.judged)


def _learned(targets: DoubleArray, weights: DoubleArray, kind: Kind) -> IntArray:
    """Return the labels whose probabilities evidence holds."""
    used = weights > 0
    mass = (targets[used] * weights[used, None]).sum(axis=0)
    learned, _ = form_of(kind).learnable(targets[used], mass, float(weights.sum()))
    return learned


def facts_of(evidence: OutOfFold | None, targets: DoubleArray, weights: DoubleArray, kind: Kind) -> dict[str, Any]:
    """Return what the out-of-fold predictions of a model say of it, for its facts.

    ``loss_out_of_fold`` and ``loss_of_constant``, both in nats over the same rows: the constant is the share of each
    label in the other folds. ``thresholds``: for each label of the set the probability from which to give it, null
    where that cannot be said.

    Parameters
    ----------
    evidence : OutOfFold or None
        Of the model's own learner; None with too few answers gives no facts.
    targets, weights, kind
        As the learner got them, checked.

    Returns
    -------
    dict
    """
    found = row_losses_of(evidence, targets, weights, kind)
    if evidence is None or found is None:
        return {}
    learned = _learned(targets, weights, kind)
    thresholds: list[float | None] = [None] * targets.shape[1]
    truth, weights = targets[evidence.rows][:, learned], weights[evidence.rows]
    losses = (float(np.average(losses, weights=evidence.judged)) for losses in (found.model, found.constant))
    for column, label in enumerate(learned.tolist()):
        thresholds[label] = suggested_threshold(
            evidence.probabilities[:, column], truth[:, column], np.minimum(weights, evidence.judged)
        )
    return dict(zip(("loss_out_of_fold", "loss_of_constant"), losses, strict=True)) | {"thresholds": thresholds}


def suggested_threshold(probabilities: DoubleArray, truth: DoubleArray, weights: DoubleArray) -> float | None:
    """Return the probability from which giving a label has the best F1: half of the best F1 there is.

    That is exact for true probabilities. The threshold that happened to have the best F1 on a few positives is not:
    with 9 to 15 of them on Adult its F1 on new rows was .14 on average, that of the half .18, of .5 .08.

    Parameters
    ----------
    probabilities : ndarray of shape (n,)
        Of rows the model had not seen.
    truth : ndarray of shape (n,)
        Share of people who gave the label.
    weights : ndarray of shape (n,)

    Returns
    -------
    float or None
        At most .5; None with fewer than two rows that have the label, or where no row that has it can be told apart.

    References
    ----------
    Z. C. Lipton, C. Elkan, B. Naryanaswamy, "Optimal thresholding of classifiers to maximize F1 measure", ECML 2014.

    Examples
    --------
    >>> suggested_threshold(np.array([0.9, 0.6, 0.2, 0.1]), np.array([1.0, 1.0, 0.0, 0.0]), np.ones(4))
    0.5
    >>> suggested_threshold(np.array([0.9, 0.6]), np.array([1.0, 0.0]), np.ones(2)) is None
    True
    """
    used = weights > 0
    probabilities, truth, weights = probabilities[used], truth[used], weights[used]
    if int((truth > 0.5).sum()) < FEWEST_POSITIVES:
        return None
    order = np.argsort(-probabilities, kind="stable")
    falling = probabilities[order]
    hits, given = np.cumsum((weights * truth)[order]), np.cumsum(weights[order])
    last = np.append(falling[1:] < falling[:-1], True)  # equal probabilities are given the label together
    f1 = 2.0 * hits / (given + hits[-1])
    return float(f1[last].max() / 2.0)
