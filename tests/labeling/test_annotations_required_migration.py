"""The column gets its new name in full tables: no row is written again, and what was true stays a constraint."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from config.single_migrations import one_by_one
from labeling.models import Item, Pair
from labeling.selectors.recount import differences
from tests.factories import make_items, make_project
from tests.labeling.test_queue_migration import to_newest

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]

BEFORE, AFTER = ("labeling", "0020_room_for_names"), ("labeling", "0021_annotations_required")
TABLES = (Item._meta.db_table, Pair._meta.db_table)


@pytest.fixture
def old(transactional_db):
    """Items that two people are to answer, under the old name."""
    project = make_project(overlap=2)
    make_items(project, [str(n) for n in range(500)])
    one_by_one().migrate([BEFORE])
    yield project
    to_newest()


def columns(table: str) -> set[str]:
    with connection.cursor() as cursor:
        return {column.name for column in connection.introspection.get_table_description(cursor, table)}


def test_the_column_is_renamed_and_no_row_is_written_again(old):
    assert all("slots_total" in columns(table) for table in TABLES)
    with CaptureQueriesContext(connection) as ran:
        one_by_one().migrate([AFTER])
    changing = [query["sql"] for query in ran if any(table in query["sql"] for table in TABLES)]
    assert changing == [f"ALTER TABLE {table} RENAME COLUMN slots_total TO annotations_required" for table in TABLES]
    assert all({"annotations_required"} == columns(table) & {"annotations_required", "slots_total"} for table in TABLES)
    to_newest()
    assert set(Item.objects.values_list("annotations_required", flat=True)) == {2}
    assert list(differences(old)) == []


@pytest.mark.parametrize("wrong", [{"slots_taken": 3}, {"extra_slots": 2}, {"slots_taken": 2, "is_open": True}])
def test_what_no_item_may_be_is_still_refused(old, wrong):
    to_newest()
    with pytest.raises(IntegrityError), transaction.atomic():
        Item.objects.filter(project=old, ordinal=0).update(**wrong)
