"""A copy of this process for some work: what was loaded before is shared, what it loads leaves with it."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

from config.supervision.ties import name_process, tie_to

#: The supervisor's handlers, which the copy must not run; a signal that comes meanwhile waits.
HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)


def can_copy() -> bool:
    """Elsewhere than on Linux system libraries may not bear a fork without an exec."""
    return sys.platform == "linux"


class Copy:
    """Begins at once, in a process group of its own. Has what the supervisor asks of a ``subprocess.Popen``.

    ``ends_with_us``: it is ended, not waited for, when this process comes to its end.
    This process must have no other thread of Python and no open connection of a database when it is made.
    """

    def __init__(
        self, work: Callable[[], object], orphan_signal: signal.Signals, *, title: str = "", ends_with_us: bool = False
    ) -> None:
        # the way of multiprocessing, not a bare fork: Celery's connections are made anew after it
        self._process = multiprocessing.get_context("fork").Process(
            target=_run, args=(work, tie_to(os.getpid(), orphan_signal), title), daemon=ends_with_us
        )
        before = signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self.pid = self._process.pid or 0
        with suppress(ProcessLookupError, PermissionError):
            os.setpgid(self.pid, self.pid)  # here too: a signal to the group may be sent before the copy has run

    def poll(self) -> int | None:
        """The exit code once it has ended, the negative number of the signal that ended it."""
        return self._process.exitcode

    def terminate(self) -> None:
        with suppress(ProcessLookupError):
            self._process.terminate()

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()

    def wait(self) -> None:
        self._process.join()


def _run(work: Callable[[], object], tie: Callable[[], None], title: str) -> None:
    tie()
    with suppress(PermissionError):
        os.setpgid(0, 0)
    signal.set_wakeup_fd(-1)  # the supervisor's, as are the handlers
    for number in HANDLED:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)
    if title:
        name_process(title)
    work()
