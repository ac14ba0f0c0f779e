"""Quantiles and tails of the beta, Student's and the normal distribution, of one number at a time and without SciPy.

What answers requests needs a handful of them for its intervals; SciPy would add tens of megabytes to every web process.
Held to SciPy's to nine digits and more by ``tests/core/test_distributions.py``.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

_TINY, _PRECISION = 1e-300, 1e-16
_MOST_TERMS = 100_000
_CLOSE = 1e-10
normal_quantile = NormalDist().inv_cdf
#: Tails of so few trials are sums.
_FEW_TRIALS = 32
#: Above this, the rest of Stirling's formula is a short series.
_LARGE = 15.0


def beta_cdf(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function: how likely a beta variable is at most ``x``.

    Parameters
    ----------
    x : float
        In [0, 1].
    a, b : float
        Above 0.

    References
    ----------
    NIST Digital Library of Mathematical Functions, 8.17.22, by Lentz's method; C. Loader, "Fast and accurate
    computation of binomial probabilities", 2000, for what stands before the fraction.

    Examples
    --------
    >>> beta_cdf(0.5, 2.0, 2.0), round(beta_cdf(0.1, 1.0, 3.0), 6)
    (0.5, 0.271)
    """
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - _power_term(1.0 - x, x, b, a) * _fraction(1.0 - x, b, a) / b
    return _power_term(x, 1.0 - x, a, b) * _fraction(x, a, b) / a


def binomial_tail(k: int, n: int, p: float) -> float:
    """Return how likely ``k`` or more of ``n`` trials succeed that do so with probability ``p`` each.

    Examples
    --------
    >>> binomial_tail(0, 3, 0.5), binomial_tail(3, 3, 0.5), binomial_tail(4, 3, 0.5)
    (1.0, 0.125, 0.0)
    """
    if k <= 0 or k > n:
        return 1.0 if k <= 0 else 0.0
    if n <= _FEW_TRIALS:  # summed, each term is exact to the last bits, and a power of two at p = 1/2 to the very last
        return min(1.0, math.fsum(math.comb(n, i) * p**i * (1.0 - p) ** (n - i) for i in range(k, n + 1)))
    return beta_cdf(p, float(k), n - k + 1.0)


def _power_term(x: float, y: float, a: float, b: float) -> float:
    """Return ``x**a * y**b / B(a, b)`` with ``y = 1 - x``, without the loss of large logarithms that cancel."""
    n = a + b
    if min(a, b) < _LARGE:
        # of x and y the smaller one is exact
        log_x, log_y = (math.log(x), math.log1p(-x)) if x < y else (math.log1p(-y), math.log(y))
        return math.exp(a * log_x + b * log_y - _log_beta(a, b))
    apart = _deviance(a, n * x) + _deviance(b, n * y)
    return math.sqrt(a / n * b / (2.0 * math.pi)) * math.exp(_rest(n) - _rest(a) - _rest(b) - apart)


def _log_beta(a: float, b: float) -> float:
    """Return the logarithm of the beta function, of which ``a`` or ``b`` is small."""
    small, large = min(a, b), max(a, b)
    n = small + large
    if large < _LARGE:
        return math.lgamma(a) + math.lgamma(b) - math.lgamma(n)
    # lgamma(large) - lgamma(n), by Stirling's formula with the large terms taken together
    gap = -small * math.log(n) - (large - 0.5) * math.log1p(small / large) + small + _rest(large) - _rest(n)
    return math.lgamma(small) + gap


def _rest(x: float) -> float:
    """Return what Stirling's formula for ``log(gamma(x))`` leaves, for ``x`` of 15 and more."""
    inverse = 1.0 / (x * x)
    terms = (1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360360.0)
    total = 0.0
    for term in reversed(terms):
        total = total * inverse + term
    return total / x


def _deviance(x: float, mean: float) -> float:
    """Return ``x * log(x / mean) + mean - x``."""
    gap = (x - mean) / (x + mean)
    if abs(gap) >= 0.1:
        return x * math.log(x / mean) + mean - x
    total, power, square = (x - mean) * gap, 2.0 * x * gap, gap * gap
    for term in range(1, 1000):
        power *= square
        before, total = total, total + power / (2 * term + 1)
        if total == before:
            break
    return total


def _fraction(x: float, a: float, b: float) -> float:
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1.0)
    d = 1.0 / (d if abs(d) > _TINY else _TINY)
    found = d
    for m in range(1, _MOST_TERMS):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0)),
        ):
            c, d = 1.0 + step / c, 1.0 + step * d
            c, d = c if abs(c) > _TINY else _TINY, 1.0 / (d if abs(d) > _TINY else _TINY)
            found *= c * d
        if abs(c * d - 1.0) <= _PRECISION:
            break
    return found


