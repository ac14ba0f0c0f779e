"""``python -m tests.upgrade.transport OLD.sqlite3``: rows of an old SQLite database into the empty one of DATABASE_URL.

The tables are those the old code had: migrated to where the old database is, and no further.
"""

import os
import sys
from typing import Any

BATCH_ROWS = 1000


def main(path: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    from django.db import connection, connections, transaction
    from django.db.migrations.recorder import MigrationRecorder

    from config.single_migrations import one_by_one

    default = connections.settings["default"]
    connections.settings["old"] = {**default, "ENGINE": "django.db.backends.sqlite3", "NAME": path, "OPTIONS": {}}
    had = sorted(
        dict(sorted(MigrationRecorder(connections["old"]).applied_migrations())).items()
    )  # the last of each app
    executor = one_by_one()
    executor.migrate(had)
    models: Any = executor.loader.project_state(had).apps.get_models(include_auto_created=True)
    with transaction.atomic():
        for model in models:
            old = model._base_manager.using("old").order_by("pk")
            model._base_manager.bulk_create(old.iterator(), batch_size=BATCH_ROWS)
    from django.core.management.color import no_style

    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


if __name__ == "__main__":
    main(sys.argv[1])
