"""The confidence sequence of a release as a picture: in how many more points the candidate errs, how sure that is."""

import math

from learning.pages.charts import FOOT, HEIGHT, LEFT, POINTS_DRAWN, RIGHT, TOP, Chart, Point, Tick, nice_step

#: Of what is drawn the scale is made by the points from this share of the way on: the first ones say nothing yet.
_SETTLED = 0.25


def release_chart(course: list[list[float]], width: int) -> Chart | None:
    """``course`` as ``Release.course`` keeps it; None before there are two points. Above the level line the candidate
    errs in more, below it in fewer."""
    if len(course) < 2:
        return None
    step = -(-len(course) // POINTS_DRAWN)
    points = course[::-step][::-1]  # the newest among them
    last = points[-1][0]
    settled = [point for point in points if point[0] >= last * _SETTLED] or points
    widest = min(1.0, max(max(abs(low), abs(high)) for _, _, low, high in settled))
    y_step = nice_step(widest * 100 / 2)
    y_end = math.ceil(widest * 100 / y_step) * y_step
    x_step = nice_step(last / (5 if width > 400 else 3))
    x_end = max(math.ceil(last / x_step) * x_step, x_step)

    def x(n: float) -> float:
        return round(LEFT + n / x_end * (width - LEFT - RIGHT), 2)

    def y(difference: float) -> float:
        shown = max(-y_end, min(y_end, difference * 100))
        return round(TOP + (y_end - shown) / (2 * y_end) * (HEIGHT - FOOT - TOP), 2)

    drawn = [
        Point(x(n), y(value), f"{n:,.0f} contents: {value * 100:+.1f} points ({low * 100:+.1f} to {high * 100:+.1f})",
              y(low), y(high), radius=2.5)
        for n, value, low, high in points
    ]  # fmt: skip
    upper = " ".join(f"{point.x},{point.high}" for point in drawn)
    lower = " ".join(f"{point.x},{point.low}" for point in reversed(drawn))
    ticks = [y_end - number * y_step for number in range(round(2 * y_end / y_step) + 1)]
    return Chart(
        width, HEIGHT, LEFT, width - RIGHT, TOP, HEIGHT - FOOT,
        "contents whose answer is known", "more wrong, points",
        [Tick(x(number * x_step), f"{number * x_step:,.0f}") for number in range(round(x_end / x_step) + 1)],
        [Tick(y(tick / 100), f"{tick:+g}".replace("-", "−").replace("+0", "0")) for tick in ticks],
        drawn, " ".join(f"{point.x},{point.y}" for point in drawn), f"{upper} {lower}", y(0.0),
    )  # fmt: skip
