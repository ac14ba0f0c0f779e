"""How far people agree: what no model measured against their answers can be expected to exceed."""

from __future__ import annotations

import numpy as np

from learning.core.arrays import DoubleArray
from learning.core.evaluation.intervals import Estimate, share


def human_ceiling(agreement: DoubleArray) -> Estimate | None:
    """Return how often one person gives the answer of another, with the exact interval over items.

    Parameters
    ----------
    agreement : ndarray of shape (n,)
        Of each item the share of pairs of people who gave the same answer; NaN where fewer than two have answered.

    Returns
    -------
    Estimate or None
        None where no item has two answers. It is exact for two answers an item and wider than needed for
        more.

    Examples
    --------
    >>> found = human_ceiling(np.array([1.0, 1.0, 0.0, np.nan, 1.0]))
    >>> found.value, found.n
    (0.75, 4)
    """
    known = agreement[~np.isnan(agreement)]
    return share(float(known.sum()), known.size) if known.size else None
