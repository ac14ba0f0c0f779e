"""The column that passes over items need comes to a table that is full, in the middle of a ranking."""

import pytest
from django.db import connection

from config.single_migrations import one_by_one
from labeling.models import Member, Project, QueueEntry
from labeling.services.queue.publish import publish, reserve_epoch
from labeling.services.serving.next_tasks import next_tasks
from tests.factories import UserFactory, make_items, make_project

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]

BEFORE = ("labeling", "0018_kinds_by_name")


def to_newest() -> None:
    executor = one_by_one()
    executor.migrate(executor.loader.graph.leaf_nodes())


@pytest.fixture
def newest_again():
    yield
    to_newest()


def test_people_go_on_in_the_queue_they_were_in(newest_again):
    project = make_project(overlap=2, random_share=0.0)
    items = make_items(project, [str(n) for n in range(3_000)])
    entries = [(item.pk, 1.0, 0.1) for item in items]
    assert publish(project.pk, reserve_epoch(project.pk), entries, "margin", 1, len(items))
    project.refresh_from_db()
    first, second = (UserFactory() for _ in range(2))
    Member.objects.bulk_create(Member(project=project, user=user, role="annotator") for user in (first, second))
    assert {task.item_id for task in next_tasks(first, project, 3)} == {item.pk for item in items[:3]}

    one_by_one().migrate([BEFORE])
    names = [column.name for column in connection.introspection.get_table_description(
        connection.cursor(), QueueEntry._meta.db_table
    )]  # fmt: skip
    assert "slots_taken" not in names
    to_newest()

    project = Project.objects.get(pk=project.pk)
    assert QueueEntry.objects.filter(slots_taken=0).count() == len(items)
    assert {task.item_id for task in next_tasks(second, project, 2)} == {item.pk for item in items[3:5]}
    tasks = next_tasks(first, project, 5)
    assert {task.item_id for task in tasks[3:]} == {item.pk for item in items[5:7]}
