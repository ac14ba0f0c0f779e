"""Items whose answer somebody doubts are put to one more person."""

from collections.abc import Collection, Mapping
from copy import copy
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone

from labeling import signals
from labeling.models import (
    Action,
    Annotation,
    AskAgain,
    AskedAgain,
    Item,
    ItemStatus,
    Member,
    Permission,
    Project,
    Split,
    Task,
    TaskState,
    User,
)
from labeling.models.permission import roles_that
from labeling.selectors.access import require
from labeling.services.audit.trail import record
from labeling.services.serving.required import bring
from labeling.services.serving.slots import move_progress
from labeling.services.serving.sources import ITEMS
from labeling.services.validation.errors import Invalid

#: Items of one call.
MAX_ITEMS = 1_000


@transaction.atomic
def ask_somebody_else(user: User, project: Project, item_ids: Collection[int]) -> list[int]:
    """Puts answered items of the pool to one person more than have answered them, next of all; returns those that now
    are. One that waits for an answer anyway, as an imported answer leaves it, is only asked next.

    Left out are items that were put again and wait, those set aside, those without an answer, and those that nobody
    is left to be asked about. Raises Invalid (items) for what is not of the project's pool: what measures is not
    asked again because of what a model believes, or it would measure how far people follow the model. Needs the
    permission to review.
    """
    return list(ask_many(user, project, item_ids))


@transaction.atomic
def ask_many(user: User, project: Project, item_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """``ask_somebody_else``, and by item what ``ask_no_more`` needs to put things back."""
    require(user, project, Action.ITEMS_ASK_AGAIN)
    wanted = sorted(set(item_ids))
    if len(wanted) > MAX_ITEMS:
        raise Invalid("items", f"At most {MAX_ITEMS:,} at a time.")
    _count_anew(project, wanted)  # members before items: the order of locks
    of_pool = Item.objects.numbered(project, wanted).filter(split=Split.POOL, in_context=None)
    locked = list(of_pool.order_by("pk").select_for_update(no_key=True))
    if len(locked) != len(wanted):
        raise Invalid("items", "Not all of these are items of the project's pool.")
    again = AskedAgain.objects.filter(item__in=wanted, item__is_open=True).exclude(asked_at=None)
    waiting = set(again.values_list("item", flat=True))
    said = set(Annotation.objects.current().filter(item__in=wanted).values_list("item", flat=True))
    active = [item for item in locked if item.status == ItemStatus.ACTIVE and item.pk in said]
    done = [item for item in active if item.pk not in waiting]
    left = _people_left(project, done)
    done = [item for item in done if left[item.pk]]
    before: dict[int, dict[str, Any]] = {}
    if done:
        before = _want_one_more(user, project, done)
        record("item.asked_again", user=user, project=project, subject=_named(done), after={"items": len(done)})
        transaction.on_commit(lambda: signals.answers_changed.send_robust(Item, project_id=project.pk))
    return before


@transaction.atomic
def ask_no_more(user: User, project: Project, before: Mapping[int, dict[str, Any]]) -> set[int]:
    """Takes back that the items were put to somebody else, as ``ask_many`` told them: those that still are as it left
    them, that nobody was asked or asked for since. Needs the permission to review."""
    require(user, project, Action.ITEMS_ASK_AGAIN)
    _count_anew(project, before.keys())
    items = Item.objects.numbered(project, list(before)).order_by("pk").select_for_update(no_key=True)
    slots = {item.pk: item.slots_taken for item in items}
    asked = {row.item_id: row for row in AskedAgain.objects.filter(item__in=list(slots))}
    put_back = set()
    for pk, was in before.items():
        row = asked.get(pk)
        if row is None or slots.get(pk) != was["slots"] or row.asked_at != datetime.fromisoformat(was["asked"]):
            continue
        put_back.add(pk)
        if (kept := was["row"]) is None:
            row.delete()
            continue
        at = kept["asked_at"] and datetime.fromisoformat(kept["asked_at"])
        AskedAgain.objects.filter(pk=row.pk).update(**{**kept, "asked_at": at})
    if put_back:
        _, deltas = bring(ITEMS, put_back, project)
        deltas["reopened"] += len(put_back)
        move_progress(project.pk, deltas)
        transaction.on_commit(lambda: signals.answers_changed.send_robust(Item, project_id=project.pk))
    return put_back


def _want_one_more(user: User, project: Project, items: list[Item]) -> dict[int, dict[str, Any]]:
    """One slot more than are taken, whatever the settings say now and later; no more where one is free."""
    pks = [item.pk for item in items]
    without = copy(project)  # a second opinion that is there already is none that somebody asks for now
    without.second_opinions = AskAgain.OFF
    by_settings = dict(ITEMS.with_wanted(Item.objects.filter(pk__in=pks), without).values_list("pk", "wanted"))
    were = {row.item_id: row for row in AskedAgain.objects.filter(item__in=pks)}
    before = {pk: row.times for pk, row in were.items()}
    now = timezone.now()
    rows = [
        AskedAgain(
            project=project,
            item=item,
            times=max(0, item.slots_taken + 1 - (by_settings[item.pk] - before.get(item.pk, 0))),
            asked_at=now,
            asked_by=user,
        )
        for item in items
    ]
    AskedAgain.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["item"], update_fields=["times", "asked_at", "asked_by"]
    )
    _, deltas = bring(ITEMS, pks, project)
    deltas["reopened"] += len(items)
    move_progress(project.pk, deltas)
    return {
        item.pk: {"slots": item.slots_taken, "asked": now.isoformat(), "row": _kept(were.get(item.pk))}
        for item in items
    }


def _kept(row: AskedAgain | None) -> dict[str, Any] | None:
    """What a row says, to be said again."""
    if row is None:
        return None
    at = row.asked_at.isoformat() if row.asked_at else None
    return {"times": row.times, "opinions": row.opinions, "asked_at": at, "asked_by_id": row.asked_by_id}


def _count_anew(project: Project, item_ids: Collection[int]) -> None:
    """Who was asked about an item will have an open one among those, which the number kept of them does not say."""
    asked = Task.objects.filter(item__in=item_ids).exclude(state=TaskState.EXPIRED).values("annotator")
    members = Member.objects.filter(project=project, user__in=asked).order_by("pk").select_for_update(no_key=True)
    Member.objects.filter(pk__in=[member.pk for member in members]).update(pool_known_at=-1)


def _people_left(project: Project, items: list[Item]) -> dict[int, int]:
    """How many of those who label could still be asked about each."""
    members = Member.objects.filter(
        project=project, role__in=roles_that(Permission.LABEL), is_quarantined=False, user__is_active=True
    )
    everybody = members.count()
    counted: QuerySet[Any] = Task.objects.filter(item__in=[item.pk for item in items]).exclude(state=TaskState.EXPIRED)
    counted = counted.filter(annotator__in=members.values("user")).values("item")
    known = dict(counted.annotate(n=Count("annotator", distinct=True)).values_list("item", "n"))
    return {item.pk: everybody - known.get(item.pk, 0) for item in items}


def _named(items: list[Item]) -> str:
    return f"item {items[0].pk}" if len(items) == 1 else f"{len(items):,} items"
