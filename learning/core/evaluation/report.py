"""All metrics of a model on held-out truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix, IntArray
from learning.core.evaluation.intervals import Estimate, bounded_mean, share, top_of
from learning.core.evaluation.intervals_calibration import Reliability, calibration
from learning.core.evaluation.intervals_f1 import f1_of_label, macro_f1, micro_f1
from learning.core.evaluation.intervals_precision import average_precision
from learning.core.evaluation.losses import second_choice, second_choices, squared_errors
from learning.core.forms import Kind

_FLOOR = 1e-7


@dataclass(frozen=True)
class LabelScores:
    """Precision, recall, F1 and average precision of one label.

    Each has the ``n`` it is a share of: precision the items that were given the label, recall and average precision
    those that have it, F1 all of these. Precision is undefined (its ``n`` is 0) where the label was never answered, the
    others where it does not occur.
    """

    label: int
    support: int
    precision: Estimate
    recall: Estimate
    f1: Estimate
    average_precision: Estimate

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "label": self.label,
            "support": self.support,
            "precision": self.precision.as_dict(),
            "recall": self.recall.as_dict(),
            "f1": self.f1.as_dict(),
            "average_precision": self.average_precision.as_dict(),
        }


@dataclass(frozen=True)
class Evaluation:
    """What :func:`evaluate` found.

    Parameters
    ----------
    kind : {"classification", "multilabel"}
    n : int
    metrics : mapping of str to Estimate
    labels : tuple of LabelScores
        In label order, all labels of the set.
    confusion : ndarray of int, shape (n_labels, n_labels) or None
        Truth in rows, prediction in columns; None for multilabel.
    reliability : tuple of (confidence, accuracy, count)
        Non-empty calibration bins.
    """

    kind: Kind
    n: int
    metrics: Mapping[str, Estimate]
    labels: tuple[LabelScores, ...]
    confusion: IntArray | None
    reliability: Reliability

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "kind": self.kind,
            "n": self.n,
            "metrics": {name: estimate.as_dict() for name, estimate in self.metrics.items()},
            "labels": [scores.as_dict() for scores in self.labels],
            "confusion": None if self.confusion is None else self.confusion.tolist(),
            "reliability": [list(point) for point in self.reliability],
        }


def evaluate(
    probabilities: FloatMatrix | DoubleArray,
    targets: DoubleArray,
    *,
    kind: Kind,
    rng: np.random.Generator,
    answers: IntArray | None = None,
) -> Evaluation:
    """Measure probabilities against truth.

    ``classification`` reports ``accuracy``, ``macro_f1`` (mean over the labels that occur in the truth), ``log_loss``
    (nats), ``brier_loss`` (squared error summed over labels, 0 to 2) and ``calibration_error`` (expected calibration
    error of the most likely label, less what luck adds to it). ``multilabel`` predicts a label from probability 0.5 on
    and reports ``exact_match``, ``micro_f1``, ``macro_f1``, ``hamming_loss``, ``log_loss``, ``brier_loss`` and
    ``calibration_error`` (all three averaged over the cells). How often the intervals hold the truth: decision 0058.

    Parameters
    ----------
    probabilities : ndarray of shape (n, k), n >= 1
    targets : ndarray of shape (n, k)
        Hard truth: one-hot rows, or 0/1 cells for multilabel.
    kind : {"classification", "multilabel"}
    rng : numpy.random.Generator
        For the luck in the calibration error.
    answers : ndarray of int, shape (n,), optional
        The label each item is given; of a ``classification`` the most likely one when not said.

    Returns
    -------
    Evaluation

    Raises
    ------
    ValueError
        If shapes disagree, nothing is given, or a probability is not finite.

    Examples
    --------
    >>> given = np.array([[0.9, 0.1], [0.8, 0.2]])
    >>> found = evaluate(given, np.eye(2), kind="classification", rng=np.random.default_rng(0))
    >>> found.metrics["accuracy"].value, found.confusion.tolist()
    (0.5, [[1, 0], [1, 0]])
    """
    given = np.asarray(probabilities, dtype=np.float64)
    truth = np.asarray(targets, dtype=np.float64)
    if given.shape != truth.shape or given.ndim != 2 or not given.size:
        raise ValueError(f"probabilities of shape {given.shape} cannot be compared with truth of shape {truth.shape}")
    if not np.isfinite(given).all():
        raise ValueError("probabilities hold NaN or infinity")
    if kind == "classification":
        return _classification(given, truth, given.argmax(axis=1) if answers is None else answers, rng)
    return _multilabel(given, truth, rng)


def _classification(given: DoubleArray, truth: DoubleArray, answer: IntArray, rng: np.random.Generator) -> Evaluation:
    n, k = given.shape
    rows, actual = np.arange(n), truth.argmax(axis=1)
    predicted = np.zeros_like(truth)
    predicted[rows, answer] = 1.0
    surprise = second_choice(given)
    most_likely = (given.argmax(axis=1) == actual).astype(np.float64)
    error, reliability = calibration(given.max(axis=1)[:, None], most_likely[:, None], rng)
    metrics = {
        "accuracy": share(float((answer == actual).sum()), n),
        "macro_f1": macro_f1(predicted, truth),
        "log_loss": _mean(_log_losses(given, truth), _log_losses(given, surprise)),
        "brier_loss": _mean(squared_errors(given, truth), squared_errors(given, surprise)),
        "calibration_error": error,
    }
    confusion = np.bincount(actual * k + answer, minlength=k * k).reshape(k, k)
    return Evaluation("classification", n, metrics, _label_scores(given, predicted, truth), confusion, reliability)


def _multilabel(given: DoubleArray, truth: DoubleArray, rng: np.random.Generator) -> Evaluation:
    n, k = given.shape
    predicted = (given >= 0.5).astype(np.float64)
    wrong = (predicted != truth).mean(axis=1)
    surprise = second_choices(given)
    confidence = np.where(predicted > 0, given, 1 - given)
    error, reliability = calibration(confidence, (predicted == truth).astype(np.float64), rng)
    metrics = {
        "exact_match": share(float((wrong == 0).sum()), n),
        "micro_f1": micro_f1(predicted, truth),
        "macro_f1": macro_f1(predicted, truth),
        "hamming_loss": bounded_mean(wrong, 1.0),
        "log_loss": _mean(_cell_losses(given, truth), _cell_losses(given, surprise)),
        "brier_loss": _mean(squared_errors(given, truth) / k, squared_errors(given, surprise) / k),
        "calibration_error": error,
    }
    return Evaluation("multilabel", n, metrics, _label_scores(given, predicted, truth), None, reliability)


def _log_losses(given: DoubleArray, truth: DoubleArray) -> DoubleArray:
    return np.asarray(-np.log(np.clip((given * truth).sum(axis=1), _FLOOR, 1.0)))


def _cell_losses(given: DoubleArray, truth: DoubleArray) -> DoubleArray:
    clipped = np.clip(given, _FLOOR, 1 - _FLOOR)
    return np.asarray(-(truth * np.log(clipped) + (1 - truth) * np.log(1 - clipped)).mean(axis=1))


def _mean(losses: DoubleArray, surprised: DoubleArray) -> Estimate:
    return bounded_mean(losses, top_of(losses, surprised))


def _label_scores(given: DoubleArray, predicted: DoubleArray, truth: DoubleArray) -> tuple[LabelScores, ...]:
    """Return the scores of every label."""
    hits, claims, support = ((cells.sum(axis=0)).tolist() for cells in (predicted * truth, predicted, truth))
    return tuple(
        LabelScores(
            label,
            int(have),
            share(right, claimed),
            share(right, have),
            f1_of_label(right, have - right, claimed - right) if have else Estimate(0.0, 0.0, 1.0, 0),
            average_precision(given[:, label], truth[:, label] >= 0.5),
        )
        for label, (right, claimed, have) in enumerate(zip(hits, claims, support, strict=True))
    )
