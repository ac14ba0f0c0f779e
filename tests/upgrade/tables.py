"""``python -m tests.upgrade.tables``: the tables of a database as JSON; the order of columns is not looked at."""

import json
import re
import sys
from typing import Any

Tables = dict[str, dict[str, Any]]


def tables() -> Tables:
    """By table: columns, constraints and indexes, each with its definition."""
    from django.db import connection

    read = _of_sqlite if connection.vendor == "sqlite" else _of_postgresql
    with connection.cursor() as cursor:
        names = [
            name for name in connection.introspection.table_names(cursor) if name.startswith(("labeling_", "learning_"))
        ]
        found: Tables = json.loads(
            json.dumps({name: read(cursor, name) for name in names})
        )  # as the other side's comes
        return found


def _of_sqlite(cursor: Any, table: str) -> dict[str, Any]:
    cursor.execute(f'PRAGMA table_info("{table}")')
    columns = sorted(tuple(map(str, row[1:])) for row in cursor.fetchall())
    cursor.execute(f'PRAGMA foreign_key_list("{table}")')
    references = sorted(tuple(map(str, row[2:])) for row in cursor.fetchall())
    cursor.execute("SELECT type, name, sql FROM sqlite_master WHERE tbl_name = %s AND sql IS NOT NULL", [table])
    made = {f"{kind} {name}": re.sub(r"\s+", " ", sql) for kind, name, sql in cursor.fetchall()}
    whole = made.pop(f"table {table}")
    return {
        "columns": columns,
        "references": references,
        "made": made,
        "constraints": sorted(re.findall(r'CONSTRAINT "(\w+)"', whole)),
    }


def _bare(definition: str) -> str:
    """Without the casts and brackets, of which there are more once a column has been made longer."""
    return re.sub(r"::(character varying|text)(\[\])?|[()]", "", definition)


def _of_postgresql(cursor: Any, table: str) -> dict[str, Any]:
    cursor.execute(
        "SELECT column_name, data_type, character_maximum_length, is_nullable, column_default"
        " FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = %s ORDER BY 1",
        [table],
    )
    columns = [tuple(map(str, row)) for row in cursor.fetchall()]
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = %s", [table]
    )
    indexes = {name: _bare(definition) for name, definition in cursor.fetchall()}
    cursor.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass", [f'"{table}"']
    )
    constraints = {name: _bare(definition) for name, definition in cursor.fetchall()}
    cursor.execute(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal ORDER BY 1", [f'"{table}"']
    )
    triggers = [name for (name,) in cursor.fetchall()]
    return {"columns": columns, "indexes": indexes, "constraints": constraints, "triggers": triggers}


if __name__ == "__main__":
    import os

    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    json.dump(tables(), sys.stdout)
