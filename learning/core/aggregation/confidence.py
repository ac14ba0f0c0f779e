"""How sure one may be of a consensus: a probability where enough known truth says so, else an order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learning.core.arrays import DoubleArray, sigmoid

#: Items of known truth below which confidence is an order.
LEAST_GOLD = 100
#: No posterior is surer: rules that iterate say .999999 of whatever they came to.
_SUREST = 1e-3
#: Spread of the normal priors of the two parameters: around no shift and a slope of 1.
_SPREAD_SHIFT, _SPREAD_SLOPE = 2.0, 1.0
_STEPS = 50


@dataclass(frozen=True)
class ConfidenceScale:
    """A logistic curve over the log odds of what a rule says.

    Parameters
    ----------
    shift, slope : float
        Slope at least 0: the order stays.
    n : int
        Items of known truth it was fitted on.
    """

    shift: float
    slope: float
    n: int

    def probabilities(self, confidence: DoubleArray) -> DoubleArray:
        """Return how likely a label is right of which a rule is so sure; shape as given, in (0, 1)."""
        return sigmoid(self.shift + self.slope * _log_odds(confidence))


def fit_scale(confidence: DoubleArray, right: DoubleArray) -> ConfidenceScale | None:
    """Fit the curve to items whose truth is known.

    Parameters
    ----------
    confidence : ndarray of shape (n,), in [0, 1]
        Of a rule that did not know the truth of the item.
    right : ndarray of shape (n,), in [0, 1]
        1 where its label is the true one, 1/2 for one of two.

    Returns
    -------
    ConfidenceScale or None
        None where there are fewer than :data:`LEAST_GOLD` items.

    Examples
    --------
    >>> sure, right = np.repeat([0.9, 0.99], 100), np.repeat([1.0, 0.0, 1.0, 0.0], [60, 40, 80, 20])
    >>> fit_scale(sure, right).probabilities(np.array([0.9, 0.99])).round(2).tolist()
    [0.6, 0.8]
    >>> fit_scale(sure[:50], right[:50]) is None
    True
    """
    if len(confidence) < LEAST_GOLD:
        return None
    rows = np.column_stack((np.ones(len(confidence)), _log_odds(confidence)))
    usual, precision = np.array([0.0, 1.0]), np.diag([_SPREAD_SHIFT**-2, _SPREAD_SLOPE**-2])
    found = _newton(rows, right, usual, precision)
    if found[1] < 0:  # the surer the wronger: nothing to order by, one probability for all
        shift = _newton(rows[:, :1], right, usual[:1], precision[:1, :1])[0]
        return ConfidenceScale(float(shift), 0.0, len(confidence))
    return ConfidenceScale(float(found[0]), float(found[1]), len(confidence))


def _newton(rows: DoubleArray, right: DoubleArray, usual: DoubleArray, precision: DoubleArray) -> DoubleArray:
    found = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        said = sigmoid(rows @ found)
        slope = rows.T @ (said - right) + precision @ (found - usual)
        step = np.linalg.solve((rows * (said * (1.0 - said))[:, None]).T @ rows + precision, slope)
        found = found - np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-10:
            break
    return found


def _log_odds(confidence: DoubleArray) -> DoubleArray:
    inside = np.clip(confidence, _SUREST, 1.0 - _SUREST)
    return np.asarray(np.log(inside) - np.log1p(-inside))
