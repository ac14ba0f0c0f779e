"""The constant cost of serving is a plan: an index seek that stops after a few rows, on both databases."""

import pytest
from django.db import connection, transaction

from benchmarks.serving_pool import build
from labeling.db.statistics import count_anew
from labeling.models import Epoch, Item, Member, Split, Task
from labeling.services.serving import known, queue_pass
from labeling.services.serving.next_tasks import next_tasks
from labeling.services.serving.sources import GIVEN_PAIRS, ITEMS, uniform, walk

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


def lay_out(state: str) -> None:
    """20,000 items, five of them asked of somebody."""
    build(20_000, 1)
    if state == "as imported":
        count_anew(Item)  # the end of an import
    items = Item.objects.all()
    if state.endswith("open"):
        items.update(is_open=False)
    if state.startswith("analysed"):
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    items.update(is_open=True)
    member = Member.objects.select_related("user", "project").get()
    next_tasks(member.user, member.project, 5)


@pytest.fixture(scope="module", params=["as imported", "analysed", "analysed when nothing was open"])
def pool(request, django_db_setup, django_db_blocker):
    """Stands in a transaction below those of the tests, which only look."""
    with django_db_blocker.unblock(), transaction.atomic():
        lay_out(request.param)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def member(pool, db):
    """The annotator of the pool, who holds five questions."""
    return Member.objects.select_related("user", "project").get()


def plan_of(prepared, *values, **constants):
    """The plan of a prepared statement; on PostgreSQL with the rows that were really read."""
    queryset = prepared._build(*values, **constants)
    options = {"analyze": True, "costs": False} if connection.vendor == "postgresql" else {}
    return queryset.explain(**options)


@pytest.mark.parametrize("split", list(Split))
@pytest.mark.parametrize("without", [(), (1, 2, 3)])
def test_the_walk_reads_a_few_index_entries(member, split, without):
    who = (member.project_id, member.user_id)
    for statement, position in ((walk._onward, 2**40), (walk._around, 2**61)):
        plan = plan_of(statement, *who, position, *without, source=ITEMS, stream=split, pictures=False, count=5)
        assert "item_walk" in plan, plan
        assert "Sort" not in plan, plan
        assert "TEMP B-TREE" not in plan, plan
        assert "Hash" not in plan, plan


@pytest.mark.parametrize("size", [uniform.SIZES[0], uniform.SIZES[-1]])
def test_a_random_draw_is_so_many_index_seeks(member, size):
    who, drawn = (member.project_id, member.user_id), range(100, 100 + size)
    plan = plan_of(uniform._at, *who, *drawn, source=ITEMS, pictures=False)
    assert "item_ordinal_once" in plan or "(project_id=? AND ordinal=?)" in plan, plan
    assert "item_walk" not in plan, plan
    assert "Seq Scan on labeling_item" not in plan, plan
    plan = plan_of(uniform._these, member.user_id, *drawn, source=ITEMS, pictures=False)
    assert "labeling_item_pkey" in plan or "INTEGER PRIMARY KEY (rowid=?)" in plan, plan
    plan = plan_of(uniform._free_in, *who, 2**40, 2**63 - 1, source=ITEMS, length=size)
    assert "item_walk" in plan, plan
    assert "Sort" not in plan, plan
    assert "TEMP B-TREE" not in plan, plan


def test_a_random_given_pair_is_so_many_index_seeks(member):
    who, drawn = (member.project_id, member.user_id), range(100, 116)
    plan = plan_of(uniform._at, *who, *drawn, source=GIVEN_PAIRS, pictures=False)
    by_id = "pair_in_order_of_project (project_id=? AND id=?", "labeling_pair USING INTEGER PRIMARY KEY (rowid=?)"
    assert connection.vendor == "postgresql" or any(index in plan for index in by_id), plan
    assert "pair_given_walk" not in plan, plan


def test_what_a_person_knows_is_counted_over_the_persons_own_tasks(member):
    plan = plan_of(known._count, member.project_id, member.user_id, source=ITEMS)
    assert "item_walk" not in plan, plan
    assert "Seq Scan on labeling_item" not in plan, plan


def test_the_queue_is_read_by_a_window_of_ranks(member):
    plan = plan_of(
        queue_pass._head, Epoch.objects.get().pk, member.user_id, 3, 55, 0, source=ITEMS, count=5, pictures=False
    )
    assert "queue_rank_once" in plan or "(epoch_id=? AND rank>? AND rank<?)" in plan, plan
    assert "TEMP B-TREE" not in plan, plan


def test_open_tasks_and_overdue_leases_have_small_indexes(member):
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")  # five tasks fit one page: any plan is as good
    assert "task_open_of_annotator" in Task.objects.open_for(member.user).filter(project=member.project_id).explain()
    assert "task_lease" in Task.objects.overdue().order_by("lease_expires_at")[:5].explain()
