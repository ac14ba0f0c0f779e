"""What giving a label from a suggested probability on is worth, on items that had no part in choosing it.

The thresholds come out of fold from answers of the pool (:mod:`learning.core.learners.own_evidence`) and are measured
here on the eval split, so nothing flatters them and the intervals are those of any share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix
from learning.core.evaluation.interval_words import TOO_FEW
from learning.core.evaluation.intervals import Estimate, share
from learning.core.evaluation.intervals_f1 import f1_of_label
from learning.core.evaluation.intervals_precision import precision_recall

CURVE_POINTS = 60


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
