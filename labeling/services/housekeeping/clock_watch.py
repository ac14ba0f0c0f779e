"""Whether the database's clock goes on evenly: somebody may put it back or forward while people hold leases."""

import logging
import time
from collections.abc import Callable

from labeling.models.clock import database_now
from labeling.models.worker_machine import MACHINE_SILENT_AFTER_S
from labeling.services.serving.leases import move_leases

log = logging.getLogger(__name__)

#: What the database's clock may gain or lose between two looks without being said to have jumped.
EVEN_WITHIN_S = 5.0
#: Looks that lie further apart saw nothing in between: the database was away, or this process stood still.
BLIND_AFTER_S = MACHINE_SILENT_AFTER_S / 2


def steady_s() -> float:
    """Seconds that nobody sets, time asleep included where the system counts it."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class ClockWatch:
    """Compares the database's clock with one that only goes forward, from look to look."""

    def __init__(self, steady: Callable[[], float] = steady_s) -> None:
        self._steady = steady
        self._last: tuple[float, float] | None = None
        self._patient_until = float("-inf")

    @property
    def trusts_silence(self) -> bool:
        """Whether a heartbeat's age says something: after a jump or a pause every worker gets time for the next one."""
        return self._steady() >= self._patient_until

    def look(self) -> int:
        """Moves the open leases along with a clock that has jumped; by how many seconds it did, 0 for none."""
        before = self._steady()
        told = database_now().timestamp()
        now = self._steady()
        last, self._last = self._last, (now, told)
        if last is None:
            return 0
        passed = now - last[0]
        jump = told - last[1] - passed
        if abs(jump) <= EVEN_WITHIN_S + (now - before):
            jump = 0.0
        if jump or passed > BLIND_AFTER_S:
            self._patient_until = now + MACHINE_SILENT_AFTER_S
        if jump:
            moved = move_leases(jump, noticed_within_s=passed + EVEN_WITHIN_S)
            log.warning("the database's clock jumped by %.0f s: %s open leases moved along", jump, moved)
        return round(jump)
