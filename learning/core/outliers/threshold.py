"""From which score a row is an outlier: a conformal quantile of scores of rows the detector was not fitted on.

Source: V. Vovk, A. Gammerman, G. Shafer, "Algorithmic learning in a random world", 2005; how far the share of false
flags strays with few rows: V. Vovk, "Conditional validity of inductive conformal predictors", ACML 2012.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from learning.core.arrays import DoubleArray
from learning.core.evaluation.intervals import Estimate, share_above

#: Fewer held-out scores say nothing: of 40 the share that is flagged may already be anywhere from .6 to 13 %.
LEAST_ROWS = 40


@dataclass(frozen=True)
class Threshold:
    """Rows with a higher score are flagged.

    Parameters
    ----------
    value : float
    false_flags : Estimate
        The share of further known rows that it flags: its mean, and between which values it lies in 95 of 100 draws of
        as many held-out rows.
    """

    value: float
    false_flags: Estimate


def conformal_threshold(held_out: DoubleArray, false_share: float, least_rows: int = LEAST_ROWS) -> Threshold | None:
    """Return the smallest held-out score that flags at most a share of further known rows, on average over draws.

    Parameters
    ----------
    held_out : ndarray of float64, shape (n,)
        Scores of known rows, from detectors fitted without them.
    false_share : float
        Above 0, below 1.
    least_rows : int

    Returns
    -------
    Threshold or None
        None with fewer rows than ``least_rows``, or too few to keep to such a share at all.

    Examples
    --------
    >>> found = conformal_threshold(np.arange(99.0), 0.05)
    >>> found.value, round(found.false_flags.value, 3), round(found.false_flags.high, 3)
    (94.0, 0.05, 0.1)
    >>> conformal_threshold(np.arange(39.0), 0.05) is None
    True
    """
    n = held_out.size
    # the rounding keeps 100 * .95 from being 95.00000000000001
    rank = math.ceil(round((n + 1) * (1.0 - false_share), 9))
    if n < least_rows or rank > n:
        return None
    return Threshold(float(np.partition(held_out, rank - 1)[rank - 1]), share_above(rank, n))
