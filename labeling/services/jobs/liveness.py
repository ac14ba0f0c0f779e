"""Says that this machine's jobs are alive, from beside them: no long computation and no collector of garbage delays it.

The parent of a worker's processes does it for all of them; another process that runs a job does it while it lasts.
"""

import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError, connection

from labeling.db.job_tables import jobs_in
from labeling.models import JobState, WorkerMachine
from labeling.models.process_name import is_alive, machine_name, process_name

log = logging.getLogger(__name__)

BEAT_EVERY_S = 3.0
RETRY_LONGEST_S = 2.0

#: Held during a beat: a child must not be forked while the other thread is inside a database driver.
_beating = threading.Lock()
_FORK_WAITS_S = 1.0


class _ForkGuard:
    """Forks wait for a beat to end, but not for a database that is away."""

    def __init__(self) -> None:
        self._held = False

    def before(self) -> None:
        self._held = _beating.acquire(timeout=_FORK_WAITS_S)

    def after_in_parent(self) -> None:
        if self._held:
            self._held = False
            _beating.release()

    def after_in_child(self) -> None:
        global _beating  # whoever held it is not in this process
        _beating = threading.Lock()
        _heartbeat.__init__(by_parent=_heartbeat.is_on)  # type: ignore[misc]


class Heartbeat:
    """Beats in a thread of its own while anybody wants it to."""

    def __init__(self, *, by_parent: bool = False) -> None:
        self._by_parent = by_parent
        self._wanted = 0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_on(self) -> bool:
        return self._by_parent or self._wanted > 0

    def start(self) -> None:
        with self._lock:
            self._wanted += 1
            if self._wanted == 1 and not self._by_parent:
                self._stop = threading.Event()
                self._thread = threading.Thread(target=_beat_until, args=[self._stop], name="heartbeat", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        with self._lock:
            self._wanted -= 1
            if self._wanted == 0 and self._thread is not None:
                self._stop.set()
                self._thread.join()
                self._thread = None


_heartbeat = Heartbeat()
_guard = _ForkGuard()
os.register_at_fork(before=_guard.before, after_in_parent=_guard.after_in_parent, after_in_child=_guard.after_in_child)

start, stop = _heartbeat.start, _heartbeat.stop


@contextmanager
def kept_alive() -> Iterator[None]:
    """Around a job: somebody says that this machine is alive until it is over.

    Not on SQLite: there all processes see each other, and the beat would wait for the job's own transaction.
    """
    if connection.vendor == "sqlite":
        yield
        return
    start()
    try:
        yield
    finally:
        stop()


def _beat_until(stop: threading.Event) -> None:
    while True:
        with _beating:
            try:
                beat()
            except (DatabaseError, InterfaceError) as error:  # busy or away: the next one may get through
                log.warning("no heartbeat: %s", str(error).strip())
            finally:
                connection.close()  # a connection that is open would be inherited by the next child
        if stop.wait(BEAT_EVERY_S):
            return


def beat() -> None:
    """Notes that this machine is alive, and lets go of what its dead processes held: no other machine can tell."""
    WorkerMachine.objects.beat(machine_name())
    for model in jobs_in(JobState.RUNNING):
        running = model._default_manager.filter(state=JobState.RUNNING, worker__startswith=f"{machine_name()}:")
        for worker in set(running.values_list("worker", flat=True)):
            if not is_alive(worker):
                model._default_manager.all().let_go(worker)  # type: ignore[attr-defined]  # every job has this manager


def let_go_of_everything() -> None:
    """After a job: leaves to others what this process still holds, however long the database is away.

    A job that could not write down its end, because the database went away in that moment, would stay ``running``
    for as long as this process lives.
    """
    wait_s = 0.1
    while True:
        try:
            for model in jobs_in(JobState.RUNNING):
                model._default_manager.all().let_go(process_name())  # type: ignore[attr-defined]
            return
        except (DatabaseError, InterfaceError) as error:
            log.warning("cannot let go of a job yet: %s", str(error).strip())
            connection.close()
            time.sleep(wait_s)
            wait_s = min(RETRY_LONGEST_S, wait_s * 2)
