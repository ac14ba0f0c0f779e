"""Work that is done once, beside the programs, in a copy of this process."""

import signal
from collections.abc import Callable

from config.supervision.copy import Copy


class Errand:
    """Begins at once; ``is_done`` however it ended. ``stop`` ends it: the work must bear being cut short."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._copy = Copy(work, signal.SIGKILL, ends_with_us=True)

    @property
    def is_done(self) -> bool:
        return self._copy.poll() is not None

    def stop(self) -> None:
        self._copy.kill()
        self._copy.wait()
