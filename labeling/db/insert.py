"""Rows into the database at the speed of the database (decision 0009): executemany on SQLite, COPY on PostgreSQL."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from django.db import connection, models
from django.utils import timezone

_END_OF_COPY = "\n\\."  # before PostgreSQL 18 this ends COPY even inside quotes


def now() -> Any:
    """The present in the form the database driver stores."""
    return connection.ops.adapt_datetimefield_value(timezone.now())


class RawInsert:
    """Inserts tuples of ``fields``; every other column of the model gets its default.

    Values must be in the form of the database: JSON as text, times through ``now``. Constraints hold as always;
    signals and ``save`` are bypassed. ``ignore_conflicts``: a row that a unique constraint refuses is left out.
    """

    def __init__(
        self,
        model: type[models.Model],
        fields: Sequence[str],
        constants: dict[str, Any],
        *,
        ignore_conflicts: bool = False,
    ) -> None:
        meta = model._meta
        by_name = {field.name: field for field in meta.concrete_fields if not field.primary_key or field.name in fields}
        unset = [field for name, field in by_name.items() if name not in fields and name not in constants]
        rest = {**constants, **{field.name: field.get_db_prep_save(field.get_default(), connection) for field in unset}}
        # SQLite takes what is the same in every row from the statement, read once, instead of binding it for each
        inline = [connection.vendor == "sqlite" and isinstance(value, int | None) for value in rest.values()]
        self.tail = tuple(value for value, is_inline in zip(rest.values(), inline, strict=True) if not is_inline)
        of_rest = [
            _literal(value) if is_inline else "%s" for value, is_inline in zip(rest.values(), inline, strict=True)
        ]
        self.marks = ", ".join([*["%s"] * len(fields), *of_rest])
        chosen = [by_name[name] for name in (*fields, *rest)]
        quote = connection.ops.quote_name
        self.ignore_conflicts = ignore_conflicts
        self.table = quote(meta.db_table)
        self.columns = ", ".join(quote(str(field.column)) for field in chosen)
        # in COPY's csv an unquoted empty cell is NULL unless the column is named here
        self.never_null = ", ".join(quote(str(field.column)) for field in chosen if not field.null)

    def __call__(self, rows: Iterable[tuple[Any, ...]]) -> None:
        tail = self.tail
        complete = [(*row, *tail) for row in rows]
        if not complete:
            return
        into = f"INSERT INTO {self.table} ({self.columns}) VALUES "
        with connection.cursor() as cursor:
            if self.ignore_conflicts:  # COPY knows no conflicts: one statement, for each of many would be sent alone
                end = " ON CONFLICT DO NOTHING"
                if connection.vendor == "postgresql":
                    marks = ", ".join([f"({self.marks})"] * len(complete))
                    cursor.execute(into + marks + end, [value for row in complete for value in row])
                else:
                    cursor.executemany(f"{into}({self.marks}){end}", complete)
                return
            if connection.vendor == "postgresql":
                buffer = io.StringIO()
                csv.writer(buffer, lineterminator="\n").writerows(complete)
                if _END_OF_COPY not in buffer.getvalue():
                    buffer.seek(0)
                    options = f"FORMAT csv, FORCE_NOT_NULL ({self.never_null})"
                    cursor.copy_expert(f"COPY {self.table} ({self.columns}) FROM STDIN WITH ({options})", buffer)
                    return
            cursor.executemany(f"{into}({self.marks})", complete)


def _literal(value: int | None) -> str:
    return "NULL" if value is None else str(int(value))


def put_rows(
    model: type[models.Model], fields: Sequence[str], keys: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Inserts tuples of ``fields`` in the form of the database; where a row has these ``keys``, it gets the rest."""
    if not rows:
        return
    quote, meta = connection.ops.quote_name, model._meta
    columns = {name: quote(str(meta.get_field(name).column)) for name in fields}  # type: ignore[union-attr]
    rest = ", ".join(f"{column} = excluded.{column}" for name, column in columns.items() if name not in keys)
    into = f"INSERT INTO {quote(meta.db_table)} ({', '.join(columns.values())}) VALUES "
    conflict = f" ON CONFLICT ({', '.join(columns[name] for name in keys)}) DO UPDATE SET {rest}"
    marks = f"({', '.join(['%s'] * len(fields))})"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # one statement: each of many would be sent and planned alone
            cursor.execute(into + ", ".join([marks] * len(rows)) + conflict, [value for row in rows for value in row])
        else:
            cursor.executemany(into + marks + conflict, rows)


def known(model: type[models.Model], project_id: int, column: str, values: list[str]) -> set[str]:
    """Those of ``values`` that a row of the project has in ``column``: one query however many."""
    quote = connection.ops.quote_name
    among, parameter = among_these(values)
    sql = f"SELECT {quote(column)} FROM {quote(model._meta.db_table)} WHERE project_id = %s AND {quote(column)} {among}"
    with connection.cursor() as cursor:
        cursor.execute(sql, [project_id, parameter])
        return {found for (found,) in cursor.fetchall()}


def among_these(values: list[Any]) -> tuple[str, Any]:
    """The condition that follows a column for "is one of these", and its one parameter: no limit to their number."""
    if connection.vendor == "postgresql":
        return "= ANY(%s)", values
    return "IN (SELECT value FROM json_each(%s))", orjson.dumps(values).decode()
