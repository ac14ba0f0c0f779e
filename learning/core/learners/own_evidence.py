"""What out-of-fold predictions say of a model: is it better than a constant, and how likely it found each label.

They are made of answers of the pool, never of the eval split, so that can measure honestly what follows from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from learning.core.arrays import DoubleArray, IntArray
from learning.core.forms import Kind, form_of
from learning.core.learners.choice import OutOfFold, row_losses


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
    """Return the out-of-fold probabilities in the columns of the targets; None with too few answers.

    A row whose label is absent from the other folds is left out: a model that never met the label holds it to be
    impossible, and that says nothing of the answer.
    """
    if evidence is None:
        return None
    judged = evidence.judged > 0
    probabilities = np.zeros((int(judged.sum()), targets.shape[1]))
    probabilities[:, _learned(targets, weights, kind)] = evidence.probabilities[judged]
    return Beliefs(evidence.rows[judged], probabilities)


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


@dataclass(frozen=True)
class SaidOfLabels:
    """What a model said of answered rows it had not seen, label by label.

    Parameters
    ----------
    labels : ndarray of int, shape (k,)
        Which of the label set: those that could be learned.
    probabilities, truth : ndarray of float64, shape (m, k)
        ``truth`` is the share of people who gave the label.
    weights : ndarray of float64, shape (m,)
    """

    labels: IntArray
    probabilities: DoubleArray
    truth: DoubleArray
    weights: DoubleArray


def said_of_labels(
    evidence: OutOfFold | None, targets: DoubleArray, weights: DoubleArray, kind: Kind
) -> SaidOfLabels | None:
    """Return what the out-of-fold predictions say of each label; None with too few answers.

    Parameters
    ----------
    evidence : OutOfFold or None
    targets, weights, kind
        As the learner got them, checked.

    Returns
    -------
    SaidOfLabels or None
    """
    if evidence is None or not evidence.judged.any():
        return None
    learned = _learned(targets, weights, kind)
    believed = np.minimum(weights[evidence.rows], evidence.judged)
    return SaidOfLabels(learned, evidence.probabilities, targets[evidence.rows][:, learned], believed)


def facts_of(evidence: OutOfFold | None, found: RowLosses | None) -> dict[str, Any]:
    """Return what the out-of-fold predictions of a model say of it, for its facts.

    ``loss_out_of_fold`` and ``loss_of_constant``, both in nats over the same rows: the constant is the share of each
    label in the other folds.

    Parameters
    ----------
    evidence : OutOfFold or None
        Of the model's own learner; None with too few answers gives no facts.
    found : RowLosses or None
        From :func:`row_losses_of`.

    Returns
    -------
    dict
    """
    if evidence is None or found is None:
        return {}
    losses = (float(np.average(losses, weights=evidence.judged)) for losses in (found.model, found.constant))
    return dict(zip(("loss_out_of_fold", "loss_of_constant"), losses, strict=True))
