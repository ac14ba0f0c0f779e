"""The planner of PostgreSQL knows of an import when it ends, not when autovacuum has come by."""

import pytest
from django.db import connection

from labeling.services.imports import run, run_import, start_import

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.mark.parametrize(("many", "counted"), [(12, True), (13, False)])
def test_many_new_rows_are_counted_when_the_import_ends(project, people, monkeypatch, many, counted):
    monkeypatch.setattr(run, "MANY_ROWS", many)
    rows = [{"text": f"text {n}", "split": "pool"} for n in range(12)]
    seen = []
    with connection.execute_wrapper(lambda execute, sql, *more: (seen.append(sql), execute(sql, *more))[1]):
        told = run_import(start_import(people.manager, project, rows=rows).pk)
    assert told["accepted"] == 12
    expected = ['ANALYZE "labeling_item"', 'ANALYZE "labeling_pair"']
    assert [sql for sql in seen if "ANALYZE" in sql] == (
        expected if counted and connection.vendor == "postgresql" else []
    )
