"""Migrations one by one, where a fresh database takes the squashed ones: an old backup ends between two of them."""

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader


class SingleMigrations(MigrationLoader):
    """Without what replaces others that are still there."""

    def load_disk(self) -> None:
        super().load_disk()
        there = set(self.disk_migrations)
        self.disk_migrations = {
            key: found
            for key, found in self.disk_migrations.items()
            if not found.replaces or not there >= {*found.replaces}
        }


def one_by_one() -> MigrationExecutor:
    """An executor to which a squashed migration is unknown, whether it is applied or not."""
    executor = MigrationExecutor(connection)
    executor.loader = SingleMigrations(connection)
    return executor
