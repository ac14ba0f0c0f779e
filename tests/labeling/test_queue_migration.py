"""The column that passes over items need comes to a table that is full, in the middle of a ranking.

The one migration, in the tables of today. What an old home goes through from the first to the newest is in
``tests/upgrade``.
"""

from importlib import import_module

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from labeling.models import Member, Project, QueueEntry
from labeling.services.queue.publish import publish, reserve_epoch
from labeling.services.serving.next_tasks import next_tasks
from tests.factories import UserFactory, make_items, make_project

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]

(ADDED,) = import_module("labeling.migrations.0019_queue_passes_over_items").Migration.operations
TABLE = QueueEntry._meta.db_table


def columns() -> list[str]:
    with connection.cursor() as cursor:
        return [column.name for column in connection.introspection.get_table_description(cursor, TABLE)]


@pytest.fixture
def states():
    """The models without the column and with it; the database has it again afterwards."""
    newest = MigrationLoader(connection).project_state()
    without = newest.clone()
    without.remove_field("labeling", ADDED.model_name_lower, ADDED.name_lower)
    yield without, newest
    if ADDED.name not in columns():
        with connection.schema_editor() as editor:
            ADDED.database_forwards("labeling", editor, without, newest)


def test_people_go_on_in_the_queue_they_were_in(transactional_db, states):
    project = make_project(overlap=2, random_share=0.0)
    items = make_items(project, [str(n) for n in range(600)])
    entries = [(item.pk, 1.0, 0.1) for item in items]
    assert publish(project.pk, reserve_epoch(project.pk), entries, "margin", 1, len(items))
    project.refresh_from_db()
    first, second = (UserFactory() for _ in range(2))
    Member.objects.bulk_create(Member(project=project, user=user, role="annotator") for user in (first, second))
    assert {task.item_id for task in next_tasks(first, project, 3)} == {item.pk for item in items[:3]}

    without, newest = states
    with connection.schema_editor() as editor:
        ADDED.database_backwards("labeling", editor, newest, without)
    assert "slots_taken" not in columns()
    with connection.schema_editor() as editor:
        ADDED.database_forwards("labeling", editor, without, newest)

    project = Project.objects.get(pk=project.pk)
    assert QueueEntry.objects.filter(slots_taken=0).count() == len(items)
    assert {task.item_id for task in next_tasks(second, project, 2)} == {item.pk for item in items[3:5]}
    tasks = next_tasks(first, project, 5)
    assert {task.item_id for task in tasks[3:]} == {item.pk for item in items[5:7]}
