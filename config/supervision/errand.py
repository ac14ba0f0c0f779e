"""Work that is done once, beside the programs, in a copy of this process: what it loads leaves with it."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from contextlib import suppress

from config.supervision.program import tie_to


class Errand:
    """Begins at once; ``is_done`` however it ended. ``stop`` ends it: the work must bear being cut short."""

    def __init__(self, work: Callable[[], object]) -> None:
        # the way of multiprocessing, not a bare fork: Celery's connections are made anew after it
        self._process = multiprocessing.get_context("fork").Process(
            target=_run, args=(work, tie_to(os.getpid(), signal.SIGKILL)), daemon=True
        )
        self._process.start()

    @property
    def is_done(self) -> bool:
        return not self._process.is_alive()

    def stop(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()
        self._process.join()


def _run(work: Callable[[], object], tie: Callable[[], None]) -> None:
    tie()
    signal.set_wakeup_fd(-1)  # the supervisor's, as are the handlers
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    work()
