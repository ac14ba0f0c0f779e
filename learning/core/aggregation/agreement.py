"""How well annotators agree, beyond what chance would give."""

from __future__ import annotations

from numpy.typing import ArrayLike

from learning.core.aggregation.votes import count_votes


def krippendorff_alpha(items: ArrayLike, labels: ArrayLike, n_items: int, n_labels: int) -> float | None:
    """Return Krippendorff's alpha for nominal labels.

    Any number of annotators, any pattern of missing answers; items with fewer than two answers say nothing.

    Parameters
    ----------
    items, labels : array_like of int, shape (v,)
        One entry per answer.
    n_items, n_labels : int

    Returns
    -------
    float or None
        1 for perfect agreement, 0 for what chance gives, negative below it. None when undefined: no item has two
        answers, or only one label was ever used.

    References
    ----------
    K. Krippendorff, "Computing Krippendorff's alpha-reliability", 2011.

    Examples
    --------
    >>> krippendorff_alpha([0, 0, 1, 1], [0, 0, 1, 1], 2, 2)
    1.0
    >>> krippendorff_alpha([0, 1], [0, 1], 2, 2) is None
    True
    """
    counts = count_votes(items, labels, n_items, n_labels)
    counts = counts[counts.sum(axis=1) >= 2]
    votes = counts.sum(axis=1)
    total = int(votes.sum())
    per_label = counts.sum(axis=0)
    # Pairs of differing values within items, and over all answers.
    expected = (total**2 - float((per_label**2).sum())) / max(total - 1, 1)
    if expected == 0:
        return None
    observed = float(((votes**2 - (counts**2).sum(axis=1)) / (votes - 1)).sum())
    return float(1.0 - observed / expected)
