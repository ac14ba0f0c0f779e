"""The index of items while others write: nothing that is committed late is missed, and nothing is counted for ever."""

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F

from labeling.models import Annotation, FacetIndex, Task
from labeling.services.item_index import up_to_date
from tests.concurrency.together import written_and_not_committed
from tests.factories import make_answer, make_items, make_project
from tests.item_views import items_of_view

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
LIMIT_S = 60


def look(project):
    """As somebody would a while after the last one."""
    FacetIndex.objects.filter(project=project).update(updated_at=F("updated_at") - timedelta(seconds=5))
    up_to_date(project)
    index = FacetIndex.objects.get(project=project)
    return index.seen - index.settled, index.since_settled


def settles(project):
    """All is, once every transaction of the server is over that was under way: those of other databases count too."""
    look(project)
    until = time.monotonic() + LIMIT_S
    while FacetIndex.objects.filter(project=project).exclude(settled=F("seen"), since_settled=0).exists():
        assert time.monotonic() < until
        time.sleep(0.05)
        up_to_date(project)
    return True


def test_an_answer_that_is_committed_late_is_found_and_then_all_is_settled(people):
    project = make_project(manager=people.manager)
    items = make_items(project, ["first", "late", "last"])
    make_answer(items[0], people.annotator, {"label": "ham"})
    up_to_date(project)
    assert settles(project)
    if not connection.features.has_select_for_update:  # SQLite's writers take turns, and so do their numbers
        make_answer(items[2], people.annotator, {"label": "ham"})
        up_to_date(project)
        index = FacetIndex.objects.get(project=project)
        assert (index.settled, index.since_settled) == (Annotation.objects.latest("pk").pk, 0)
        return

    def write():
        about = {"project": project, "item": items[1], "annotator": people.annotator}
        task = Task.objects.create(**about, state="answered", reason="random", lease_expires_at=project.created_at)
        Annotation.objects.create(**about, task=task, answer={"label": "spam"})

    with written_and_not_committed(write):
        make_answer(items[2], people.annotator, {"label": "ham"})
        assert look(project)[1] == 1
        assert look(project)[1] == 1, "it is counted again as long as somebody is under way"
        assert [item.pk for item in items_of_view(project, label="spam")] == []
    assert [item.pk for item in items_of_view(project, label="spam")] == [items[1].pk]
    assert settles(project)
