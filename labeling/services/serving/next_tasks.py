"""The next questions for one person."""

import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Now
from django.http import Http404

from labeling.db.prepared import Prepared, PreparedUpdate
from labeling.models import (
    Action,
    Item,
    ItemStatus,
    Kind,
    Label,
    Member,
    Progress,
    Project,
    QueueEntry,
    Reason,
    Split,
    Task,
    TaskState,
    User,
)  # fmt: skip
from labeling.models.item import ItemQuerySet
from labeling.models.task import TaskQuerySet
from labeling.services.serving.cursor import POSITIONS, Walker
from labeling.services.serving.leases import lease_end
from labeling.services.serving.mixture import Rng, draw, pool_propensity, strategy_share
from labeling.services.serving.pairs import claim as pairs
from labeling.services.serving.pairs import streams
from labeling.services.validation.errors import Invalid

#: Questions one person may hold in a project, and so ask for at once.
MAX_COUNT = 50
#: A lease is renewed when less than this share of it is left.
RENEW_BELOW = 0.9
#: Tries of somebody for whom others were faster at every pair that was drawn.
RACES = 20


@dataclass(slots=True)
class Pick:
    """An item chosen for somebody, and why."""

    item: Item
    reason: Reason
    entry: QueueEntry | None = None


def next_tasks(user: User, project: Project, count: int = 1, rng: Rng | None = None) -> list[Task]:
    """Up to ``count`` open tasks of the person, items loaded: the open ones first (leases renewed), then new ones.

    None while the project has no labels to answer with.

    Raises Invalid (count), Http404 (no member), PermissionDenied (the role may not label).
    """
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MAX_COUNT:
        raise Invalid("count", f"A whole number from 1 to {MAX_COUNT}.")
    for _ in range(RACES):
        with suppress(pairs.Raced):
            return _next_tasks(user, project, count, rng)
    return []


@transaction.atomic
def _next_tasks(user: User, project: Project, count: int, rng: Rng | None) -> list[Task]:
    walker = _walker(user, project)
    if not walker.member.can_answer:  # type: ignore[attr-defined]  # annotated by _member
        return []
    tasks = _open_tasks(walker, count)
    if len(tasks) < count and walker.project.archived_at is None:
        claim = pairs.claim if walker.project.kind == Kind.PAIRWISE else _claim
        tasks += claim(walker, count - len(tasks), rng or random.SystemRandom())
    return tasks


def _walker(user: User, project: Project) -> Walker:
    """Locks the person's member row: calls of one person come one after the other."""
    found = _member(project.pk, user.pk)
    if not found and user.is_superuser and user.reaches(project.pk):
        raise PermissionDenied("Only members are asked. Add yourself to the project first.")
    if not found or not user.reaches(project.pk):
        raise Http404("No such project.")
    member = found[0]
    if not member.may(Action.TASKS_ANSWER.permission):
        raise PermissionDenied(member.refusal)
    member.user = user
    return Walker(member.project, member, member.project.progress, member.asked_at)  # type: ignore[attr-defined]


def _open_tasks(walker: Walker, count: int) -> list[Task]:
    project = walker.project
    kind = {"pictures": walker.pictures, "pairwise": project.kind == Kind.PAIRWISE}
    tasks = _open(project.pk, walker.member.user_id, count=count, **kind)
    for task in tasks:
        task.project = project
    soon = walker.now + timedelta(seconds=project.lease_s * RENEW_BELOW)
    if any(task.lease_expires_at < soon for task in tasks):
        end = lease_end(project.lease_s, walker.now)
        Task.objects.filter(pk__in=[task.pk for task in tasks]).update(lease_expires_at=end)
        for task in tasks:
            task.lease_expires_at = end
    return tasks


@Prepared
def _member(project: int, user: int) -> "QuerySet[Member]":
    members = Member.objects.filter(project=project, user=user).order_by().select_related("project__progress")
    # nobody is asked a question that has no answer: the labels come first
    can_answer = Q(project__kind=Kind.PAIRWISE) | Exists(Label.objects.in_use().filter(project=OuterRef("project")))
    members = members.annotate(
        can_answer=Case(When(can_answer, then=Value(True)), default=Value(False)),
        asked_at=Now(),  # the database's clock, at no statement of its own
    )
    return members.select_for_update(no_key=True, of=("self",))


@Prepared
def _open(project: int, user: int, *, count: int, pictures: bool, pairwise: bool) -> TaskQuerySet:
    tasks = Task.objects.filter(annotator=user, project=project, state=TaskState.OPEN).order_by("pk")
    if pairwise:
        related = tasks.select_related("pair", *(f"pair__{path}" for path in streams.related(pictures)))
    else:
        related = tasks.select_related("item__asset" if pictures else "item")
    return related.select_for_update(no_key=True, of=("self",))[:count]


