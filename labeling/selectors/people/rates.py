"""Shares as a card shows them."""

from dataclasses import asdict, dataclass
from typing import Any

from labeling.extensions import installed


@dataclass(frozen=True)
class CountedShare:
    """``count`` of ``n``. The interval is learning's: without it, or where it says nothing, there is none and ``note``
    says why."""

    count: int
    n: int
    low: float | None = None
    high: float | None = None
    note: str = ""

    @property
    def value(self) -> float | None:
        return self.count / self.n if self.n else None

    def as_dict(self) -> dict[str, Any]:
        return {"value": self.value, **asdict(self)}


def counted_share(count: int, n: int) -> CountedShare | None:
    """None of nothing."""
    if not n:
        return None
    low, high, note = installed().share_interval(count, n)
    return CountedShare(count, n, low, high, note)
