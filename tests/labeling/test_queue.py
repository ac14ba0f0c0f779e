"""The queue becomes visible as a whole, and a stale worker cannot publish."""

import pytest
from django.db import connection

from labeling.models import Epoch, Project, QueueEntry, Split
from labeling.services.queue.publish import publish, reserve_epoch
from tests.factories import make_items

pytestmark = pytest.mark.django_db


def entries(items, propensity=0.1):
    return [(item.pk, 1.0 - n / 10_000, propensity) for n, item in enumerate(items)]


def test_publishing_switches_the_epoch(project):
    items = make_items(project, ["a", "b", "c"])
    number = reserve_epoch(project.pk)
    assert publish(project.pk, number, entries(items), "margin", 7, 3)
    project.refresh_from_db()
    assert project.epoch == number == 1
    epoch = Epoch.objects.get()
    assert (epoch.strategy, epoch.model_version, epoch.pool_size) == ("margin", 7, 3)
    assert [entry.item_id for entry in epoch.entries.order_by("rank")] == [item.pk for item in items]


def test_a_stale_worker_cannot_publish(project):
    items = make_items(project, ["a", "b"])
    stale, fresh = reserve_epoch(project.pk), reserve_epoch(project.pk)
    assert publish(project.pk, stale, entries(items), "margin", 1, 2) is False
    assert publish(project.pk, fresh, entries(items), "margin", 2, 2) is True
    assert publish(project.pk, stale, entries(items), "margin", 1, 2) is False
    assert [epoch.number for epoch in Epoch.objects.all()] == [fresh]
    assert QueueEntry.objects.count() == 2


def test_a_worker_fenced_off_while_it_writes_leaves_nothing(project, monkeypatch):
    from labeling.services.queue import publish as queue

    items = make_items(project, ["a", "b"])
    number = reserve_epoch(project.pk)
    insert = queue._insert

    def insert_and_be_overtaken(epoch, rows):
        insert(epoch, rows)
        reserve_epoch(project.pk)

    monkeypatch.setattr(queue, "_insert", insert_and_be_overtaken)
    assert publish(project.pk, number, entries(items), "margin", 1, 2) is False
    assert not Epoch.objects.exists()
    assert not QueueEntry.objects.exists()
    assert Project.objects.get().epoch == 0


def test_publishing_twice_is_harmless(project):
    items = make_items(project, ["a"])
    number = reserve_epoch(project.pk)
    assert publish(project.pk, number, entries(items), "margin", 1, 1)
    assert publish(project.pk, number, entries(items), "margin", 1, 1)
    assert QueueEntry.objects.count() == 1


def test_a_number_nobody_reserved_is_refused(project):
    assert publish(project.pk, 5, entries(make_items(project, ["a"])), "margin", 1, 1) is False


def test_old_entries_go_and_epochs_stay(project):
    items = make_items(project, [str(n) for n in range(20)])
    for _ in range(4):
        assert publish(project.pk, reserve_epoch(project.pk), entries(items), "margin", 1, 20)
    assert Epoch.objects.count() == 4
    assert set(QueueEntry.objects.values_list("epoch__number", flat=True)) == {3, 4}


def test_what_is_published_while_another_cleans_up_stays(project):
    """Between the look at which epochs are the newest and the removal, somebody publishes: worst on PostgreSQL."""
    items = make_items(project, ["a", "b", "c"])
    overtaken = []

    def overtake(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if "DESC LIMIT 2" in sql and not overtaken:
            overtaken.append(reserve_epoch(project.pk))
            assert publish(project.pk, overtaken[0], entries(items), "margin", 2, 3)
        return result

    with connection.execute_wrapper(overtake):
        assert publish(project.pk, reserve_epoch(project.pk), entries(items), "margin", 1, 3)
    assert Project.objects.get().epoch == overtaken[0]
    assert QueueEntry.objects.filter(epoch__number=overtaken[0]).count() == 3


@pytest.mark.parametrize(
    "bad",
    [
        lambda pk: [(pk, float("nan"), 0.1)],
        lambda pk: [(pk, float("inf"), 0.1)],
        lambda pk: [(pk, 1.0, 0.0)],
        lambda pk: [(pk, 1.0, 1.1)],
        lambda pk: [(pk, 1.0, float("nan"))],
        lambda pk: [(pk, 1.0, 0.1), (pk, 0.9, 0.1)],
        lambda pk: [(pk + 1000, 1.0, 0.1)],
    ],
)
def test_bad_entries_are_refused(project, bad):
    (item,) = make_items(project, ["a"])
    with pytest.raises(ValueError, match=r"Utilities|twice|pool"):
        publish(project.pk, reserve_epoch(project.pk), bad(item.pk), "margin", 1, 1)
    assert Project.objects.get().epoch == 0


def test_eval_items_are_never_ranked(project):
    (item,) = make_items(project, ["a"], Split.EVAL)
    with pytest.raises(ValueError, match="pool"):
        publish(project.pk, reserve_epoch(project.pk), entries([item]), "margin", 1, 1)


def test_an_empty_ranking_is_a_ranking(project):
    assert publish(project.pk, reserve_epoch(project.pk), [], "margin", 1, 0)
    assert Project.objects.get().epoch == 1


def test_two_thousand_entries_are_a_few_statements(project, django_assert_max_num_queries):
    """How long they take is printed by benchmarks/label_to_ranking.py (step publish)."""
    items = make_items(project, [str(n) for n in range(2000)])
    rows = entries(items)
    for _ in range(3):
        number = reserve_epoch(project.pk)
        with django_assert_max_num_queries(20):
            assert publish(project.pk, number, rows, "margin", 1, 2000)
