"""What is done again and again, and the loop that does it: ``manage.py scheduler``.

Several schedulers do no harm: sweeps claim what they touch, and a job is sent by whichever scheduler claims its turn.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import close_old_connections, connection
from django.utils.module_loading import import_string

from labeling.models import SweepRecord
from labeling.services.jobs.enqueue import enqueue

log = logging.getLogger(__name__)

DAY_S = 24 * 60 * 60.0


@dataclass(frozen=True)
class Work:
    """Either ``call``, done by every scheduler itself (quick, harmless twice at once), or ``job``, sent to the workers
    once in ``every_s`` seconds whatever the number of schedulers and however often they start."""

    name: str
    every_s: float
    call: str = ""
    job: str = ""


#: Daily work is one line with a ``job``.
SCHEDULE = (
    Work("labeling", 2.0, call="labeling.services.housekeeping.sweep.sweep_labeling"),
    Work("runs", 2.0, call="learning.services.runs.sweep.sweep_runs"),
    Work("housekeeping", DAY_S, job="labeling.housekeeping"),
    Work("production", 10.0, call="learning.services.feedback.sweep.sweep_production"),
    Work("callers", 30.0, call="learning.services.monitoring.callers.sweep_callers"),
    Work("releases", 10.0, call="learning.services.release.sweep.sweep_releases"),
    Work("learning", 10.0, call="learning.services.runs.sweep.sweep_learning"),
)

#: How often a scheduler asks whether the turn of a job has come: restarts do not bring it forward.
ASK_EVERY_S = 60.0


class Scheduler:
    """Does each work when it is due; what fails is logged and tried again at its next turn."""

    def __init__(self, schedule: Iterable[Work] = SCHEDULE, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._due = dict.fromkeys(schedule, steady())

    def run(self, stop: threading.Event) -> None:
        while not stop.wait(max(0.0, min(self._due.values()) - self._steady())):
            self.turn()

    def turn(self) -> None:
        """Does what is due now."""
        now = self._steady()
        for work in [work for work, due in self._due.items() if due <= now]:
            self._do(work)
            self._due[work] = self._steady() + (min(work.every_s, ASK_EVERY_S) if work.job else work.every_s)

    def _do(self, work: Work) -> None:
        close_old_connections()
        try:
            if work.call:
                sweep: Callable[[], Any] = import_string(work.call)
                sweep()
            elif SweepRecord.objects.claim(work.name, work.every_s):
                enqueue(work.job)
        except Exception:  # whatever it was, the other sweeps go on; this one has its next turn
            log.exception("%s failed, next try in %.0f s", work.name, work.every_s)
            connection.close()
