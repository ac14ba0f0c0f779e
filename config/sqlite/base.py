"""SQLite as Django has it, with a queue for those that want to write: see ``config.web_database``."""

from django.db.backends.sqlite3 import base

from config.web_database import write_queue


class DatabaseWrapper(base.DatabaseWrapper):
    def _start_transaction_under_autocommit(self) -> None:
        with write_queue.place():
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # not in the stubs
