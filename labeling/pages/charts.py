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
