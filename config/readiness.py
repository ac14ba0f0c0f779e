"""What ``/readyz`` looks at: each check says what is wrong in one sentence, or nothing."""

import os
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.storage import default_storage
from django.db import Error, transaction

from config import versions
from config.preparation import PROBE, CannotStart, collected_from, mark_of_sources, reach_broker
from labeling.models import SweepRecord
from labeling.selectors import disk
from labeling.services.outages.causes import outage_of
from labeling.services.outages.patience import patience

KEPT_S = 5.0
#: Checks that take longer than this hang, on a network file system for example.
HANGS_AFTER_S = 30.0
LOCK_WAIT_S = 1.0
SWEEP_LATE_S = 60
SWEEPS = ("labeling", "learning")
WRITE_PROBE = "write probe"
#: Every page needs it.
A_STATIC_FILE = "css/tokens.css"


def database() -> str:
    """Writes a row and keeps it: only a commit meets a full disk or a lock."""
    try:
        with patience(LOCK_WAIT_S), transaction.atomic():
            SweepRecord.objects.done(WRITE_PROBE)
    except Error as error:
        outage = outage_of(error)
        why = outage.cause.value.replace("_", " ") if outage else type(error).__name__
        return f"the database cannot be written: {why}"
    return ""


def disk_room() -> str:
    room = disk.measured()
    return f"{room.percent} % of the disk of {_named(room.folder)} is free" if room.is_full else ""


def _named(folder: str) -> str:
    """Who may ask is not known: the last part of a path has to do."""
    return Path(folder).name or folder


def files() -> str:
    """A file can be stored; of an object store only that it answers, since it asks money for more."""
    folder = disk.local_files()
    try:
        if folder is None:
            return "" if default_storage.exists(PROBE) else "files cannot be stored: what the last start stored is gone"
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".probe-") as file:
            file.write(b"\0" * 4096)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return f"files cannot be stored: {error.strerror or type(error).__name__}"
    except Exception as error:  # noqa: BLE001 - whatever an object store's library raises
        return f"files cannot be stored: {type(error).__name__}"
    return ""


def broker() -> str:
    try:
        reach_broker()
    except CannotStart:
        return "the Redis of REDIS_URL does not answer"
    return ""


def sweep() -> str:
    """Without sweeps lost jobs stay lost and leases never end."""
    try:
        sweeps = SweepRecord.objects.filter(name__in=SWEEPS)
        known = sweeps.filter(finished_at__isnull=False).exists()
        late = sorted(sweeps.older_than(SWEEP_LATE_S).values_list("name", flat=True))
    except Error:
        return "the last sweep is not known"
    if not known:
        return "no sweep has run yet: the scheduler or the worker is not there"
    return f"the last sweep is more than {SWEEP_LATE_S} s ago: {', '.join(late)}" if late else ""


def migrations() -> str:
    try:
        applied = versions.applied()
    except Error:
        return "the migrations are not known"
    pending = sorted(versions.known() - applied)
    if pending:
        return f"{len(pending)} migrations are not applied, {'.'.join(pending[0])} is the first: manage.py migrate"
    return versions.newer_than_this_code(applied)


@cache
def _own_mark() -> str:
    """Of the version that this process runs, whatever is put in its place meanwhile."""
    return mark_of_sources()


def static_files() -> str:
    """Those of another version are as bad as none: pages ask for names that are not among them."""
    storage = staticfiles_storage
    if not hasattr(storage, "hashed_files"):
        return ""  # served as they are, while developing
    try:
        there = storage.exists(storage.stored_name(A_STATIC_FILE))  # type: ignore[attr-defined]  # has a manifest
        mark = collected_from()
    except (ValueError, OSError):
        there, mark = False, ""
    if not there:
        return "scripts and styles are not collected on this machine: manage.py prepare"
    if mark and mark != _own_mark():  # ``collectstatic`` by hand leaves no mark
        return "the scripts and styles collected on this machine are of another version: manage.py prepare"
    return ""


CHECKS: dict[str, Callable[[], str]] = {
    "database": database,
    "disk": disk_room,
    "files": files,
    "broker": broker,
    "sweep": sweep,
    "migrations": migrations,
    "static": static_files,
}


@dataclass
class Readiness:
    """Checked at most once in ``KEPT_S`` seconds by one thread of a process: nobody can wear the disk out by asking."""

    checked_at: float = float("-inf")
    wrong: dict[str, str] = field(default_factory=dict)
    busy: threading.Lock = field(default_factory=threading.Lock)

    def report(self) -> dict[str, Any]:
        if time.monotonic() - self.checked_at > KEPT_S:
            never = self.checked_at == float("-inf")
            if self.busy.acquire(blocking=never):
                try:
                    self._check()
                finally:
                    self.busy.release()
        wrong = dict(self.wrong)
        if time.monotonic() - self.checked_at > HANGS_AFTER_S:
            wrong["checks"] = "the checks do not come to an end"
        return {"ready": not wrong, "wrong": wrong, "checks": {name: wrong.get(name, "ok") for name in CHECKS}}

    def _check(self) -> None:
        if time.monotonic() - self.checked_at <= KEPT_S:  # somebody else has just done it
            return
        found = {name: check() for name, check in CHECKS.items()}
        self.wrong = {name: words for name, words in found.items() if words}
        self.checked_at = time.monotonic()


readiness = Readiness()
