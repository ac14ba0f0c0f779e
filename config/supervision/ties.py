"""What a new process does before its work: die with its parent, and say in ``ps`` what it is."""

import ctypes
import os
import sys
from collections.abc import Callable
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
#: Places of ``arg_start`` and ``arg_end`` in /proc/self/stat, after the name in brackets.
_ARG_START, _ARG_END = 45, 46


def tie_to(parent: int, orphan_signal: int) -> Callable[[], None]:
    """For the new process: the kernel sends it the signal when its parent has ended."""

    def tie() -> None:
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, orphan_signal)
        if os.getppid() != parent:  # it died before the line above took hold
            os._exit(1)

    return tie


def name_process(title: str) -> None:
    """In place of the command line this process was started with, as far as there is room; for people who look on."""
    if _libc is None:
        return
    _libc.prctl(_PR_SET_NAME, title.replace(": ", "-").encode()[:15])
    facts = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    start, end = int(facts[_ARG_START]), int(facts[_ARG_END])
    if start and end > start + 1:
        room = end - start - 1  # a zero stays at the end: without it the kernel reads on into the environment
        ctypes.memmove(start, title.encode()[:room].ljust(room, b"\0"), room)
