"""All metrics of a model on held-out truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learning.core.arrays import DoubleArray, FloatMatrix, IntArray
from learning.core.evaluation.intervals import Estimate, bootstrap_weights, bounded, wilson
from learning.core.forms import Kind

CALIBRATION_BINS = 15
_FLOOR = 1e-7
_WORST_LOG = -float(np.log(_FLOOR))


@dataclass(frozen=True)
class LabelScores:
    """Precision, recall and F1 of one label.

    Precision is undefined (its ``n`` is 0) where the label was never answered, recall and F1 where it does not occur.
    """

    label: int
    support: int
    precision: Estimate
    recall: Estimate
    f1: Estimate

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "label": self.label,
            "support": self.support,
            "precision": self.precision.as_dict(),
            "recall": self.recall.as_dict(),
            "f1": self.f1.as_dict(),
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
    reliability: tuple[tuple[float, float, int], ...]

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

    ``classification`` reports ``accuracy`` (Wilson interval), ``macro_f1`` (mean over the labels that occur in the
    truth),
    ``log_loss`` (nats), ``brier_loss`` (squared error summed over labels, 0 to 2) and ``calibration_error`` (expected
    calibration error of the most likely label, 15 bins of equal width). ``multilabel`` predicts a label from
    probability 0.5 on and reports ``exact_match`` (Wilson), ``micro_f1``, ``macro_f1``, ``hamming_loss``, ``log_loss``,
    ``brier_loss`` and ``calibration_error`` (all three averaged over the cells).

    Parameters
    ----------
    probabilities : ndarray of shape (n, k), n >= 1
    targets : ndarray of shape (n, k)
        Hard truth: one-hot rows, or 0/1 cells for multilabel.
    kind : {"classification", "multilabel"}
    rng : numpy.random.Generator
        For the bootstrap intervals.
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
    weights = bootstrap_weights(len(given), rng)
    if kind == "classification":
        return _classification(given, truth, weights, given.argmax(axis=1) if answers is None else answers)
    return _multilabel(given, truth, weights)


def _classification(given: DoubleArray, truth: DoubleArray, weights: FloatMatrix, answer: IntArray) -> Evaluation:
    n, k = given.shape
    actual = truth.argmax(axis=1)
    predicted = np.zeros_like(truth)
    predicted[np.arange(n), answer] = 1.0
    correct = answer == actual
    label_scores, macro, _ = _label_metrics(predicted, truth, weights)
    logs = -np.log(np.clip(given[np.arange(n), actual], _FLOOR, 1.0))
    squares = ((given - truth) ** 2).sum(axis=1)
    most_likely = (given.argmax(axis=1) == actual).astype(float)
    calibration, reliability = _calibration(given.max(axis=1), most_likely, np.arange(n), weights)
    metrics = {
        "accuracy": wilson(float(correct.sum()), n),
        "macro_f1": macro,
        "log_loss": _mean(logs, weights, _WORST_LOG),
        "brier_loss": _mean(squares, weights, 2.0),
        "calibration_error": calibration,
    }
    confusion = np.bincount(actual * k + answer, minlength=k * k).reshape(k, k)
    return Evaluation("classification", n, metrics, label_scores, confusion, reliability)


def _multilabel(given: DoubleArray, truth: DoubleArray, weights: FloatMatrix) -> Evaluation:
    n, k = given.shape
    predicted = (given >= 0.5).astype(np.float64)
    wrong = (predicted != truth).mean(axis=1)
    label_scores, macro, micro = _label_metrics(predicted, truth, weights)
    clipped = np.clip(given, _FLOOR, 1 - _FLOOR)
    logs = -(truth * np.log(clipped) + (1 - truth) * np.log(1 - clipped)).mean(axis=1)
    confidence = np.where(predicted > 0, given, 1 - given)
    calibration, reliability = _calibration(
        confidence.ravel(), (predicted == truth).astype(float).ravel(), np.repeat(np.arange(n), k), weights
    )
    metrics = {
        "exact_match": wilson(float((wrong == 0).sum()), n),
        "micro_f1": micro,
        "macro_f1": macro,
        "hamming_loss": bounded(float(wrong.mean()), weights @ wrong / n, n),
        "log_loss": _mean(logs, weights, _WORST_LOG),
        "brier_loss": _mean(((given - truth) ** 2).mean(axis=1), weights, 1.0),
        "calibration_error": calibration,
    }
    return Evaluation("multilabel", n, metrics, label_scores, None, reliability)


def _mean(values: DoubleArray, weights: FloatMatrix, most: float) -> Estimate:
    n = values.size
    return bounded(float(values.mean()), weights @ values / n, n, most)


def _ratio(part: NDArray[Any], whole: NDArray[Any]) -> DoubleArray:
    return np.asarray(np.divide(part, whole, out=np.zeros(np.shape(part)), where=whole > 0))


def _label_metrics(
    predicted: DoubleArray, truth: DoubleArray, weights: FloatMatrix
) -> tuple[tuple[LabelScores, ...], Estimate, Estimate]:
    """Return the scores of every label, macro-F1 over the labels that occur, and micro-F1."""
    n, k = truth.shape
    cells = np.concatenate((predicted * truth, predicted, truth), axis=1)
    once = cells.sum(axis=0)[None]
    again = (weights @ cells.astype(np.float32)).astype(np.float64)
    rows = np.concatenate((once, again))
    hits, claims, support = rows[:, :k], rows[:, k : 2 * k], rows[:, 2 * k :]
    f1 = _ratio(2 * hits, claims + support)
    occurs = support > 0
    macro = _ratio((f1 * occurs).sum(axis=1), occurs.sum(axis=1))
    micro = _ratio(2 * hits.sum(axis=1), (claims + support).sum(axis=1))
    scores = tuple(
        LabelScores(
            label,
            int(support[0, label]),
            wilson(float(hits[0, label]), float(claims[0, label])),
            wilson(float(hits[0, label]), float(support[0, label])),
            bounded(f1[0, label], f1[1:, label], int(support[0, label])),
        )
        for label in range(k)
    )
    return scores, bounded(macro[0], macro[1:], n), bounded(micro[0], micro[1:], n)


def _calibration(
    confidence: DoubleArray, correct: DoubleArray, item: IntArray, weights: FloatMatrix
) -> tuple[Estimate, tuple[tuple[float, float, int], ...]]:
    """Return the expected calibration error and the non-empty bins."""
    n = weights.shape[1]
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    gaps = np.zeros((n, CALIBRATION_BINS))
    np.add.at(gaps, (item, bins), correct - confidence)
    total = confidence.size
    error = float(np.abs(gaps.sum(axis=0)).sum() / total)
    replicates = np.abs(weights @ gaps).sum(axis=1) / total
    counts = np.bincount(bins, minlength=CALIBRATION_BINS)
    mean_confidence = _ratio(np.bincount(bins, confidence, CALIBRATION_BINS), counts)
    accuracy = _ratio(np.bincount(bins, correct, CALIBRATION_BINS), counts)
    points = tuple(
        (float(mean_confidence[index]), float(accuracy[index]), int(counts[index])) for index in np.flatnonzero(counts)
    )
    return bounded(error, replicates, n), points