def _claim(walker: Walker, count: int, rng: Rng) -> list[Task]:
    """Picks items, takes a slot of each and writes the tasks, all of them or none."""
    member = walker.member
    before = {name: getattr(member, name) for name in POSITIONS}
    picks, has_head = _pick(walker, count, rng)
    moved = {name: getattr(member, name) for name in POSITIONS if getattr(member, name) != before[name]}
    if moved:
        _move_member(member.pk, *moved.values(), names=tuple(moved))
    if not picks:
        return []
    rng.shuffle(picks)
    _take_slots([pick.item for pick in picks])
    return Task.objects.bulk_create(_tasks(walker, picks, has_head))


def _pick(walker: Walker, count: int, rng: Rng) -> tuple[list[Pick], bool]:
    """Draws from the mixture; the others make up for a stream that runs dry. Says whether the queue had a head."""
    project = walker.project
    draws = draw(count, project, walker.progress, rng)
    evals = walker.split(Split.EVAL, draws.eval, [], holds_others=False)
    wanted = draws.strategy + strategy_share(draws.eval - len(evals), project, rng)
    entries = walker.head(wanted)
    taken = [entry.item_id for entry in entries]
    holds = bool(evals or entries)
    drawn = walker.split(Split.POOL, count - len(evals) - len(entries), taken, holds_others=holds)
    missing = count - len(evals) - len(entries) - len(drawn)
    if missing and len(evals) == draws.eval:
        evals += walker.split(Split.EVAL, missing, [item.pk for item in evals], holds_others=bool(holds or drawn))
    picks = [Pick(item, Reason.EVAL) for item in evals]
    picks += [Pick(entry.item, Reason.STRATEGY, entry) for entry in entries]
    picks += [Pick(item, Reason.RANDOM) for item in drawn]
    return picks, walker.has_head


def _take_slots(items: list[Item]) -> None:
    """Takes one slot of each. The rows are locked already: a row that does not match means a broken invariant."""
    if _take(*(item.pk for item in items)) != len(items):
        raise RuntimeError("A locked item lost its slot.")
    for item in items:
        item.slots_taken += 1
        item.is_open = item.slots_taken < item.slots_total


@PreparedUpdate
def _take(*items: int) -> tuple[ItemQuerySet, dict[str, Any]]:
    rows = Item.objects.filter(pk__in=items, status=ItemStatus.ACTIVE, slots_taken__lt=F("slots_total"))
    is_open = Case(When(slots_taken__lt=F("slots_total") - 1, then=Value(True)), default=Value(False))
    return rows, {"slots_taken": F("slots_taken") + 1, "is_open": is_open}


@PreparedUpdate
def _move_member(member: int, *values: int, names: tuple[str, ...]) -> "tuple[QuerySet[Member], dict[str, Any]]":
    return Member.objects.filter(pk=member), dict(zip(names, values, strict=True))


def _tasks(walker: Walker, picks: list[Pick], has_head: bool) -> list[Task]:
    """The tasks with their provenance; counts the draws in Progress, which gives each its number."""
    project = walker.project
    closed = Counter(pick.item.split for pick in picks if not pick.item.is_open)
    pool_picks = sum(pick.reason != Reason.EVAL for pick in picks)
    drawn = [pick.item.pk for pick in picks if pick.reason == Reason.RANDOM]
    q_of = walker.chances(drawn) if has_head and drawn else {}
    left = dict.fromkeys(Split.values, 0)
    # from here to the end of the transaction the project's other questions and answers wait
    draws, left[Split.POOL], left[Split.EVAL] = _count_draws(project.pk, pool_picks, closed)
    draws -= pool_picks
    size = {split: left[split] + closed[split] for split in left}
    end = lease_end(project.lease_s, walker.now)
    tasks = []
    for pick in picks:
        why: dict[str, Any] = {"reason": pick.reason, "pool_size": size[pick.item.split]}
        if pick.reason == Reason.EVAL:
            why["propensity"] = 1.0 / max(1, size[Split.EVAL])
        else:
            draws += 1
            why |= {"draw": draws, "epoch": project.epoch if has_head else None}
            q = pick.entry.propensity if pick.entry else q_of.get(pick.item.pk, 0.0)
            why["propensity"] = pool_propensity(project, size[Split.POOL], q, has_head or pick.entry is not None)
        if pick.entry:
            epoch = pick.entry.epoch
            why |= {"strategy": epoch.strategy, "model_version": epoch.model_version, "epoch": epoch.number}
            why["utility"] = pick.entry.utility
        size[pick.item.split] -= not pick.item.is_open
        tasks.append(Task(project=project, item=pick.item, annotator=walker.member.user, lease_expires_at=end, **why))
    return tasks


def _count_draws(project_id: int, draws: int, closed: "Counter[str]") -> tuple[int, int, int]:
    """Moves Progress and returns its draws, pool_open and eval_open as they are then."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {Progress._meta.db_table} SET draws = draws + %s, pool_open = pool_open - %s,"
            " eval_open = eval_open - %s WHERE project_id = %s RETURNING draws, pool_open, eval_open",
            [draws, closed[Split.POOL], closed[Split.EVAL], project_id],
        )
        draws, pool_open, eval_open = cursor.fetchone()
    return draws, pool_open, eval_open
