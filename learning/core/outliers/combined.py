"""One score of a detector and of what no detector in a subspace sees: rows far outside it, and rows of odd length.

A detector compares labels, and noise may lie as far from all of them as from the whole. So two plain measures stand
beside it and speak only where nearly no known row goes: then the row is as unlike as they say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix

#: A measure speaks beyond what this share of the held-out rows stays within.
SILENT_SHARE = 0.99
#: Measures are told apart from their median by at least this: in all variance, or in median lengths. Less is rounding.
_RESOLUTION = 1e-3


@dataclass(frozen=True)
class Measures:
    """What is known of rows besides their place.

    Parameters
    ----------
    near : ndarray of float64, shape (n,)
        A detector's scores.
    outside : ndarray of float64, shape (n,)
        Squared distances from the subspace.
    lengths : ndarray of float64, shape (n,)
        Of the features.
    """

    near: DoubleArray
    outside: DoubleArray
    lengths: DoubleArray


@dataclass(frozen=True)
class Combination:
    """How measures become one score: each is 0 at the median of held-out rows and 1 at its limit.

    Parameters
    ----------
    near, outside, lengths : tuple of float
        Median and distance from there to the limit.
    """

    near: tuple[float, float]
    outside: tuple[float, float]
    lengths: tuple[float, float]

    def score(self, measures: Measures) -> DoubleArray:
        """Return one score a row, shape (n,): the detector's, or more where another measure is beyond its limit."""
        scores = (measures.near - self.near[0]) / self.near[1]
        outside = (measures.outside - self.outside[0]) / self.outside[1]
        lengths = np.abs(measures.lengths - self.lengths[0]) / self.lengths[1]
        beyond = np.maximum(outside, lengths)
        return np.asarray(np.where(beyond > 1.0, np.maximum(scores, beyond), scores))


def combination_of(held_out: Measures, false_share: float) -> Combination:
    """Return the combination that held-out rows speak for.

    Parameters
    ----------
    held_out : Measures
        Of rows the detector was not fitted on.
    false_share : float
        Of known rows that may be flagged; the detector's limit.

    Returns
    -------
    Combination
    """
    middle = float(np.median(held_out.near))
    reach = float(np.quantile(held_out.near, 1.0 - false_share)) - middle
    outside = float(np.median(held_out.outside))
    length = float(np.median(held_out.lengths))
    off = np.abs(held_out.lengths - length)
    return Combination(
        (middle, reach if reach > 0.0 else max(float(np.ptp(held_out.near)), 1e-12)),
        (outside, max(float(np.quantile(held_out.outside, SILENT_SHARE)) - outside, _RESOLUTION)),
        (length, max(float(np.quantile(off, SILENT_SHARE)), _RESOLUTION * length, 1e-12)),
    )


def lengths_of(features: FloatMatrix) -> DoubleArray:
    """Return how long rows are, shape (n,).

    Examples
    --------
    >>> lengths_of(np.array([[3, 4]], np.float32)).tolist()
    [5.0]
    """
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", features, features, dtype=np.float64)))
