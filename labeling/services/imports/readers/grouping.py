"""Records about one item that stand anywhere in a file, brought together in a file of SQLite: memory stays flat."""

import pickle
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from labeling.services.imports.foreign.base import Record, Told
from labeling.services.imports.records.rows import Rejection

_ROWS_AT_ONCE = 1_000


def grouped(found: Iterable[Told | Record | Rejection]) -> Iterator[Told | Record | Rejection]:
    """In the order in which items come first; columns are those of an item's first record, answers those of all."""
    with tempfile.TemporaryDirectory() as folder:
        database = sqlite3.connect(Path(folder) / "records")
        try:
            # nobody reads it after a crash
            database.executescript(
                "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE;"
                "CREATE TABLE told (place INTEGER PRIMARY KEY, item TEXT, content BLOB);"
            )
            database.executemany(
                "INSERT INTO told VALUES (?, ?, ?)",
                (
                    (place, (one.key if isinstance(one, Told) else "") or f"\0{place}", pickle.dumps(one))
                    for place, one in enumerate(found)
                ),
            )
            # without it every item would be looked for in all records
            database.execute("CREATE INDEX told_of_item ON told (item, place)")
            rows = database.execute(
                "SELECT t.item, t.content FROM (SELECT item, MIN(place) first FROM told GROUP BY item) i"
                " CROSS JOIN told t ON t.item = i.item ORDER BY i.first, t.place"
            )
            rows.arraysize = _ROWS_AT_ONCE
            for _, group in groupby(rows, key=itemgetter(0)):
                yield _together(pickle.loads(content) for _, content in group)
        finally:
            database.close()


def _together(group: Iterable[Told | Record | Rejection]) -> Told | Record | Rejection:
    first, *others = group
    if isinstance(first, Told):
        for other in others:
            assert isinstance(other, Told)
            first.answers += other.answers
            for name, value in other.record.items():
                first.record.setdefault(name, value)
    return first
