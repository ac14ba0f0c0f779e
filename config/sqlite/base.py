"""SQLite as Django has it, with a queue for those that want to write: see ``config.web_database``."""

import time
from collections.abc import Sequence
from functools import lru_cache

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from config import web_database
from config.web_database import write_queue

#: Longer statements, with a place for each of many values, are seldom the same twice.
REMEMBERED_CHARS = 8_192


class Cursor(base.SQLiteCursorWrapper):
    """Turns ``%s`` into SQLite's places once a statement: doing so cost as much as running a short one."""

    def convert_query(self, query: str, *, param_names: Sequence[str] | None = None) -> str:
        if param_names is None and len(query) <= REMEMBERED_CHARS:
            return _with_places(query)
        return str(super().convert_query(query, param_names=param_names))


@lru_cache(maxsize=1_024)
def _with_places(query: str) -> str:
    return str(base.FORMAT_QMARK_REGEX.sub("?", query)).replace("%%", "%")


class DatabaseWrapper(base.DatabaseWrapper):
    def create_cursor(self, name: str | None = None) -> Cursor:
        return self.connection.cursor(factory=Cursor)

    def _start_transaction_under_autocommit(self) -> None:
        with write_queue.place() as may_stay:
            if may_stay:
                self._begin()
            else:
                self._begin_while_others_can()

    def _begin(self) -> None:
        super()._start_transaction_under_autocommit()  # type: ignore[misc]  # not in the stubs

    def _begin_while_others_can(self) -> None:
        """Raises OperationalError when nobody got the lock for ``LONG_S``: reads need this thread."""
        (patience_ms,) = self.connection.execute("PRAGMA busy_timeout").fetchone()
        round_ms, left_ms = int(web_database.LONG_S * 1000), patience_ms
        try:
            while True:
                began = time.monotonic()
                self.connection.execute(f"PRAGMA busy_timeout = {min(round_ms, left_ms)}")
                try:
                    return self._begin()
                except OperationalError as error:
                    left_ms -= round_ms
                    if left_ms <= 0:
                        raise
                    if not write_queue.somebody_got_it(since=began):
                        raise OperationalError(web_database.ENOUGH_WAIT) from error
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {patience_ms}")
