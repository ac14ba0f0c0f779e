"""How the difference of two models in one measure is said. Without NumPy: pages need nothing else of the core."""

from __future__ import annotations

from learning.core.evaluation.interval_words import interval_words

#: Measures that are no share of items, and what their difference is of.
_NUMBERS = {"quadratic_kappa": "kappa"}


def difference_words(metric: str, value: float, low: float, high: float, n: int | None) -> str:
    """Return a difference with its interval: of shares in points, of other measures in their own numbers.

    Examples
    --------
    >>> difference_words("accuracy", 0.031, -0.004, 0.066, 100)
    '+3.1 points (−0.4 to +6.6)'
    >>> difference_words("quadratic_kappa", 0.031, -0.004, 0.066, 100)
    '+0.031 of kappa (−0.004 to +0.066)'
    """
    unit, scale, digits = (_NUMBERS[metric], 1, 3) if metric in _NUMBERS else ("", 100, 1)
    known = interval_words(scale * low, scale * high, n, digits, signed=True)
    said = f"{scale * value:+.{digits}f}".replace("-", "−")
    return f"{said} {f'of {unit}' if unit else 'points'} ({known})"
