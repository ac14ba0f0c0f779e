"""What is left is in others' hands: it is waited for, and by nobody who holds anything else."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from labeling.models import Item, Split
from labeling.services.serving.next_tasks import next_tasks
from tests.concurrency.test_serving import assert_counts_are_true, team
from tests.factories import make_items, make_project

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
LIMIT_S = 60


class Holder(threading.Thread):
    """Holds an item until it is told to let go, and takes its only slot before if it is told to."""

    def __init__(self, item: Item):
        super().__init__()
        self.item, self.takes, self.pid = item, False, 0
        self.holds, self.lets_go = threading.Event(), threading.Event()

    def run(self):
        try:
            with transaction.atomic():
                Item.objects.select_for_update(no_key=True).get(pk=self.item.pk)
                self.pid = pid_here()
                self.holds.set()
                assert self.lets_go.wait(LIMIT_S)
                if self.takes:
                    Item.objects.filter(pk=self.item.pk).update(slots_taken=1, is_open=False)
        finally:
            connection.close()

    def end(self, *, takes: bool):
        self.takes = takes
        self.lets_go.set()
        self.join(LIMIT_S)


@contextmanager
def held(*items):
    holders = [Holder(item) for item in items]
    for holder in holders:
        holder.start()
        assert holder.holds.wait(LIMIT_S)
    try:
        yield holders
    finally:
        for holder in holders:
            holder.end(takes=holder.takes)


def pid_here() -> int:
    return connection.connection.info.backend_pid


def the_one_waited_for(holders):
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute("SELECT unnest(pg_blocking_pids(pid)) FROM pg_stat_activity")
            pids = {pid for (pid,) in cursor.fetchall()}
        if found := [holder for holder in holders if holder.pid in pids]:
            return found[0]
        time.sleep(0.05)
    raise AssertionError("nobody waits")


def ask(user, project):
    try:
        return next_tasks(user, project)
    finally:
        connection.close()


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no locks of rows")
@pytest.mark.parametrize("taken_again", [False, True])
def test_who_waits_for_a_row_holds_none_that_others_could_wait_for(taken_again):
    project = make_project(eval_share=0.5)
    (user,) = team(project, 1)
    items = make_items(project, ["eval"], Split.EVAL) + make_items(project, ["pool"])
    with held(*items) as holders, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, user, project)
        first = the_one_waited_for(holders)
        first.end(takes=True)
        holders.remove(first)
        second = the_one_waited_for(holders)
        with transaction.atomic():  # raises at once where somebody holds it
            Item.objects.select_for_update(no_key=True, nowait=True).get(pk=first.item.pk)
        second.end(takes=taken_again)
        assert [task.item_id for task in asked.result(LIMIT_S)] == ([] if taken_again else [second.item.pk])
    if not taken_again:
        Item.objects.filter(pk=first.item.pk).update(slots_taken=0, is_open=True)
        assert_counts_are_true(project)