@lru_cache(maxsize=4096)
def beta_quantile(p: float, a: float, b: float) -> float:
    """Return the number below which a beta variable lies with probability ``p``: the inverse of :func:`beta_cdf`.

    Halley's steps within an interval that is halved where they leave it.

    Parameters
    ----------
    p : float
        In [0, 1].
    a, b : float
        Above 0.

    Examples
    --------
    >>> round(beta_quantile(0.025, 8.0, 3.0), 6), round(beta_quantile(0.5, 2.0, 2.0), 6)
    (0.443905, 0.5)
    """
    if p <= 0.0 or p >= 1.0:
        return 0.0 if p <= 0.0 else 1.0
    low, high = 0.0, 1.0
    x = _first_guess(p, a, b)
    for _ in range(200):
        over = beta_cdf(x, a, b) - p
        low, high = (low, x) if over > 0 else (x, high)
        density = _power_term(x, 1.0 - x, a, b) / (x * (1.0 - x))
        step = over / density if density > 0.0 else math.inf
        bend = 1.0 - step * ((a - 1.0) / x - (b - 1.0) / (1.0 - x)) / 2.0
        after = x - step / min(max(bend, 0.5), 2.0)
        if not low < after < high:
            after = (low + high) / 2.0 if low == 0.0 else math.sqrt(low * high)
        if not 0.0 < after < 1.0:  # nearer to the end than any number
            return after
        if abs(after - x) <= _CLOSE * min(after, 1.0 - after) or after in (low, high):
            return after  # the step after this one would be smaller than the last digit
        x = after
    return x


def _first_guess(p: float, a: float, b: float) -> float:
    """Return a number near the quantile (Abramowitz and Stegun, 26.5.22; of small ``a`` or ``b`` by their powers)."""
    if min(a, b) >= 1.0:
        z = -normal_quantile(p)
        shift = (z * z - 3.0) / 6.0
        one, other = 1.0 / (2.0 * a - 1.0), 1.0 / (2.0 * b - 1.0)
        h = 2.0 / (one + other)
        if h + shift > 0.0:
            w = z * math.sqrt(h + shift) / h - (other - one) * (shift + 5.0 / 6.0 - 2.0 / (3.0 * h))
            return min(max(a / (a + b * math.exp(2.0 * min(w, 300.0))), _TINY), 1.0 - 1e-16)
        return a / (a + b)
    left, right = math.exp(a * math.log(a / (a + b))) / a, math.exp(b * math.log(b / (a + b))) / b
    whole = left + right
    if p < left / whole:
        return max(math.pow(a * whole * p, 1.0 / a), _TINY)
    return min(1.0 - math.pow(b * whole * (1.0 - p), 1.0 / b), 1.0 - 1e-16)


def t_cdf(t: float, df: float) -> float:
    """Return how likely Student's t with ``df`` degrees of freedom is at most ``t``.

    Examples
    --------
    >>> round(t_cdf(2.0, 10.0), 6), t_cdf(0.0, 3.0)
    (0.963306, 0.5)
    """
    square = t * t
    if square < df:
        half = beta_cdf(square / (df + square), 0.5, df / 2.0) / 2.0
        return 0.5 + math.copysign(half, t)
    tail = beta_cdf(df / (df + square), df / 2.0, 0.5) / 2.0
    return tail if t < 0 else 1.0 - tail


def t_quantile(p: float, df: float) -> float:
    """Return the number below which Student's t lies with probability ``p`` in (0, 1).

    Examples
    --------
    >>> round(t_quantile(0.975, 10.0), 6), t_quantile(0.5, 10.0)
    (2.228139, 0.0)
    """
    tail = min(p, 1.0 - p)
    if tail < 0.1:  # far out: from the side that is small
        x = beta_quantile(2.0 * tail, df / 2.0, 0.5)
        t = math.sqrt(df * (1.0 - x) / x) if x < 0.5 else None
    else:
        t = None
    if t is None:
        y = beta_quantile(1.0 - 2.0 * tail, 0.5, df / 2.0)
        t = math.sqrt(df * y / (1.0 - y))
    return math.copysign(t, p - 0.5)


def normal_cdf(z: float) -> float:
    """Return how likely a standard normal variable is at most ``z``.

    Examples
    --------
    >>> normal_cdf(0.0), round(normal_cdf(-1.96), 6)
    (0.5, 0.024998)
    """
    return math.erfc(-z / math.sqrt(2.0)) / 2.0
