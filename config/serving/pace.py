"""How slow a client may be: never still for longer than its patience, never slower than a rate for long."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """``patience_s`` without a byte end a connection, and so does being ``patience_s`` behind the rate."""

    patience_s: float = 30.0
    bytes_per_s: int = 1024


class Pace:
    """The time a client has left. A byte earns what it takes at the lowest rate; more than the patience is never kept,
    so that a fast start buys no long standstill."""

    __slots__ = ("at", "left_s", "limits")

    def __init__(self, limits: Limits, now: float) -> None:
        self.limits = limits
        self.left_s = limits.patience_s
        self.at = now

    def moved(self, n_bytes: int, now: float) -> bool:
        """Counts the time since the last call and the bytes moved in it; False when the client was too slow."""
        self.left_s += self.at - now
        self.at = now
        if self.left_s <= 0:
            return False
        self.left_s = min(self.limits.patience_s, self.left_s + n_bytes / self.limits.bytes_per_s)
        return True

    def goes_on(self, now: float) -> None:
        """The time since the last call was ours, not the client's."""
        self.at = now
