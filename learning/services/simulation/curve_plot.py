"""Learning curves as a PNG, drawn with Pillow at twice the resolution of the picture (decision 0020)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SCALE, SHRINK = 4, 2
WIDTH, HEIGHT = 760, 470
LEFT, RIGHT, TOP, FOOT = 66, 150, 70, 62
INK, SOFT, LINE, PAPER = (28, 28, 26), (104, 102, 96), (226, 224, 218), (255, 255, 255)
RANDOM = (120, 118, 112)
COLORS = ((52, 72, 196), (200, 90, 20), (20, 122, 72), (150, 50, 140), (170, 130, 0), (0, 130, 150))
BAND, RANDOM_BAND = 0.16, 0.14


@dataclass(frozen=True)
class Line:
    """One strategy: ``intervals`` bound the mean over seeds, None where so few seeds say nothing."""

    name: str
    labels: Sequence[float]
    mean: Sequence[float]
    intervals: Sequence[tuple[float, float] | None]

    @property
    def is_random(self) -> bool:
        return self.name == "random"


@dataclass(frozen=True)
class Panel:
    """``full`` is the score with every row of the pool labeled."""

    title: str
    lines: Sequence[Line]
    full: float


def save(path: Path, title: str, metric: str, panels: Sequence[Panel]) -> None:
    """Writes the panels side by side. Raises OSError."""
    width, height = WIDTH * SCALE // SHRINK, HEIGHT * SCALE // SHRINK
    picture = Image.new("RGB", (width * len(panels), height), PAPER)
    for number, panel in enumerate(panels):
        part = _Drawing(panel, f"{title}: {panel.title}", metric).picture
        picture.paste(part.resize((width, height), Image.Resampling.LANCZOS), (number * width, 0))
    picture.save(path, "PNG", optimize=True)


class _Drawing:
    """One panel in device pixels; x counts labels, y the score."""

    def __init__(self, panel: Panel, title: str, metric: str) -> None:
        self.picture = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), PAPER)
        self.draw = ImageDraw.Draw(self.picture)
        self.bottom, self.top = _range(panel)
        most = max(max(line.labels) for line in panel.lines)
        self.x_step = nice(most / 6)
        self.x_end = max(most, self.x_step)
        self.text(LEFT, 14, title, 16, INK)
        has_bands = any(ends for line in panel.lines for ends in line.intervals)
        known = "with its 95 % interval" if has_bands else "(too few seeds for an interval)"
        self.text(LEFT, 38, f"{metric} on held-out rows, mean over seeds {known}", 12, SOFT)
        self.axes(panel.full)
        colors = iter(COLORS * 4)
        ends = []
        # random first: the others lie on top of it
        for line in sorted(panel.lines, key=lambda line: not line.is_random):
            color = RANDOM if line.is_random else next(colors)
            self.line(line, color)
            ends.append((self.y(line.mean[-1]), line.name, color))
        self.names(ends)

    def x(self, labels: float) -> float:
        return (LEFT + labels / self.x_end * (WIDTH - LEFT - RIGHT)) * SCALE

    def y(self, score: float) -> float:
        return (HEIGHT - FOOT - (score - self.bottom) / (self.top - self.bottom) * (HEIGHT - FOOT - TOP)) * SCALE

    def text(self, x: float, y: float, text: str, size: int, color: tuple[int, int, int], anchor: str = "la") -> None:
        """``x`` and ``y`` in points."""
        font = ImageFont.load_default(size * SCALE)
        self.draw.text((x * SCALE, y * SCALE), text, font=font, fill=color, anchor=anchor)

    def axes(self, full: float) -> None:
        left, right = LEFT * SCALE, (WIDTH - RIGHT) * SCALE
        step = next(step for step in (0.02, 0.05, 0.1, 0.2, 0.5) if (self.top - self.bottom) / step <= 7)
        for number in range(math.ceil(self.bottom / step - 1e-9), math.floor(self.top / step + 1e-9) + 1):
            y = self.y(number * step)
            self.draw.line([(left, y), (right, y)], fill=LINE, width=SCALE)
            self.text(LEFT - 10, y / SCALE, f"{number * step:.2f}", 12, SOFT, "rm")
        y = self.y(self.bottom)
        self.draw.line([(left, y), (right, y)], fill=SOFT, width=SCALE)
        for number in range(int(self.x_end / self.x_step + 1e-9) + 1):
            labels = number * self.x_step
            self.text(self.x(labels) / SCALE, HEIGHT - FOOT + 10, f"{labels:,.0f}", 12, SOFT, "ma")
        self.text(WIDTH - RIGHT, HEIGHT - FOOT + 32, "labels given", 12, SOFT, "ra")
        self.dashes([(left, self.y(full)), (right, self.y(full))], SOFT, SCALE, on=3, off=5)
        self.text(LEFT + 4, self.y(full) / SCALE - 4, f"{full:.3f} with every row labeled", 11, SOFT, "lb")

    def line(self, line: Line, color: tuple[int, int, int]) -> None:
        points = [(self.x(labels), self.y(score)) for labels, score in zip(line.labels, line.mean, strict=True)]
        known = [(labels, *ends) for labels, ends in zip(line.labels, line.intervals, strict=True) if ends]
        if len(known) > 1:
            upper = [(self.x(labels), self.y(high)) for labels, _, high in known]
            lower = [(self.x(labels), self.y(low)) for labels, low, _ in known]
            mask = Image.new("L", self.picture.size, 0)
            share = RANDOM_BAND if line.is_random else BAND
            ImageDraw.Draw(mask).polygon(upper + lower[::-1], fill=round(255 * share))
            self.picture.paste(Image.new("RGB", self.picture.size, color), mask=mask)
        if len(points) > 1:
            if line.is_random:
                self.dashes(points, color, 2 * SCALE, on=8, off=5)
            else:
                self.draw.line(points, fill=color, width=2 * SCALE, joint="curve")
        if len(points) <= 30:
            for x, y in points:
                radius = 2.5 * SCALE
                self.draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=color)

    def dashes(
        self, points: Sequence[tuple[float, float]], color: tuple[int, int, int], width: int, on: int, off: int
    ) -> None:
        """A dashed line: the pattern goes on over the corners."""
        walked, period = 0.0, (on + off) * SCALE
        for (x0, y0), (x1, y1) in pairwise(points):
            length = math.hypot(x1 - x0, y1 - y0)
            at = 0.0
            while at < length:
                phase = (walked + at) % period
                drawn = phase < on * SCALE
                to = min(length, at + ((on * SCALE - phase) if drawn else (period - phase)) + 1e-6)
                if drawn:
                    a, b = at / length, to / length
                    ends = [(x0 + a * (x1 - x0), y0 + a * (y1 - y0)), (x0 + b * (x1 - x0), y0 + b * (y1 - y0))]
                    self.draw.line(ends, fill=color, width=width)
                at = to
            walked += length

    def names(self, ends: list[tuple[float, str, tuple[int, int, int]]]) -> None:
        """Each line's name at its end, moved apart where they would touch."""
        gap, last = 17.0, -math.inf
        for y, name, color in sorted(ends):
            last = max(y / SCALE, last + gap)
            self.text(WIDTH - RIGHT + 12, last, name.replace("_", " "), 13, color, "lm")


def _range(panel: Panel) -> tuple[float, float]:
    """The scores to show: from the lowest seen, down to the next tenth, up to a little above the highest."""
    shown = [
        score for line in panel.lines for score in (*line.mean, *(end for ends in line.intervals for end in ends or ()))
    ]
    low, high = min(shown), max(panel.full, *shown)
    return max(0.0, math.floor(low * 10) / 10), min(1.02, high + 0.05 * (high - low) + 0.01)


def nice(value: float) -> float:
    """1, 2 or 5 times a power of ten, not below ``value`` and at least 1."""
    power = 10.0 ** max(math.floor(math.log10(max(value, 1.0))), 0)
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= value)
