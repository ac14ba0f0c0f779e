"""Items whose answer somebody doubts are put to one more person."""

from collections.abc import Collection
from copy import copy
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
    require(user, project, Action.ITEMS_ASK_AGAIN)
    wanted = sorted(set(item_ids))
    if len(wanted) > MAX_ITEMS:
        raise Invalid("items", f"At most {MAX_ITEMS:,} at a time.")
    _count_anew(project, wanted)  # members before items: the order of locks
    of_pool = Item.objects.filter(project=project, split=Split.POOL, in_context=None, pk__in=wanted)
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
    if done:
        _want_one_more(user, project, done)
        record("item.asked_again", user=user, project=project, subject=_named(done), after={"items": len(done)})
        transaction.on_commit(lambda: signals.answers_changed.send_robust(Item, project_id=project.pk))
    return [item.pk for item in done]


def _want_one_more(user: User, project: Project, items: list[Item]) -> None:
    """One slot more than are taken, whatever the settings say now and later; no more where one is free."""
    pks = [item.pk for item in items]
    without = copy(project)  # a second opinion that is there already is none that somebody asks for now
    without.second_opinions = AskAgain.OFF
    by_settings = dict(ITEMS.with_wanted(Item.objects.filter(pk__in=pks), without).values_list("pk", "wanted"))
    before = dict(AskedAgain.objects.filter(item__in=pks).values_list("item", "times"))
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
