"""One ``up`` for each QUERENT_HOME."""

import fcntl
import os
import time
from pathlib import Path

LEFTOVER_WAIT_S = 10.0


class AlreadyRunning(Exception):
    """Another ``up`` serves this home."""


def lock_home(home: Path) -> int:
    """Locks the home for this process; returns the descriptor, which children inherit.

    Since children hold the lock too, it is free only when the last of them is gone: after a kill -9 of ``up`` the next
    start waits the moment they need, and never meets their database or Redis half open. Raises AlreadyRunning.
    """
    descriptor = os.open(home / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + LEFTOVER_WAIT_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            owner = os.pread(descriptor, 20, 0).decode().strip()
            if _is_alive(owner) or time.monotonic() > deadline:
                os.close(descriptor)
                raise AlreadyRunning(f"Querent already runs on {home} (process {owner or 'unknown'}).") from None
            time.sleep(0.05)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def _is_alive(pid: str) -> bool:
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
