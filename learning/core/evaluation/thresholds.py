"""From which probability to give a label, and what that is worth on items that had no part in choosing it.

A threshold is chosen on out-of-fold predictions of answers of the pool and measured here on the eval split, so nothing
flatters it and the intervals are those of any share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix
from learning.core.evaluation.interval_words import TOO_FEW
from learning.core.evaluation.intervals import Estimate, share
from learning.core.evaluation.intervals_f1 import f1_of_label, least_f1
from learning.core.evaluation.intervals_precision import precision_recall
from learning.core.learners.own_evidence import SaidOfLabels

CURVE_POINTS = 60
FEWEST_POSITIVES = 2


def suggested_thresholds(said: SaidOfLabels, n_labels: int) -> list[float | None]:
    """Return the probability from which to give each label of the set, None where that cannot be said.

    Parameters
    ----------
    said : SaidOfLabels
        Out of fold, of answers of the pool.
    n_labels : int
        Size of the label set.

    Returns
    -------
    list of float or None
        Of :func:`suggested_threshold`.
    """
    found: list[float | None] = [None] * n_labels
    for column, label in enumerate(said.labels.tolist()):
        found[label] = suggested_threshold(said.probabilities[:, column], said.truth[:, column], said.weights)
    return found


def suggested_threshold(probabilities: DoubleArray, truth: DoubleArray, weights: DoubleArray) -> float | None:
    """Return half of the best F1 that can be counted on: the best of the lower ends of its intervals.

    Half of the best F1 there is would be the best threshold for true probabilities and an F1 that is known. The best
    one of a few positives is luck: one of five on top makes it .33, and no other row is ever found that likely
    (decision 0080). Nor is the threshold that happened to have it the best one on other rows.

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
        Below .5; None with fewer than two rows that have the label.

    References
    ----------
    Z. C. Lipton, C. Elkan, B. Naryanaswamy, "Optimal thresholding of classifiers to maximize F1 measure", ECML 2014.

    Examples
    --------
    >>> likely, has = np.linspace(0.99, 0.01, 200), np.arange(200) < 100
    >>> round(suggested_threshold(likely, has.astype(float), np.ones(200)), 3)
    0.491
    >>> round(suggested_threshold(likely[95:105], has[95:105].astype(float), np.ones(10)), 3)
    0.323
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
    all_hits, hits, given = hits[-1], hits[last], given[last]
    at = np.diff(hits, prepend=0.0) > 0  # where no further row has the label, F1 only falls
    return float(least_f1(hits[at], given[at] + all_hits - 2.0 * hits[at]).max() / 2.0)


@dataclass(frozen=True)
class ThresholdScores:
    """Precision, recall and F1 of one label given from ``threshold`` on.

    Parameters
    ----------
    label, support : int
    threshold : float
        A probability.
    precision, recall, f1 : Estimate
    curve : tuple of (recall, precision)
        Of all thresholds there are, at most 60; empty with fewer than five items that have the label.
    """

    label: int
    support: int
    threshold: float
    precision: Estimate
    recall: Estimate
    f1: Estimate
    curve: tuple[tuple[float, float], ...]

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        estimates = {name: getattr(self, name).as_dict() for name in ("precision", "recall", "f1")}
        told = {"label": self.label, "support": self.support, "threshold": self.threshold}
        return told | estimates | {"curve": [list(point) for point in self.curve]}


def at_thresholds(
    probabilities: FloatMatrix | DoubleArray, targets: DoubleArray, thresholds: Sequence[float | None]
) -> list[ThresholdScores]:
    """Measure every label that has a threshold.

    Parameters
    ----------
    probabilities, targets : ndarray of shape (n, k)
    thresholds : sequence of float or None
        Of the k labels.

    Returns
    -------
    list of ThresholdScores

    Examples
    --------
    >>> given = np.array([[0.8, 0.2], [0.7, 0.3], [0.9, 0.1]])
    >>> found = at_thresholds(given, np.eye(2)[[0, 1, 0]], [None, 0.25])
    >>> [(each.label, each.f1.value) for each in found]
    [(1, 1.0)]
    """
    found = []
    for label, threshold in enumerate(thresholds):
        if threshold is None:
            continue
        likely, has = np.asarray(probabilities[:, label], dtype=np.float64), targets[:, label] >= 0.5
        given = likely >= threshold
        hits, n_given, support = float((given & has).sum()), float(given.sum()), int(has.sum())
        f1 = f1_of_label(hits, support - hits, n_given - hits) if support else Estimate(0.0, 0.0, 1.0, 0)
        curve = _curve(likely, has) if support >= TOO_FEW else ()
        scores = share(hits, n_given), share(hits, support), f1
        found.append(ThresholdScores(label, support, float(threshold), *scores, curve))
    return found


def _curve(likely: DoubleArray, has: np.ndarray[Any, np.dtype[np.bool_]]) -> tuple[tuple[float, float], ...]:
    precision, recall, _ = precision_recall(likely, has)
    # a point for each step of recall, the best one; of very many, evenly chosen
    steps = np.flatnonzero(np.diff(recall, prepend=0.0) > 0)
    if steps.size > CURVE_POINTS:
        steps = steps[np.linspace(0, steps.size - 1, CURVE_POINTS).round().astype(int)]
    return tuple((round(float(recall[step]), 4), round(float(precision[step]), 4)) for step in steps)
