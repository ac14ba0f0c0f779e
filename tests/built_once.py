"""What a fixture builds for the first test of a file is laid out again for the next ones, row by row and file by file.

Only where the keys come out the same, which they do on SQLite in tests whose transaction is taken back. Elsewhere it
is built again.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.db import connection

#: The rows of each table by their rowid, as SQLite keeps them.
Rows = dict[str, dict[int, tuple[Any, ...]]]


@dataclass(frozen=True)
class Built:
    """``found`` are the keys that were there before; ``gone`` those of them that were taken away or changed."""

    found: dict[str, list[int]]
    gone: dict[str, list[int]]
    made: Rows
    files: Path


class Shelf:
    """Keeps what the tests of one file have built."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._of: Path | None = None
        self._built: dict[tuple[str, ...], Built] = {}

    def lay_out(self, file: Path, key: tuple[str, ...], build: Callable[[], object]) -> None:
        """Runs ``build``, or leaves the rows and files that it left in an earlier test of the file."""
        if connection.vendor != "sqlite" or not connection.in_atomic_block:
            build()
            return
        if file != self._of:
            self._of, self._built = file, {}
        columns = _columns()
        before = _rows(columns)
        built = self._built.get(key)
        if built is None or built.found != {table: sorted(rows) for table, rows in before.items()}:
            build()
            self._built[key] = self._kept(before, _rows(columns))
        else:
            _put(built, columns)

    def _kept(self, before: Rows, after: Rows) -> Built:
        files = self._folder / str(len(list(self._folder.iterdir())))
        place = Path(default_storage.location)
        if place.exists():
            shutil.copytree(place, files)
        else:
            files.mkdir()
        gone = {
            table: [key for key, row in rows.items() if after[table].get(key) != row] for table, rows in before.items()
        }
        made = {
            table: {key: row for key, row in rows.items() if before[table].get(key) != row}
            for table, rows in after.items()
        }
        return Built({table: sorted(rows) for table, rows in before.items()}, gone, made, files)


def _columns() -> dict[str, list[str]]:
    with connection.cursor() as cursor:
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        found = {}
        for table in sorted(tables):
            cursor.execute(f"PRAGMA table_info({connection.ops.quote_name(table)})")
            found[table] = [connection.ops.quote_name(row[1]) for row in cursor.fetchall()]
        return found


def _rows(columns: dict[str, list[str]]) -> Rows:
    """With a plus before a column its value comes as it is stored, without what sqlite3 makes of its type."""
    found: Rows = {}
    for table, names in columns.items():
        values = ", ".join(f"+{name}" for name in names)
        cursor = connection.connection.execute(f'SELECT rowid, {values} FROM "{table}"')
        found[table] = {key: tuple(row) for key, *row in cursor}
    return found


def _put(built: Built, columns: dict[str, list[str]]) -> None:
    """Keys are looked up at the end of the transaction only: the order of the tables does not matter."""
    for table, keys in built.gone.items():
        connection.connection.executemany(f'DELETE FROM "{table}" WHERE rowid = ?', [(key,) for key in keys])
    for table, rows in built.made.items():
        places = ", ".join("?" * len(columns[table]))
        statement = f'INSERT INTO "{table}" ({", ".join(columns[table])}) VALUES ({places})'
        connection.connection.executemany(statement, rows.values())
    shutil.copytree(built.files, default_storage.location, dirs_exist_ok=True)
