"""What members say to each other about an item: reviewers among themselves, and with whose answer was sent back."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.utils import timezone

from labeling.kinds import kind_of
from labeling.models import Action, Item, ItemComment, Project, ReviewDecision, User, Verdict
from labeling.models.item_comment import MAX_COMMENT
from labeling.selectors.access import may, require
from labeling.services.audit.trail import record
from labeling.services.review.decide import REFUSED
from labeling.services.validation.checks import text
from labeling.services.validation.errors import Invalid


@transaction.atomic
def comment(user: User, project: Project, item_id: int, words: Any, to: Any = "") -> ItemComment:
    """Adds to what is said about the item; it is open until a reviewer resolves it.

    A reviewer says it to reviewers, and to the person called ``to`` whose answer to the item was sent back. That person
    answers to reviewers. Nobody else has a say: whoever has still to answer would read what others think. Raises
    Invalid (text, to, item), Http404, PermissionDenied.
    """
    member = require(user, project, Action.COMMENTS_WRITE)
    if why := REFUSED.of(kind_of(project).subject):
        raise Invalid("item", why)
    item = Item.objects.filter(project=project, pk=item_id).first() if item_id < 2**63 else None
    reviews = may(user, project, Action.REVIEWS_DECIDE)
    asked = sent_back_to(project, item_id) if item else {}
    if not reviews and user.pk not in asked.values():
        raise PermissionDenied("About items speak reviewers, and whose answer was sent back.")
    if item is None:
        raise Http404("No such item.")
    if member is not None and member.is_quarantined:
        raise PermissionDenied(member.refusal)
    said = text("text", words, max_length=MAX_COMMENT, required=True)
    name = text("to", to, max_length=150)
    if name and (not reviews or name not in asked):
        raise Invalid("to", "No answer of this person's to the item was sent back.")
    made = ItemComment.objects.create(
        project=project, item=item, author=user, text=said, addressee_id=asked.get(name), is_open=True
    )
    record("item.commented", user=user, project=project, subject=f"item {item.pk}", after={"to": name} if name else {})
    return made


@transaction.atomic
def resolve(user: User, project: Project, item_id: int, *, is_resolved: bool = True) -> int:
    """All that was said about the item so far is settled, or open again; how many comments that moved. Needs the
    permission to review. Raises Http404, PermissionDenied."""
    require(user, project, Action.REVIEWS_DECIDE)
    if item_id >= 2**63 or not Item.objects.filter(project=project, pk=item_id).exists():
        raise Http404("No such item.")
    rows = ItemComment.objects.filter(item=item_id)
    if is_resolved:
        moved = rows.open().update(is_open=False, resolved_at=timezone.now(), resolved_by=user)
    else:
        moved = rows.filter(resolved_at__isnull=False).update(is_open=True, resolved_at=None, resolved_by=None)
    if moved:
        done = "item.comments_resolved" if is_resolved else "item.comments_reopened"
        record(done, user=user, project=project, subject=f"item {item_id}", after={"comments": moved})
    return moved


def sent_back_to(project: Project, item_id: int) -> dict[str, int]:
    """Names and ids of those whose answer to the item was sent back, also before another decision: comments may be for
    them."""
    sent = ReviewDecision.objects.standing().filter(project=project, item=item_id, verdict=Verdict.SEND_BACK)
    return dict(sent.order_by("task__annotator").values_list("task__annotator__username", "task__annotator"))
