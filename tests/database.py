"""A test database is migrated once a run: what one process has made, the others copy, and so do homes of real servers.

Migrations cost seconds of a core, and nothing tells the copy from what they make; that they do make it, the first
process sees, and the first start of ``manage.py up`` (``tests/ops/test_up.py``).
"""

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.db import connection
from django.test.utils import setup_databases, teardown_databases

#: Set by ``tests.postgres``, whose server ends with the run: what is left in another one would have to be taken away.
OWN_POSTGRES = "OWN_POSTGRES"


@contextmanager
def one_process_at_a_time(folder: Path) -> Iterator[None]:
    with (folder / "database.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Template:
    """The migrated database without a row of ours: a file, or a database of the same PostgreSQL."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "migrated.sqlite3"
        self._made = folder / "database.made"

    @contextmanager
    def test_database(self) -> Iterator[None]:
        """The test database of this process; once it is there it is the template, unless there was one."""
        with one_process_at_a_time(self.folder):
            there = self._copied()
            databases = setup_databases(
                verbosity=0, interactive=False, aliases={"default"}, serialized_aliases=set(), keepdb=there
            )
            if not there:
                self._keep()
        yield
        teardown_databases(databases, verbosity=0)

    def home(self, folder: Path) -> Path:
        """The folder, with the database that a first start would make there; none where the tests run on another."""
        folder.mkdir(parents=True)
        if self.file.exists():
            shutil.copyfile(self.file, folder / "querent.sqlite3")
        return folder

    def _copied(self) -> bool:
        if not self._made.exists():
            return False
        name = connection.creation._get_test_db_name()
        if connection.vendor == "sqlite":
            for rest in ("-wal", "-shm"):
                Path(name + rest).unlink(missing_ok=True)
            shutil.copyfile(self.file, name)
        else:
            with connection._nodb_cursor() as cursor:
                cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
                cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE migrated')
        return True

    def _keep(self) -> None:
        name = connection.settings_dict["NAME"]
        if connection.vendor == "sqlite":
            with closing(sqlite3.connect(name)) as database:
                database.execute("VACUUM INTO ?", [str(self.file)])
        elif os.environ.get(OWN_POSTGRES):
            connection.close()  # nobody may be in what is copied
            with connection._nodb_cursor() as cursor:
                cursor.execute("DROP DATABASE IF EXISTS migrated")
                cursor.execute(f'CREATE DATABASE migrated TEMPLATE "{name}"')
        else:
            return
        self._made.touch()
