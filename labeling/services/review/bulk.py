"""Many items at once, as one batch that is undone as one: what people's answers come to is accepted (decision 0086), or
one answer is given to all (decision 0106)."""

import re
import uuid
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from labeling import signals
from labeling.kinds import kind_of
from labeling.models import (
    Annotation,
    AskedAgain,
    Item,
    ItemStatus,
    Project,
    ReviewDecision,
    ReviewEntry,
    ReviewPlan,
    ReviewSort,
    Split,
    User,
    Verdict,
)
from labeling.selectors.label_names import label_names
from labeling.selectors.opinions import Opinions, accepting, opinions_of
from labeling.services.audit.trail import record
from labeling.services.review import decided_answer
from labeling.services.review.decide import REFUSED, admit, plan_of
from labeling.services.review.decided_answer import Decided
from labeling.services.serving.slots import move_progress
from labeling.services.validation.errors import Invalid

#: Items of one batch.
MAX_ITEMS = 1_000
#: Why an item is left out, in words; the first that holds is said.
LEFT_OUT = {
    "unknown": "no such item in this project",
    "held_out": "held out: what measures models is decided one by one",
    "set_aside": "set aside",
    "unanswered": "nobody has answered it yet",
    "decided": "decided already",
    "same": "decided so already",
    "waits": "its author or somebody else is asked once more",
    "claimed": "another reviewer has it in front of him",
    "blind": "drawn to be decided without seeing what was said",
    "news": "somebody has answered since it was looked at",
    "own": "nobody but you has answered it",
    "undecided": "the answers come to nothing that could be accepted",
}


@dataclass(frozen=True)
class Bulk:
    """What one batch decides. ``accepted`` has by item the answer as it is stored, ``left_out`` by item one of
    ``LEFT_OUT``; ``last_annotation`` is the newest annotation that was looked at. ``batch`` is "" for what is only
    looked at."""

    batch: str = ""
    accepted: dict[int, dict[str, Any]] = field(default_factory=dict)
    left_out: dict[int, str] = field(default_factory=dict)
    last_annotation: int = 0


@dataclass(frozen=True)
class Undone:
    """``items`` of the batch that are undone, now or before, and those left out, for another decision followed."""

    batch: str
    items: list[int]
    left_out: list[int]


def look_at(user: User, project: Project, item_ids: Collection[int], last_annotation: int | None = None) -> Bulk:
    """What ``accept_many`` would do; writes nothing, and is no door: who may look is asked before. Raises Invalid."""
    if why := REFUSED.of(kind_of(project).subject):
        raise Invalid("item", why)
    return _looked_at(user, project, _checked(item_ids), last_annotation)[0]


@transaction.atomic
def accept_many(
    user: User, project: Project, item_ids: Collection[int], *, batch: str = "", last_annotation: int | None = None
) -> Bulk:
    """Decides that the items are what people's answers come to: one decision each, all of the same ``batch``.

    Left out, and named, is what is decided, claimed by another reviewer, held out, or was answered after
    ``last_annotation`` (of the look at them). A ``batch`` that is there already is told again, and nothing is written;
    without one it gets a new name. Announces ``answers_changed``. Raises Invalid (items, batch, item), Http404,
    PermissionDenied. Needs the permission to review.
    """
    admit(user, project)
    wanted = _checked(item_ids)
    if batch and not re.fullmatch(r"[0-9A-Za-z_-]{1,32}", batch):
        raise Invalid("batch", "At most 32 letters, digits, - and _.")
    list(Item.objects.numbered(project, wanted).order_by("pk").select_for_update(no_key=True))
    _lock_entries(project, wanted)
    if batch and (made_before := _told_again(user, project, batch)):
        return made_before
    found, opinions = _looked_at(user, project, wanted, last_annotation)
    if not found.accepted:
        return found
    batch = batch or uuid.uuid4().hex
    _write(user, project, found.accepted, opinions, batch)
    told = {
        "items": len(found.accepted), "answers": dict(in_words(project, found)), "left_out": len(found.left_out)
    }  # fmt: skip
    record("review.accepted_many", user=user, project=project, subject=f"batch {batch}", after=told)
    _moved(project, len(found.accepted))
    return Bulk(batch, found.accepted, found.left_out, found.last_annotation)


