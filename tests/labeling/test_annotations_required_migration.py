"""The column gets its new name in full tables: no row is written again, and what was true stays a constraint.

The one migration, there and back in the tables of today. What an old home goes through from the first of them to the
newest is in ``tests/upgrade``.
"""

from importlib import import_module

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.state import ProjectState
from django.test.utils import CaptureQueriesContext

from labeling.models import Item, Pair
from labeling.selectors.recount import differences
from tests.factories import make_items, make_project

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]

OPERATIONS = import_module("labeling.migrations.0021_annotations_required").Migration.operations
TABLES = (Item._meta.db_table, Pair._meta.db_table)
REFUSED = [{"slots_taken": 3}, {"extra_slots": 2}, {"slots_taken": 2, "is_open": True}]


def columns(table: str) -> set[str]:
    with connection.cursor() as cursor:
        return {column.name for column in connection.introspection.get_table_description(cursor, table)}


def renamed(way: str) -> None:
    """Every operation is of the database alone, without a look at the models."""
    with connection.schema_editor() as editor:
        for operation in OPERATIONS:
            getattr(operation, way)("labeling", editor, ProjectState(), ProjectState())


@pytest.fixture
def old(transactional_db):
    """Items that two people are to answer, under the old name."""
    project = make_project(overlap=2)
    make_items(project, [str(n) for n in range(500)])
    renamed("database_backwards")
    yield project
    if "slots_total" in columns(TABLES[0]):
        renamed("database_forwards")


def test_the_column_is_renamed_no_row_is_written_again_and_what_no_item_may_be_is_still_refused(old):
    assert all("slots_total" in columns(table) for table in TABLES)
    with CaptureQueriesContext(connection) as ran:
        renamed("database_forwards")
    changing = [query["sql"] for query in ran if any(table in query["sql"] for table in TABLES)]
    assert changing == [f"ALTER TABLE {table} RENAME COLUMN slots_total TO annotations_required" for table in TABLES]
    assert all({"annotations_required"} == columns(table) & {"annotations_required", "slots_total"} for table in TABLES)
    assert set(Item.objects.values_list("annotations_required", flat=True)) == {2}
    assert list(differences(old)) == []
    for wrong in REFUSED:
        with pytest.raises(IntegrityError), transaction.atomic():
            Item.objects.filter(project=old, ordinal=0).update(**wrong)
