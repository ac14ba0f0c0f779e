"""How an interval is said, and when there is none to say. Without NumPy: pages need nothing else of the core."""

from __future__ import annotations

from math import isfinite

LEVEL = 0.95
STANDARD_ERRORS = 1.959964
"""Half the width of a normal distribution's interval at that level."""
TOO_FEW = 5
"""Below it an interval says more about the method than about the model."""
NO_WIDTH = 1e-9
"""Narrower is the rounding of values that do not differ."""


def around(value: float, standard_error: float) -> tuple[float, float]:
    """Return the ends of a normal distribution's interval.

    Examples
    --------
    >>> [round(end, 3) for end in around(1.0, 0.1)]
    [0.804, 1.196]
    """
    half = STANDARD_ERRORS * standard_error
    return value - half, value + half


def why_no_interval(low: float | None, high: float | None, n: int | None) -> str:
    """Return in words why an interval says nothing; empty when it does.

    Examples
    --------
    >>> why_no_interval(0.2, 0.9, 4), why_no_interval(0.2, 0.9, 5)
    ('too few to say', '')
    """
    if n == 0:
        return "undefined"
    if n is not None and n < TOO_FEW:
        return "too few to say"
    if low is None or high is None or not (isfinite(low) and isfinite(high)) or high - low <= NO_WIDTH:
        return "interval undefined"
    return ""


def number_words(value: float, digits: int = 3, *, signed: bool = False) -> str:
    """Return a number as a person reads it: a real minus sign, and no zero below zero.

    Examples
    --------
    >>> number_words(-0.1166, 2), number_words(-1e-17), number_words(0.25, 1, signed=True)
    ('−0.12', '0.000', '+0.2')
    """
    rounded = round(value, digits) + 0.0  # -0.0 + 0.0 is 0.0
    return f"{rounded:{'+' if signed else ''}.{digits}f}".replace("-", "−")


def interval_words(
    low: float | None, high: float | None, n: int | None, digits: int = 3, *, signed: bool = False, unit: str = ""
) -> str:
    """Return an interval as a person reads it, or in words why there is none.

    Parameters
    ----------
    low, high : float or None
        Equal ends are no interval: a bootstrap of values that do not differ knows nothing.
    n : int or None
        What it was measured on; None when that is not known.
    digits : int
        Behind the point.
    signed : bool
        Of a difference, with its plus signs.
    unit : str
        Said after an interval.

    Returns
    -------
    str

    Examples
    --------
    >>> interval_words(0.81, 0.934, 120), interval_words(1.0, 1.0, 2), interval_words(0.0, 1.0, 0)
    ('0.810 to 0.934', 'too few to say', 'undefined')
    >>> interval_words(-0.1, 0.25, 9, 2), interval_words(0.5, 0.5001, 10_000), interval_words(1.0, 1.0, 50)
    ('−0.10 to 0.25', 'less than 0.001 wide', 'interval undefined')
    """
    none = why_no_interval(low, high, n)
    if none or low is None or high is None:
        return none
    ends = [number_words(end, digits, signed=signed) for end in (low, high)]
    words = f"{ends[0]} to {ends[1]}" if ends[0] != ends[1] else f"less than {10**-digits:.{digits}f} wide"
    return f"{words} {unit}".rstrip()
