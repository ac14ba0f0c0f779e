"""Trouble that comes from outside and passes: a full disk, a locked or absent database, a broker that is away.

Whoever meets it does not fail: a request is answered with when to try again, a job is put back and goes on by itself.
"""

import errno
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError
from kombu.exceptions import OperationalError as BrokerError

INSUFFICIENT_STORAGE = 507
SERVICE_UNAVAILABLE = 503


class Cause(StrEnum):
    DISK_FULL = "disk_full"
    BUSY = "busy"
    AWAY = "away"


@dataclass(frozen=True)
class Outage:
    """``words`` are for the person who asked; ``retry_after_s`` is when asking again is worth it."""

    cause: Cause
    status: int
    retry_after_s: int
    words: str

    @property
    def body(self) -> dict[str, Any]:
        """The JSON answer."""
        return {"detail": self.words, "code": self.cause.value, "retry_after_s": self.retry_after_s}


OUTAGES = {
    Cause.DISK_FULL: Outage(
        Cause.DISK_FULL,
        INSUFFICIENT_STORAGE,
        30,
        "The server's disk is full: this was not saved. Somebody has to make room there; then it can be sent again.",
    ),
    Cause.BUSY: Outage(
        Cause.BUSY, SERVICE_UNAVAILABLE, 2, "The server is busy with other work: this was not done. Try again shortly."
    ),
    Cause.AWAY: Outage(
        Cause.AWAY, SERVICE_UNAVAILABLE, 3, "The server cannot reach its data just now. Try again shortly."
    ),
}

_FILE_ERRORS = {
    errno.ENOSPC: Cause.DISK_FULL,
    errno.EDQUOT: Cause.DISK_FULL,
    **dict.fromkeys((errno.EROFS, errno.EIO, errno.ESTALE, errno.EMFILE, errno.ENFILE), Cause.AWAY),
}
#: By the primary result code; see https://www.sqlite.org/rescode.html. What is not here is a mistake of ours.
_SQLITE = {
    5: Cause.BUSY,  # SQLITE_BUSY
    6: Cause.BUSY,  # SQLITE_LOCKED
    7: Cause.AWAY,  # SQLITE_NOMEM
    8: Cause.AWAY,  # SQLITE_READONLY
    9: Cause.BUSY,  # SQLITE_INTERRUPT
    10: Cause.AWAY,  # SQLITE_IOERR
    13: Cause.DISK_FULL,  # SQLITE_FULL
    14: Cause.AWAY,  # SQLITE_CANTOPEN
    15: Cause.BUSY,  # SQLITE_PROTOCOL
}
_SQLITE_IOERR_SHMSIZE = 4874  # a database opened on a full disk: there is no room for its shared memory file
#: By SQLSTATE, else by its class (the first two characters).
_POSTGRESQL = {
    "53100": Cause.DISK_FULL,
    "55P03": Cause.BUSY,  # lock_timeout
    "57014": Cause.BUSY,  # statement_timeout
    "40001": Cause.BUSY,
    "40P01": Cause.BUSY,
    "25006": Cause.AWAY,  # read-only: a standby that is not promoted yet
    "25P03": Cause.AWAY,  # idle in transaction for too long: ended by the server
    "58030": Cause.AWAY,
    "08": Cause.AWAY,
    "53": Cause.AWAY,
    "57": Cause.AWAY,  # the server is stopped, starts or crashed
}


def outage_of(error: BaseException | None) -> Outage | None:
    """The outage behind an error, looked for in what caused it too; None when the error is of another sort."""
    for one in _chain(error):
        cause = _cause_of(one)
        if cause is not None:
            return OUTAGES[cause]
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _cause_of(error: BaseException) -> Cause | None:
    if isinstance(error, DatabaseError | InterfaceError):
        return None if error.__cause__ else _by_words(error)  # else the driver's own error says it better
    if isinstance(error, BrokerError):
        return Cause.AWAY
    if isinstance(error, OSError):
        return _FILE_ERRORS.get(error.errno or 0)
    module = type(error).__module__.partition(".")[0]
    if module == "sqlite3":
        return _by_sqlite(error)
    if module == "psycopg2":
        return _by_postgresql(error)
    if module == "redis" and type(error).__name__ in ("ConnectionError", "TimeoutError", "BusyLoadingError"):
        return Cause.AWAY
    return None


def _by_sqlite(error: BaseException) -> Cause | None:
    code = getattr(error, "sqlite_errorcode", 0)
    return Cause.DISK_FULL if code == _SQLITE_IOERR_SHMSIZE else _SQLITE.get(code & 0xFF)


def _by_postgresql(error: BaseException) -> Cause | None:
    code = getattr(error, "pgcode", None)
    if code:
        return _POSTGRESQL.get(code) or _POSTGRESQL.get(code[:2])
    name, words = type(error).__name__, str(error)
    # psycopg2 has no code for a connection that broke, and three classes of error for it
    broken = name == "InterfaceError" and "connection" in words
    broken |= name == "DatabaseError" and ("no message from the libpq" in words or "closed the connection" in words)
    return Cause.AWAY if name == "OperationalError" or broken else None


def _by_words(error: BaseException) -> Cause | None:
    """Of an error without a driver behind it: Django's own, or one a service raises."""
    if not isinstance(error, OperationalError):
        return Cause.AWAY if isinstance(error, InterfaceError) else None
    return Cause.DISK_FULL if "full" in str(error) else Cause.BUSY