@transaction.atomic
def label_many(
    user: User, project: Project, item_ids: Collection[int], answer: dict[str, Any], *, batch: str, held_out: bool
) -> Bulk:
    """Decides that the items are ``answer`` (as it is stored), whatever was said and whether or not anything was: one
    decision each, all of the same ``batch``. ``held_out``: also those of the eval split.

    Left out, and named, is what another reviewer has claimed, waits for somebody, is decided so already or is drawn to
    be decided blind, and of the eval split what nobody has answered. Announces ``answers_changed``. Raises Invalid
    (items, item), Http404, PermissionDenied. Needs the permission to review.
    """
    admit(user, project)
    wanted = _checked(item_ids)
    list(Item.objects.numbered(project, wanted).order_by("pk").select_for_update(no_key=True))
    _lock_entries(project, wanted)
    found, opinions = _looked_at(user, project, wanted, None, answer, held_out=held_out)
    if found.accepted:
        _write(user, project, found.accepted, opinions, batch, Verdict.CHANGE)
        told = {"items": len(found.accepted), "answers": dict(in_words(project, found))}
        record("review.decided_many", user=user, project=project, subject=f"batch {batch}", after=told)
        _moved(project, len(found.accepted))
    return Bulk(batch, found.accepted, found.left_out, found.last_annotation)


@transaction.atomic
def undo_batch(user: User, project: Project, batch: str, among: Collection[int] | None = None) -> Undone:
    """Takes the decisions of a batch back that no other one followed, or those about the items ``among`` it: what stood
    before stands again. Harmless to repeat. Raises Invalid (batch, item), Http404, PermissionDenied."""
    admit(user, project)
    of_batch = ReviewDecision.objects.filter(project=project, batch=batch) if batch else ReviewDecision.objects.none()
    if among is not None:
        of_batch = of_batch.filter(item__in=list(among))
    ids = list(of_batch.values_list("item", flat=True))
    if not ids:
        raise Invalid("batch", "There is no such batch.")
    list(Item.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True))
    standing: dict[int, list[ReviewDecision]] = {}
    for decision in ReviewDecision.objects.standing().filter(item__in=ids).select_related("annotation").order_by("pk"):
        standing.setdefault(decision.item_id, []).append(decision)
    undone, before, followed = [], [], []
    for item, decisions in standing.items():
        if decisions[-1].batch == batch:
            undone.append(decisions[-1].pk)
            stood = decisions[-2] if len(decisions) > 1 else None
            answer = stood.annotation.answer if stood and stood.annotation else None
            before.append(Decided(item, stood.reviewer_id if stood and answer else user.pk, answer))
        elif any(decision.batch == batch for decision in decisions):
            followed.append(item)
    if undone:
        ReviewDecision.objects.filter(pk__in=undone).update(undone_at=timezone.now(), undone_by=user)
        decided_answer.write_many(project, before)
        told = {"items": len(undone), "left_out": len(followed)}
        record("review.undone_many", user=user, project=project, subject=f"batch {batch}", before=told)
        _moved(project, len(undone))
    return Undone(batch, sorted(of_batch.filter(undone_at__isnull=False).values_list("item", flat=True)), followed)


def in_words(project: Project, found: Bulk) -> list[tuple[str, int]]:
    """How often each answer is accepted, most often first."""
    flat, named = kind_of(project).flat, label_names(project).named
    counts = Counter(flat(named(answer)) or "none of these" for answer in found.accepted.values())
    return counts.most_common()


def _checked(item_ids: Collection[int]) -> list[int]:
    wanted = sorted(set(item_ids))
    if not wanted:
        raise Invalid("items", "Name the items that this is about.")
    if len(wanted) > MAX_ITEMS:
        raise Invalid("items", f"At most {MAX_ITEMS:,} items at a time; these are {len(wanted):,}.")
    return wanted


def _lock_entries(project: Project, item_ids: list[int]) -> None:
    """Nobody claims one of them meanwhile: whoever was faster has it. The queue is filled under the lock of the plan,
    which comes first, for it takes entries in no order."""
    ReviewPlan.objects.get_or_create(project=project)
    ReviewPlan.objects.select_for_update(no_key=True).get(project=project)
    list(ReviewEntry.objects.filter(project=project, item__in=item_ids).order_by("pk").select_for_update(no_key=True))


