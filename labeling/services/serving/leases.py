"""Gives back what nobody answered in time."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import BooleanField, Case, F, Q, Value, When
from django.db.models.functions import Now

from labeling.kinds import KINDS
from labeling.models import ItemStatus, Project, SweepRecord, Task, TaskState
from labeling.models.clock import database_now
from labeling.models.task import TaskQuerySet
from labeling.services.serving.required import spare_known
from labeling.services.serving.slots import move_progress
from labeling.services.serving.sources import BEYOND_SLOTS, SubjectSource, source_of

BATCH_TASKS = 200
#: The row in which schedulers agree on who moves the leases when the database's clock jumped.
JUMP = "clock jump"
#: What the database's clock rounds away.
ROUNDING_S = 1


def expire_overdue() -> int:
    """Expires open tasks whose lease ran out, in bounded transactions; returns how many. May run twice at once."""
    total = 0
    while True:
        # a project whose kind is not installed keeps its questions, and keeps nobody else's
        overdue = Task.objects.overdue().filter(project__kind__in=list(KINDS)).order_by("lease_expires_at")
        batch = overdue.values_list("project_id", "pk")[:BATCH_TASKS]
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
    project = Project.objects.get(pk=project_id)
    source = source_of(project)
    overdue = Task.objects.overdue().filter(pk__in=pks).select_for_update(skip_locked=True, no_key=True)
    rows = list(overdue.values_list("pk", f"{source.name}_id", "reason"))
    holders = {pk: row for pk, row, reason in rows if reason not in BEYOND_SLOTS}
    without_slot = [pk for pk, _, _ in rows if pk not in holders]
    expired, deltas, rows_back = _give_back(source, holders) if holders else (0, Counter[str](), [])
    deltas.update(spare_known(source, rows_back, project))
    if without_slot:
        Task.objects.filter(pk__in=without_slot, state=TaskState.OPEN).update(state=TaskState.EXPIRED)
        expired += len(without_slot)
        deltas["reopened"] = 1  # new again for who was asked
    move_progress(project_id, deltas)
    return expired


def _give_back(source: SubjectSource, holders: dict[int, int]) -> "tuple[int, Counter[str], list[int]]":
    """Expires the tasks that hold slots, by task; how many, what that moves in Progress, and the rows."""
    among = source.model._default_manager
    locked = among.filter(pk__in=holders.values()).select_for_update(skip_locked=True, no_key=True)
    free = {row.pk: row for row in locked.only(*source.counted_by)}
    tasks = [pk for pk, row in holders.items() if row in free]
    if Task.objects.filter(pk__in=tasks, state=TaskState.OPEN).update(state=TaskState.EXPIRED) != len(tasks):
        raise RuntimeError("A locked task changed its state.")
    given_back = Counter(holders[pk] for pk in tasks)
    reopens = Case(When(Q(status=ItemStatus.ACTIVE), then=Value(True)), default=False, output_field=BooleanField())
    for slots in set(given_back.values()):
        pks_with = [pk for pk, count in given_back.items() if count == slots]
        among.filter(pk__in=pks_with).update(slots_taken=F("slots_taken") - slots, is_open=reopens)
    active = [free[pk] for pk in given_back if free[pk].status == ItemStatus.ACTIVE]
    opened = Counter(source.open_column(row.split) for row in active if not row.is_open and source.counts_as_open(row))
    # what was open all along is new again for the person whose question expired
    return len(tasks), opened + Counter(reopened=int(bool(active))), list(given_back)


def lease_end(lease_s: int, now: datetime | None = None) -> datetime:
    """When a lease given now runs out, by the database's clock; ``now`` is what it told in this transaction."""
    return (now or database_now()) + timedelta(seconds=lease_s)


def end_leases() -> int:
    """Shortens leases that the clock cannot have given, then expires what ran out; how many expired."""
    _shorten_impossible()
    return expire_overdue()


def _shorten_impossible() -> None:
    """A lease that ends later than one given now was given before the clock was put back (or the setting shortened)."""
    for lease_s in Project.objects.order_by().values_list("lease_s", flat=True).distinct():
        latest = Now() + timedelta(seconds=lease_s)
        impossible = Task.objects.filter(state=TaskState.OPEN, project__lease_s=lease_s)
        impossible = impossible.filter(lease_expires_at__gt=latest + timedelta(seconds=ROUNDING_S))
        if pks := list(impossible.values_list("pk", flat=True)):
            with transaction.atomic():
                _lock(Task.objects.filter(pk__in=pks))
                Task.objects.filter(pk__in=pks, state=TaskState.OPEN).update(lease_expires_at=latest)


def _lock(tasks: TaskQuerySet) -> list[int]:
    """Locks open tasks in the order in which a person's own are locked, so that neither waits for the other."""
    still_open = tasks.filter(state=TaskState.OPEN).order_by("pk").select_for_update(no_key=True)
    return list(still_open.values_list("pk", flat=True))


@transaction.atomic
def move_leases(by_s: float, *, noticed_within_s: float) -> int:
    """Moves every open lease along with a clock that jumped, and returns how many.

    Every scheduler notices: 0 when another has moved them within ``noticed_within_s`` seconds of the new clock.
    """
    SweepRecord.objects.get_or_create(name=JUMP)
    record = SweepRecord.objects.select_for_update().get(name=JUMP)
    now = database_now()
    if record.finished_at and abs((now - record.finished_at).total_seconds()) <= noticed_within_s:
        return 0
    SweepRecord.objects.filter(name=JUMP).update(finished_at=Now())
    pks = _lock(Task.objects.all())
    return Task.objects.filter(pk__in=pks).update(lease_expires_at=F("lease_expires_at") + timedelta(seconds=by_s))
