"""Points of a learning curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from learning.core.evaluation.report import Evaluation


@dataclass(frozen=True)
class CurvePoint:
    """A metric of the model that was trained on ``labels`` answers chosen by ``arm``."""

    labels: int
    metric: str
    value: float
    low: float
    high: float
    arm: str

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as the REST contract names them."""
        return {
            "labels": self.labels,
            "metric": self.metric,
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "arm": self.arm,
        }


def curve_point(evaluation: Evaluation, labels: int, arm: str, metric: str = "") -> CurvePoint:
    """Read one point of a learning curve off an evaluation.

    Parameters
    ----------
    evaluation : Evaluation
    labels : int
        Answers the model was trained on.
    arm : str
        How they were chosen, e.g. ``"active"`` or ``"random"``.
    metric : str
        The kind's first one when empty: ``accuracy`` or ``exact_match``.

    Returns
    -------
    CurvePoint

    Raises
    ------
    KeyError
        If the evaluation has no such metric.

    Examples
    --------
    >>> import numpy as np
    >>> from learning.core.evaluation.report import evaluate
    >>> found = evaluate(np.eye(2), np.eye(2), kind="classification", rng=np.random.default_rng(0))
    >>> curve_point(found, 20, "active").value
    1.0
    """
    name = metric or next(iter(evaluation.metrics))
    estimate = evaluation.metrics[name]
    return CurvePoint(labels, name, estimate.value, estimate.low, estimate.high, arm)