def _told_again(user: User, project: Project, batch: str) -> Bulk | None:
    """What a batch of this name has decided and still stands. Raises Invalid (batch) for somebody else's."""
    rows = list(ReviewDecision.objects.filter(project=project, batch=batch).select_related("annotation"))
    if not rows:
        return None
    if any(row.reviewer_id != user.pk for row in rows):
        raise Invalid("batch", "Another reviewer's batch is called so.")
    standing = [row for row in rows if row.undone_at is None]
    return Bulk(
        batch, {row.item_id: row.annotation.answer for row in standing if row.annotation and row.annotation.answer}
    )


def _looked_at(
    user: User,
    project: Project,
    wanted: list[int],
    last_annotation: int | None,
    given: dict[str, Any] | None = None,
    *,
    held_out: bool = False,
) -> tuple[Bulk, dict[int, Opinions]]:
    """``given`` is the answer that all are to have; without one each is to be what its answers come to."""
    newest = Annotation.objects.filter(project=project).aggregate(newest=Max("pk"))["newest"] or 0
    entries = ReviewEntry.objects.filter(project=project, item__in=wanted)
    claimed = set(entries.held_by_others(user).values_list("item", flat=True))
    blind = set(entries.filter(sort=ReviewSort.BLIND).values_list("item", flat=True))
    items = {item.pk: item for item in Item.objects.numbered(project, wanted)}
    again = AskedAgain.objects.filter(item__in=wanted, item__is_open=True).exclude(asked_at=None)
    asked = set(again.values_list("item", flat=True))
    opinions = opinions_of(project, list(items))
    since = Annotation.objects.filter(item__in=wanted, pk__gt=newest if last_annotation is None else last_annotation)
    news = set(since.values_list("item", flat=True))
    own_allowed, accepted_of = plan_of(project).own_allowed, accepting(project)
    found = Bulk(last_annotation=newest)
    for pk in wanted:
        item, said = items.get(pk), opinions.get(pk, Opinions())
        answer = given or accepted_of(said.consensus)
        is_decided = said.review is not None
        # what measures models was drawn: no lasso adds to it (decision 0106)
        may_be_unanswered = given is not None and (is_decided or (item is not None and item.split == Split.POOL))
        holds = {
            "unknown": item is None,
            "held_out": item is not None and item.split == Split.EVAL and not held_out,
            "set_aside": item is not None and item.status != ItemStatus.ACTIVE,
            "unanswered": not said.answers and not may_be_unanswered,
            "decided": given is None and is_decided,
            "same": given is not None and said.review is not None and said.review.answer == given,
            "waits": (said.is_settled and not is_decided) or pk in asked,
            "claimed": pk in claimed,
            "blind": pk in blind,
            "news": pk in news,
            "own": said.people == {user.pk} and not own_allowed,
        }
        reason = next((reason for reason in LEFT_OUT if holds.get(reason)), "")
        if reason or answer is None:
            found.left_out[pk] = reason or "undecided"
        else:
            found.accepted[pk] = answer
    return found, opinions


def _write(
    user: User,
    project: Project,
    accepted: dict[int, dict[str, Any]],
    opinions: dict[int, Opinions],
    batch: str,
    verdict: Verdict = Verdict.ACCEPT,
) -> None:
    came_to = accepting(project)
    made = decided_answer.write_many(project, [Decided(pk, user.pk, answer) for pk, answer in accepted.items()])
    entries = ReviewEntry.objects.filter(project=project, item__in=list(accepted))
    sorts = dict(entries.values_list("item", "sort"))
    entries.delete()
    now = timezone.now()
    ReviewDecision.objects.bulk_create(
        [
            ReviewDecision(
                project=project,
                item_id=pk,
                reviewer=user,
                verdict=verdict,
                sort=sorts.get(pk, ""),
                annotation=annotation,
                is_same=verdict == Verdict.ACCEPT or came_to(opinions[pk].consensus) == annotation.answer,
                of_own_answer=user.pk in opinions[pk].people,
                batch=batch,
                created_at=now,
            )
            for pk, annotation in zip(accepted, made, strict=True)
        ]
    )


def _moved(project: Project, n: int) -> None:
    """So many answers more count, or others: what is learned from has changed."""
    move_progress(project.pk, Counter(changes=n))
    transaction.on_commit(lambda: signals.answers_changed.send_robust(Item, project_id=project.pk))
