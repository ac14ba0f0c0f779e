"""How long a request waits for a database that somebody else has locked: reads must find a thread meanwhile."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from django.db.backends.signals import connection_created

from config.environment import whole_number

LOCK_WAIT_S = 15
#: A process none of whose threads got the lock for so long meets no ordinary writes. One thread may wait longer than
#: a second under load, for SQLite's lock has no queue; that all of them do says that somebody keeps it.
LONG_S = 5.0
ENOUGH_WAIT = "database is locked, and enough requests wait for it already"


class WriteQueue:
    """Once all have waited for the lock in vain for a while, no more than ``places`` threads wait for it.

    The others are told that the database is busy: those who wait already after that while, those who come at once.
    Without a number of places everybody may wait.
    """

    def __init__(self) -> None:
        self.places: int | None = None
        self._since: dict[int, float] = {}
        self._got_at = float("-inf")
        self._lock = threading.Lock()

    @contextmanager
    def place(self) -> Iterator[bool]:
        """Held while waiting; whether it is one of the ``places``. Raises OperationalError when there is none."""
        me, now = threading.get_ident(), time.monotonic()
        with self._lock:
            waiting = self._since
            in_vain_since = max(self._got_at, min(waiting.values(), default=now))
            is_beyond = self.places is not None and len(waiting) >= self.places
            if is_beyond and now - in_vain_since > LONG_S:
                raise OperationalError(ENOUGH_WAIT)
            waiting[me] = now
        try:
            yield not is_beyond
            self._got_at = time.monotonic()
        finally:
            with self._lock:
                self._since.pop(me, None)

    def somebody_got_it(self, since: float) -> bool:
        """Whether a thread of this process has had the lock since that time of the steady clock."""
        return self._got_at > since


write_queue = WriteQueue()


def limit_waits() -> None:
    """For the web process: jobs may wait longer."""
    place: dict[str, Any] = connections.settings[DEFAULT_DB_ALIAS]
    if "sqlite" in place["ENGINE"]:
        place["OPTIONS"]["timeout"] = LOCK_WAIT_S
        write_queue.places = max(1, whole_number("WEB_THREADS", 4, low=1, high=64) // 2)
    else:
        connection_created.connect(_set_lock_timeout)


def _set_lock_timeout(connection: Any, **_: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{LOCK_WAIT_S}s'")
