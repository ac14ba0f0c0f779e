"""Numbers into the geometry of small SVG drawings; the templates draw, nothing here knows a request."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Meter:
    """A share drawn as a bar of 100 units: ``width`` is 0 to 100, ``percent`` what a person reads."""

    width: float
    percent: str

    @classmethod
    def of(cls, part: float, whole: float) -> "Meter":
        """Never rounds up to 100 % while something is left, nor down to 0 % once something is done."""
        share = min(max(part / whole, 0.0), 1.0) if whole > 0 else 0.0
        text = f"{share:.0%}"
        if 0 < share < 0.005:
            text = "<1%"
        elif 0.995 <= share < 1:
            text = ">99%"
        return cls(width=round(100 * share, 2), percent=text.replace("%", " %"))


@dataclass(frozen=True)
class ChartColumn:
    x: float
    y: float
    width: float
    height: float
    title: str
    tick: str = ""
    middle: float = 0.0


@dataclass(frozen=True)
class GridLine:
    y: float
    text: str


@dataclass(frozen=True)
class ColumnChart:
    """Columns over an axis, in the units of the viewBox ``width`` x ``height``."""

    width: int
    height: int
    left: int
    bottom: float
    columns: list[ChartColumn]
    lines: list[GridLine]


def column_chart(
    bars: list[tuple[str, str, int]], ticks_every: int, width: int = 440, height: int = 170
) -> ColumnChart:
    """Columns for ``(title, tick, value)``; every ``ticks_every``-th tick is written, counted from the newest."""
    top, left, foot = 8, 40, 24
    most = nice_ceiling(max((value for _, _, value in bars), default=0))
    scale = (height - foot - top) / most
    slot = (width - left) / max(len(bars), 1)
    columns = [
        ChartColumn(
            x=round(left + n * slot + slot * 0.12, 2),
            y=round(height - foot - value * scale, 2),
            width=round(slot * 0.76, 2),
            height=round(value * scale, 2),
            title=title,
            tick=tick if (len(bars) - 1 - n) % ticks_every == 0 else "",
            middle=round(left + (n + 0.5) * slot, 2),
        )
        for n, (title, tick, value) in enumerate(bars)
    ]
    lines = [GridLine(y=round(height - foot - value * scale, 2), text=f"{value:,}") for value in (0, most // 2, most)]
    return ColumnChart(width, height, left, height - foot, columns, lines)


def nice_ceiling(value: float) -> int:
    """The smallest even step of 2, 4, 6, 8, 10, 12, 16 or 20 times a power of ten that is not below ``value``."""
    power = 1
    while 20 * power < value:
        power *= 10
    return next(step * power for step in (2, 4, 6, 8, 10, 12, 16, 20) if step * power >= value)
