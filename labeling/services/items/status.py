"""Items and contexts taken out of the questions and put back by a reviewer."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Q, Value, When

from labeling import signals
from labeling.models import (
    Action,
    Annotation,
    Because,
    Context,
    Item,
    ItemStatus,
    Pair,
    Progress,
    Project,
    Source,
    Split,
    User,
)
from labeling.selectors.access import require
from labeling.services.answers.skips import ask_again
from labeling.services.audit.trail import record
from labeling.services.items.partners import count_partners
from labeling.services.serving.slots import ItemChange, move_progress
from labeling.services.serving.sources import ANY_PAIRS

#: ``set_aside_because`` of pairs one of whose items is set aside.
WITH_ITEM = "item"
#: Rows of one statement.
BATCH = 500

_ASIDE: dict[str, Any] = {"status": ItemStatus.SET_ASIDE, "set_aside_because": WITH_ITEM, "is_open": False}
_FREE = Case(When(slots_taken__lt=F("annotations_required"), then=Value(True)), default=Value(False))
_ACTIVE: dict[str, Any] = {"status": ItemStatus.ACTIVE, "set_aside_because": "", "is_open": _FREE}


def set_aside(user: User, item: Item) -> Item:
    """Nobody is asked about the item any more; open tasks may still be answered. Needs the permission to review."""
    return _move(user, item, ItemStatus.SET_ASIDE)


def restore(user: User, item: Item) -> Item:
    """The item is asked about again where it lacks answers. Needs the permission to review."""
    return _move(user, item, ItemStatus.ACTIVE)


@transaction.atomic
def set_many_aside(
    user: User, project: Project, item_ids: Collection[int], because: Mapping[int, str] | None = None
) -> set[int]:
    """Those that are set aside by this: the others are already, or are no items of the project. ``because`` says by
    item why, where no reviewer is the reason. Needs the permission to review."""
    return {pk for pk, _ in _move_many(user, project, item_ids, ItemStatus.SET_ASIDE, because or {})}


@transaction.atomic
def restore_many(user: User, project: Project, item_ids: Collection[int]) -> dict[int, str]:
    """Those that are restored by this, each with why it was set aside. Needs the permission to review."""
    return dict(_move_many(user, project, item_ids, ItemStatus.ACTIVE, {}))


@transaction.atomic
def set_context_aside(user: User, context: Context) -> Context:
    """No pair of the context is put to anybody any more; open tasks may still be answered, judgments stay."""
    return _move_context(user, context, ItemStatus.SET_ASIDE)


@transaction.atomic
def restore_context(user: User, context: Context) -> Context:
    """The context is asked about again, but for the items that were set aside on their own."""
    return _move_context(user, context, ItemStatus.ACTIVE)


@transaction.atomic
def _move(user: User, item: Item, status: ItemStatus) -> Item:
    require(user, item.project, Action.ITEMS_SET_ASIDE)
    locked = Item.objects.select_for_update(no_key=True).get(pk=item.pk)
    if locked.status == status:
        return locked
    aside = status == ItemStatus.SET_ASIDE
    _move_locked(locked.project_id, [locked], status, {})
    record("item.set_aside" if aside else "item.restored", user=user, project=item.project, subject=f"item {item.pk}")
    return locked


def _move_many(
    user: User, project: Project, item_ids: Collection[int], status: ItemStatus, because: Mapping[int, str]
) -> Iterable[tuple[int, str]]:
    require(user, project, Action.ITEMS_SET_ASIDE)
    rows = Item.objects.numbered(project, item_ids).exclude(status=status)
    locked = list(rows.order_by("pk").select_for_update(no_key=True))
    before = [(item.pk, item.set_aside_because) for item in locked]
    if locked:
        _move_locked(project.pk, locked, status, because)
    return before


def _move_locked(project_id: int, items: list[Item], status: ItemStatus, because: Mapping[int, str]) -> None:
    """The locked items, their pairs and their contexts in the other status."""
    deltas: Counter[str] = Counter()
    reasons: dict[str, list[Item]] = {}
    for item in items:
        if status == ItemStatus.ACTIVE and item.set_aside_because == Because.EVERYBODY:
            ask_again(item)
        reasons.setdefault(because.get(item.pk, Because.REVIEWER), []).append(item)
    for reason, some in reasons.items():
        deltas.update(_change(some, status, reason))  # += drops what is negative
    contexts = {item.in_context_id for item in items if item.in_context_id is not None}
    for context in sorted(contexts):
        deltas.update(_partners(project_id, context, [item for item in items if item.in_context_id == context], status))
    move_progress(project_id, deltas)
    _announce(project_id)


def _move_context(user: User, context: Context, status: ItemStatus) -> Context:
    require(user, context.project, Action.CONTEXTS_SET_ASIDE)
    members = Item.objects.filter(in_context=context).exclude(status=status)
    if status == ItemStatus.ACTIVE:
        members = members.filter(set_aside_because=Because.CONTEXT)
    locked = list(members.order_by("pk").select_for_update(no_key=True))
    deltas = _change(locked, status, Because.CONTEXT)
    deltas.update(_partners(context.project_id, context.pk, locked, status))
    Context.objects.filter(pk=context.pk).update(status=status)
    move_progress(context.project_id, deltas)
    _announce(context.project_id)
    if context.status != status:
        done = "context.set_aside" if status == ItemStatus.SET_ASIDE else "context.restored"
        record(done, user=user, project=context.project, subject=f"context {context.pk}", after={"items": len(locked)})
    context.refresh_from_db()
    return context


def _announce(project_id: int) -> None:
    """What is learned from has changed, perhaps by enough for a run."""
    transaction.on_commit(lambda: signals.answers_changed.send_robust(Item, project_id=project_id))


def _change(items: list[Item], status: ItemStatus, because: str) -> "Counter[str]":
    """The items and their pairs in the new status; what that moves in Progress."""
    deltas: Counter[str] = Counter()
    for item in items:
        change = ItemChange(item)
        if status == ItemStatus.SET_ASIDE:
            change.set_aside(because)
        else:
            change.restore()
        deltas.update(change.save())
    # beside those that ``Item.answers`` counts
    others = Annotation.objects.current().filter(item__in=[item.pk for item in items]).exclude(source=Source.HUMAN)
    deltas["changes"] += others.count()
    ids = [item.pk for item in items if item.in_context_id is not None]
    for start in range(0, len(ids), BATCH):
        deltas.update(_change_pairs(ids[start : start + BATCH], status))
    return deltas


def _change_pairs(items: list[int], status: ItemStatus) -> "Counter[str]":
    """The pairs that go with these items: all active ones, or those that went with an item and have both now."""
    touching = Q(first__in=items) | Q(second__in=items)
    pairs = Pair.objects.filter(touching).order_by("pk").select_for_update(no_key=True, of=("self",))
    if status == ItemStatus.SET_ASIDE:
        pairs, fields = pairs.filter(status=ItemStatus.ACTIVE), _ASIDE
    else:
        both = {"first__status": ItemStatus.ACTIVE, "second__status": ItemStatus.ACTIVE}
        pairs, fields = pairs.filter(set_aside_because=WITH_ITEM, **both), _ACTIVE
    locked = list(pairs.values_list("pk", flat=True))
    deltas: Counter[str] = Counter()
    for start in range(0, len(locked), BATCH):
        chosen = Pair.objects.filter(pk__in=locked[start : start + BATCH])
        deltas["changes"] += Annotation.objects.current().filter(pair__in=locked[start : start + BATCH]).count()
        before = ANY_PAIRS.count(chosen)
        chosen.update(**fields)
        after = ANY_PAIRS.count(chosen)
        deltas.update({name: after[name] - before[name] for name in after})
    return deltas


def _partners(project_id: int, context_id: int, items: list[Item], status: ItemStatus) -> "Counter[str]":
    """Counts the items in or out of their context, under the lock of Progress."""
    Progress.objects.select_for_update(no_key=True).get(project=project_id)
    context = Context.objects.get(pk=context_id)
    by = -1 if status == ItemStatus.SET_ASIDE else 1
    counts = Counter(item.split for item in items)
    return count_partners(context, pool=by * counts[Split.POOL], evals=by * counts[Split.EVAL])
