"""Waiting for what a worker does: imports, snapshots, runs."""

import time
from collections.abc import Callable
from typing import Any

from querent_client.errors import JobFailed, WaitedTooLong

FINISHED = {"done", "skipped", "failed", "cancelled"}
FIRST_POLL_S, LAST_POLL_S = 0.1, 2.0


def finished(
    what: str, job: Any, read: Callable[[], Any], *, timeout_s: float | None, sleep: Callable[[float], None],
    tell: Callable[[Any], None] = lambda job: None, good: frozenset[str] = frozenset({"done"}),
) -> Any:  # fmt: skip
    """The job once it has ended in a ``good`` state, asked for ever less often. Raises JobFailed and WaitedTooLong."""
    until = None if timeout_s is None else time.monotonic() + timeout_s
    poll_s = FIRST_POLL_S
    tell(job)
    while job["state"] not in FINISHED:
        if until is not None and time.monotonic() >= until:
            raise WaitedTooLong(what, job, timeout_s or 0.0)
        sleep(poll_s)
        poll_s = min(LAST_POLL_S, poll_s * 1.5)
        job = read()
        tell(job)
    if job["state"] not in good:
        raise JobFailed(what, job)
    return job
