"""Trouble as the real drivers report it: a database that is locked by somebody else, or has no room."""

import errno
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, connections

from labeling.services.outages.patience import patience


@contextmanager
def locked(table: str) -> Iterator[None]:
    """Another connection holds the write lock (SQLite) or the table (PostgreSQL); nobody here waits long for it."""
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN IMMEDIATE" if connection.vendor == "sqlite" else "BEGIN")
            if connection.vendor == "postgresql":
                cursor.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
            held.set()
            let_go.wait(60)
            cursor.execute("ROLLBACK")
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(60)
    try:
        with patience(0.05):
            yield
    finally:
        let_go.set()
        holder.join()


@contextmanager
def full_database() -> Iterator[None]:
    """Whatever needs another page of the SQLite database meets "database or disk is full"."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # or pages that earlier rows left would be used first
        cursor.execute("PRAGMA page_count")
        (pages,) = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages}")
        try:
            yield
        finally:
            cursor.execute("PRAGMA max_page_count = 1073741823")


def no_space(*args: Any, **kwargs: Any) -> Any:
    raise OSError(errno.ENOSPC, "No space left on device")
