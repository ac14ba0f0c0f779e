"""Numbers of a pairwise project into the geometry of SVG drawings; the templates draw.

A strip is one line of a chart, drawn in shares of its own width: the words beside it are HTML, so that it can be read
at any width.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from learning.core.evaluation.interval_words import interval_words, why_no_interval
from learning.families.pairwise.shapes import ItemStrength, RankingPoint, Rate
from learning.pages.charts import Tick, nice_step
from learning.selectors.estimates import ends

EDGE = 3.0
MOST_HALF_WIDTH = 12.0
STEPS = (0.25, 0.5, 1.0, 2.0, 4.0)


@dataclass(frozen=True)
class Mark:
    """A value with its interval, in percent of the strip's width; without one where it says nothing."""

    at: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Strip:
    """The scale that all lines of a chart share."""

    low: float
    high: float
    ticks: list[Tick]
    middle: float | None = None

    def at(self, value: float) -> float:
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(EDGE + share * (100 - 2 * EDGE), 2)

    def mark(self, value: float, low: float | None, high: float | None, n: int | None = None) -> Mark:
        if low is None or high is None or why_no_interval(low, high, n):
            return Mark(self.at(value), None, None)
        return Mark(self.at(value), self.at(low), self.at(high))

    def rate(self, rate: Rate) -> Mark:
        return self.mark(rate.value, rate.low, rate.high, rate.n)


def score_strip(scores: Iterable[ItemStrength]) -> Strip:
    """Log-odds around 0, wide enough for every interval of a reasonable width."""
    ends = [abs(end) for score in scores for end in (score.score, score.low, score.high) if end is not None]
    reach = min(max([*ends, 0.5]), MOST_HALF_WIDTH)
    step = next(step for step in STEPS if reach <= 3 * step)
    n = math.ceil(reach / step - 1e-9)
    strip = Strip(-n * step, n * step, [])
    ticks = [Tick(strip.at(k * step), _signed(k * step)) for k in range(-n, n + 1)]
    return Strip(strip.low, strip.high, ticks, strip.at(0.0))


def share_strip(low: float = 0.0, middle: float | None = None) -> Strip:
    """Shares from ``low`` to 1; ``middle`` is what would be expected."""
    step = 0.25 if low < 0.5 else 0.1
    return _strip_to_1(low, step, lambda value: f"{value:.0%}".replace("%", " %"), middle)


def kappa_strip(lowest: float) -> Strip:
    """A coefficient of agreement, which is no share: from 0 to 1, and from -1 where ``lowest`` is below 0."""
    return _strip_to_1(-1.0, 0.5, _signed, middle=0.0) if lowest < 0 else _strip_to_1(0.0, 0.25, "{:g}".format)


def _strip_to_1(low: float, step: float, words: Callable[[float], str], middle: float | None = None) -> Strip:
    strip = Strip(low, 1.0, [])
    values = [low + k * step for k in range(round((1.0 - low) / step) + 1)]
    ticks = [Tick(strip.at(value), words(value)) for value in values]
    return Strip(low, 1.0, ticks, None if middle is None else strip.at(middle))


def _signed(value: float) -> str:
    text = f"{abs(value):g}"
    return f"−{text}" if value < 0 else f"+{text}" if value > 0 else "0"


@dataclass(frozen=True)
class PairSeries:
    """One arm: its line, the band of its intervals, its points and the name at its end."""

    arm: str
    line: str
    band: str
    points: list[tuple[float, float, str]]


@dataclass(frozen=True)
class ArmsChart:
    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    series: list[PairSeries]
    ceiling: float | None


WIDTH, HEIGHT, LEFT, RIGHT, TOP, FOOT = 560, 240, 48, 14, 26, 40


def arms_chart(points: Sequence[RankingPoint], ceiling: Rate | None) -> ArmsChart | None:
    """Accuracy on held-out pairs over the number of judgments, a line an arm; None without a point."""
    if not points:
        return None
    x_step = nice_step(max(point.judgments for point in points) / 5)
    x_end = max(math.ceil(max(point.judgments for point in points) / x_step), 1) * x_step
    known = [point for point in points if ends(vars(point.accuracy))]
    floor = min(
        [point.accuracy.low for point in known]
        + [point.accuracy.value for point in points]
        + ([ceiling.value] if ceiling else [])
    )
    y_low = max(0.0, math.floor(floor * 10) / 10)

    def x(judgments: int) -> float:
        return round(LEFT + judgments / x_end * (WIDTH - LEFT - RIGHT), 2)

    def y(value: float) -> float:
        return round(HEIGHT - FOOT - (value - y_low) / (1 - y_low) * (HEIGHT - FOOT - TOP), 2)

    step = 0.1 if y_low >= 0.5 else 0.2
    values = [1 - step * k for k in range(round((1 - y_low) / step) + 1) if 1 - step * k >= y_low - 1e-9]
    return ArmsChart(
        WIDTH, HEIGHT, LEFT, WIDTH - RIGHT, TOP, HEIGHT - FOOT,
        [Tick(x(k * x_step), f"{k * x_step:,}") for k in range(round(x_end / x_step) + 1)],
        [Tick(y(value), f"{value:.0%}".replace("%", " %")) for value in values],
        [_series(arm, [p for p in points if p.arm == arm], x, y) for arm in _arms(points)],
        y(ceiling.value) if ceiling else None,
    )  # fmt: skip


def _arms(points: Sequence[RankingPoint]) -> list[str]:
    return sorted({point.arm for point in points})  # active before random


def _series(
    arm: str, points: Iterable[RankingPoint], x: Callable[[int], float], y: Callable[[float], float]
) -> PairSeries:
    points = sorted(points, key=lambda point: point.judgments)
    known = [point for point in points if ends(vars(point.accuracy))]
    upper = [f"{x(p.judgments)},{y(p.accuracy.high)}" for p in known]
    lower = [f"{x(p.judgments)},{y(p.accuracy.low)}" for p in reversed(known)]
    return PairSeries(
        arm,
        " ".join(f"{x(p.judgments)},{y(p.accuracy.value)}" for p in points),
        " ".join(upper + lower) if len(known) > 1 else "",
        [(x(p.judgments), y(p.accuracy.value), _title(p)) for p in points],
    )


def _title(point: RankingPoint) -> str:
    rate = point.accuracy
    return (
        f"{point.arm}, {point.judgments:,} judgments: {rate.value:.3f} ({interval_words(rate.low, rate.high, rate.n)})"
    )
