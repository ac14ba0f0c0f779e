"""The database of one machine, copied while people write to it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connections

from config.backup.manifest import BackupRefused

NAME = "database.sqlite3"
COPY_ALIAS = "backup-copy"


def copy_database(target: Path) -> None:
    """Copies the database as it is at one moment. Writers go on meanwhile: in WAL mode a reader holds up nobody.

    In one step: between steps SQLite begins anew whenever another connection has written, so that on a busy server a
    copy in small steps never ends.
    """
    with (
        closing(sqlite3.connect(settings.DATABASES["default"]["NAME"], timeout=60)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode=DELETE")
    check(target)


def check(path: Path) -> None:
    """Raises BackupRefused when SQLite finds the file damaged or a row that refers to nothing."""
    try:
        with closing(sqlite3.connect(path)) as copy:
            found = [row[0] for row in copy.execute("PRAGMA integrity_check(3)")]
            if found != ["ok"]:
                raise BackupRefused(f"{path.name} is damaged: {'; '.join(found)[:300]}")
            if orphan := copy.execute("PRAGMA foreign_key_check").fetchone():
                raise BackupRefused(f"{path.name} is damaged: row {orphan[1]} of {orphan[0]} refers to no {orphan[2]}.")
    except sqlite3.DatabaseError as error:
        raise BackupRefused(f"{path.name} is damaged: {error}") from error


@contextmanager
def opened(path: Path) -> Iterator[str]:
    """An alias under which Django reads the copy."""
    connections.settings[COPY_ALIAS] = {**connections.settings["default"], "NAME": str(path), "OPTIONS": {}}
    try:
        yield COPY_ALIAS
    finally:
        connections[COPY_ALIAS].close()
        del connections[COPY_ALIAS], connections.settings[COPY_ALIAS]


def leave_room(path: Path, gap: int) -> None:
    """No number given since the backup is given again: what a browser still holds of them must not fit another row."""
    with closing(sqlite3.connect(path)) as copy, copy:
        copy.execute("UPDATE sqlite_sequence SET seq = seq + ?", [gap])
