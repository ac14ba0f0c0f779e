"""When a request is sent again, and how long is waited before."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True)
class Retries:
    """``attempts`` in all, between them ``base_s`` doubled each time up to ``most_s``, of which chance takes a part.

    A server that says ``Retry-After`` is waited for at least as long, but not when it asks for more than ``most_s``:
    then the exception says how long. ``sleep`` and ``rng`` are for tests.
    """

    attempts: int = 6
    base_s: float = 0.5
    most_s: float = 60.0
    sleep: Callable[[float], None] = time.sleep
    rng: random.Random = field(default_factory=random.Random)

    def pause_s(self, attempt: int, retry_after_s: float | None = None) -> float | None:
        """Seconds to wait after the ``attempt``-th (from 1) failed; None when that was the last."""
        if attempt >= self.attempts or (retry_after_s or 0) > self.most_s:
            return None
        full = min(self.most_s, self.base_s * 2.0 ** (attempt - 1))
        return max(retry_after_s or 0.0, full * self.rng.uniform(0.5, 1.0))


def retry_after_s(header: str | None) -> float | None:
    """Seconds of a ``Retry-After``: a number or a date; None for anything else."""
    if not header:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        then = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, (then.replace(tzinfo=then.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
