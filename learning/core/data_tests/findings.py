"""What a data test says."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from learning.core.arrays import DoubleArray

Outcome: TypeAlias = Literal["pass", "warn", "fail", "skipped"]
"""``warn`` is what a soft test says where a hard one says ``fail``."""

SIGNIFICANT = 1e-3
"""Level of every test that compares distributions, over all comparisons of one run together (Holm)."""


@dataclass(frozen=True)
class Finding:
    """One row of the table.

    Parameters
    ----------
    name : str
        Stable, for programs: ``"labels in set"`` is ``labels_in_set``.
    outcome : {"pass", "warn", "fail", "skipped"}
    hard : bool
        Whether failing stops the run.
    value, limit : float or None
        The number that was looked at and the largest it may be; None when the test was skipped.
    unit : str
        What the number counts; empty for one that only says no (0) or yes (1).
    words : str
        What was found, as one clause.
    advice : str
        What to do about it; empty unless it warns or fails.
    """

    name: str
    outcome: Outcome
    hard: bool
    value: float | None
    limit: float | None
    unit: str
    words: str
    advice: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return asdict(self)


def skipped(name: str, why: str, *, hard: bool = False) -> Finding:
    """Return the row of a test that cannot know.

    Examples
    --------
    >>> skipped("label_balance", "one import only").outcome
    'skipped'
    """
    return Finding(name, "skipped", hard, None, None, "", why)


def judged(name: str, value: float, limit: float, unit: str, words: str, advice: str, *, hard: bool = False) -> Finding:
    """Return a row that passes while ``value`` is at most ``limit``. What is not finite fails.

    Examples
    --------
    >>> judged("labels_in_set", 2, 0, "answers", "2 answers", "add the label", hard=True).outcome
    'fail'
    >>> judged("contents_present", 0.0, 0.01, "of the items", "none is empty", "").outcome
    'pass'
    """
    if value <= limit:
        return Finding(name, "pass", hard, float(value), float(limit), unit, words)
    finite = float(value) if np.isfinite(value) else None
    return Finding(name, "fail" if hard else "warn", hard, finite, float(limit), unit, words, advice)


def holm(p_values: DoubleArray) -> DoubleArray:
    """Adjust p-values for being several (Holm's step-down), without assuming independence.

    Parameters
    ----------
    p_values : ndarray of float64, shape (m,)

    Returns
    -------
    ndarray of float64, shape (m,)
        At most 1, in the order given.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values)
    raised = p_values[order] * (len(p_values) - np.arange(len(p_values)))
    adjusted = np.empty_like(raised)
    adjusted[order] = np.minimum(np.maximum.accumulate(raised), 1.0)
    return adjusted
