"""Gives back what nobody answered in time."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import BooleanField, Case, F, Q, Value, When
from django.utils import timezone

from labeling.models import Item, ItemStatus, Task, TaskState
from labeling.services.tasks.slots import move_progress

BATCH_TASKS = 200


def expire_overdue() -> int:
    """Expires open tasks whose lease ran out, in bounded transactions; returns how many. May run twice at once."""
    total = 0
    while True:
        batch = Task.objects.overdue().order_by("lease_expires_at").values_list("project_id", "pk")[:BATCH_TASKS]
        by_project = defaultdict(list)
        for project_id, pk in batch:
            by_project[project_id].append(pk)
        expired = sum(_expire(project_id, pks) for project_id, pks in sorted(by_project.items()))
        total += expired
        if not expired or sum(map(len, by_project.values())) < BATCH_TASKS:
            return total


@transaction.atomic
def _expire(project_id: int, pks: list[int]) -> int:
    """Expires tasks of one project. Rows that somebody is working on just now are left for the next sweep."""
    overdue = Task.objects.overdue().filter(pk__in=pks).select_for_update(skip_locked=True, no_key=True)
    held = dict(overdue.values_list("pk", "item_id"))
    free = Item.objects.filter(pk__in=held.values()).select_for_update(skip_locked=True, no_key=True)
    items = {item.pk: item for item in free.only("split", "status", "is_open")}
    tasks = [pk for pk, item_id in held.items() if item_id in items]
    if Task.objects.filter(pk__in=tasks, state=TaskState.OPEN).update(state=TaskState.EXPIRED) != len(tasks):
        raise RuntimeError("A locked task changed its state.")
    given_back = Counter(held[pk] for pk in tasks)
    reopens = Case(When(Q(status=ItemStatus.ACTIVE), then=Value(True)), default=False, output_field=BooleanField())
    for slots in set(given_back.values()):
        pks_with = [pk for pk, count in given_back.items() if count == slots]
        Item.objects.filter(pk__in=pks_with).update(slots_taken=F("slots_taken") - slots, is_open=reopens)
    active = [items[pk] for pk in given_back if items[pk].status == ItemStatus.ACTIVE]
    opened = Counter(f"{item.split}_open" for item in active if not item.is_open)
    # an item that was open all along is new again for the person whose question expired
    move_progress(project_id, opened + Counter(reopened=int(bool(active))))
    return len(tasks)


def lease_end(lease_s: int) -> datetime:
    """When a lease given now runs out."""
    return timezone.now() + timedelta(seconds=lease_s)
