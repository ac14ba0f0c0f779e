"""Numbers into the geometry of SVG drawings; the templates draw."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from learning.core.evaluation.interval_words import interval_words, number_words
from learning.selectors.estimates import ends

WIDTH, HEIGHT = 560, 240
#: Drawn for a phone's width, so that the letters are not shrunk with the drawing.
NARROW = 330
LEFT, RIGHT, TOP, FOOT = 44, 14, 24, 40
#: More points than this are no line but a smear.
POINTS_DRAWN = 80


@dataclass(frozen=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True)
class Point:
    x: float
    y: float
    title: str
    low: float = 0.0
    high: float = 0.0
    radius: float = 3.5
    label: str = ""


@dataclass(frozen=True)
class Series:
    """One more line with its band; ``name`` ends its class in the stylesheet."""

    name: str
    points: list[Point]
    line: str
    band: str


@dataclass(frozen=True)
class Chart:
    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    x_title: str
    y_title: str
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    points: list[Point]
    line: str
    band: str
    baseline: float | None = None
    others: list[Series] = field(default_factory=list)
    ceiling: float | None = None


def learning_curve_chart(
    points: list[dict[str, Any]], baseline: float | None = None, random: list[dict[str, Any]] | None = None,
    width: int = WIDTH, ceiling: float | None = None, others: Sequence[tuple[str, list[dict[str, Any]]]] = (),
) -> Chart | None:  # fmt: skip
    """The metric over the labels learned from, with its interval as a band; None without a point.

    ``baseline`` and ``ceiling`` are level lines: what a constant answer reaches, and how far people agree.
    ``random`` is a second line: the same metric with as many labels drawn at random; ``others`` are more, by name.
    """
    if not points:
        return None
    further = ([("random", random)] if random else []) + list(others)
    every = [*points, *(point for _, more in further for point in more)]
    lows = [(ends(point) or [point["value"]])[0] for point in every] + [
        level for level in (baseline, ceiling) if level is not None
    ]
    least = math.floor(min(lows) * 10 - 0.2) / 10
    bottom_value = max(0.0, least) if min(lows) >= 0 else max(-1.0, least)  # kappa can be worse than chance
    most = max(point["labels"] for point in every)
    x_step = nice_step(most / (5 if width >= WIDTH else 3))
    x_end = max(math.ceil(most / x_step) * x_step, x_step)

    def x(labels: float) -> float:
        return round(LEFT + labels / x_end * (width - LEFT - RIGHT), 2)

    def y(value: float) -> float:
        return round(HEIGHT - FOOT - (value - bottom_value) / (1 - bottom_value) * (HEIGHT - FOOT - TOP), 2)

    main = _series("active", points, x, y)
    y_step = 0.1 if bottom_value >= 0.5 else 0.2
    n_ticks = round((1 - bottom_value) / y_step)
    values = [1 - number * y_step for number in range(n_ticks + 1)]
    return Chart(
        width, HEIGHT, LEFT, width - RIGHT, TOP, HEIGHT - FOOT,
        "labels learned from", str(points[-1]["metric"]).replace("_", " "),
        [Tick(x(number * x_step), f"{number * x_step:,}") for number in range(round(x_end / x_step) + 1)],
        [
            Tick(y(value), f"{value:.1f}".replace("-0.0", "0.0").replace("-", "−"))
            for value in values if value >= bottom_value - 1e-9
        ],
        main.points, main.line, main.band,
        y(baseline) if baseline is not None else None,
        [_series(name, more, x, y) for name, more in further],
        y(ceiling) if ceiling is not None else None,
    )  # fmt: skip


def setups_chart(named: Sequence[tuple[str, list[dict[str, Any]]]], width: int) -> Chart | None:
    """Learning curves over one another, each a line of its own name."""
    (name, points), *others = named
    ground = learning_curve_chart(points, width=width, others=others)
    if ground is None:
        return None
    first = Series(name, ground.points, ground.line, ground.band)
    return replace(ground, points=[], line="", band="", others=[first, *ground.others])


def _series(
    name: str, points: list[dict[str, Any]], x: Callable[[float], float], y: Callable[[float], float]
) -> Series:
    drawn, known = [], []
    for point in points:
        shown = Point(x(point["labels"]), y(point["value"]), _title(name, point), label=point.get("label", ""))
        if found := ends(point):  # without an interval a point has no band: pinched to the line it would look certain
            shown = replace(shown, low=y(found[0]), high=y(found[1]))
            known.append(shown)
        drawn.append(shown)
    upper = " ".join(f"{point.x},{point.high}" for point in known)
    lower = " ".join(f"{point.x},{point.low}" for point in reversed(known))
    line = " ".join(f"{point.x},{point.y}" for point in drawn)
    return Series(name, drawn, line, f"{upper} {lower}" if len(known) > 1 else "")


def reliability_chart(bins: list[list[float]]) -> Chart | None:
    """How often the model is right when it is so sure: points on the diagonal are honest ones. None without a point."""
    if not bins:
        return None
    side, left, foot, top = 254, 44, 40, 24
    span = side - foot - top

    def place(value: float) -> float:
        return round(value * span, 2)

    most = max(count for _, _, count in bins)
    drawn = [
        Point(
            left + place(confidence), side - foot - place(accuracy),
            f"{confidence:.0%} sure: {accuracy:.0%} right, {int(count):,} answers",
            radius=round(3 + 5 * math.sqrt(count / most), 2),
        )
        for confidence, accuracy, count in bins
    ]  # fmt: skip
    ticks = (0.0, 0.5, 1.0)
    return Chart(
        left + span + 14, side, left, left + span, top, side - foot, "how sure the model is", "how often it is right",
        [Tick(left + place(value), f"{value:.0%}") for value in ticks],
        [Tick(side - foot - place(value), f"{value:.0%}") for value in ticks],
        drawn, f"{left},{side - foot} {left + span},{top}", "",
    )  # fmt: skip


def reliabilities_chart(named: Sequence[tuple[str, list[list[float]]]]) -> Chart | None:
    """The reliability of several models over one another, each a line of its own name. None without a point."""
    every = [point for _, bins in named for point in bins]
    ground = reliability_chart(every)
    if ground is None:
        return None
    drawn, lines = iter(ground.points), []
    for name, bins in named:
        points = [replace(next(drawn), radius=3.5) for _ in bins]
        lines.append(Series(name, points, " ".join(f"{point.x},{point.y}" for point in points), ""))
    return replace(ground, points=[], others=lines)


def precision_recall_chart(scores: dict[str, Any]) -> Chart | None:
    """Precision over recall of a label at all thresholds, the suggested one as a point with its interval of precision.

    ``scores`` as in ``VersionReport.thresholds``; None without a curve.
    """
    curve = scores["curve"]
    if not curve:
        return None
    side, left, foot, top = 254, 44, 40, 24
    span = side - foot - top

    def x(value: float) -> float:
        return round(left + value * span, 2)

    def y(value: float) -> float:
        return round(side - foot - value * span, 2)

    precision, recall = scores["precision"], scores["recall"]
    points = []
    if precision["n"]:
        found = ends(precision)
        title = f"from {scores['threshold']:.2f} on: precision {number_words(precision['value'], 2)} ("
        title += interval_words(precision["low"], precision["high"], precision["n"], 2)
        title += f"), recall {number_words(recall['value'], 2)}"
        point = Point(x(recall["value"]), y(precision["value"]), title, radius=5)
        points = [replace(point, low=y(found[0]), high=y(found[1])) if found else point]
    ticks = (0.0, 0.5, 1.0)
    return Chart(
        left + span + 14, side, left, left + span, top, side - foot, "recall", "precision",
        [Tick(x(value), f"{value:.0%}") for value in ticks], [Tick(y(value), f"{value:.0%}") for value in ticks],
        points, " ".join(f"{x(at)},{y(value)}" for at, value in curve), "",
    )  # fmt: skip


def thinned(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Evenly chosen points of a long curve, the first and the last among them."""
    if len(points) <= POINTS_DRAWN:
        return points
    step = (len(points) - 1) / (POINTS_DRAWN - 1)
    return [points[round(number * step)] for number in range(POINTS_DRAWN)]


def nice_step(value: float) -> int:
    """1, 2 or 5 times a power of ten, at least 1 and not below ``value``."""
    power = 10 ** max(math.floor(math.log10(max(value, 1))), 0)
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= value)


def _title(name: str, point: dict[str, Any]) -> str:
    known = interval_words(point["low"], point["high"], point.get("n"))
    name = f"model {point['number']}" if "number" in point else name
    return f"{name}, {point['labels']:,} labels: {number_words(point['value'])} ({known})"
