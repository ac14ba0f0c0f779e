"""Items that somebody sends to review: they wait until a reviewer decides, whatever speaks for or against them."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Exists, OuterRef

from labeling.models import (
    BulkDo,
    BulkItem,
    BulkStep,
    Item,
    ItemStatus,
    Project,
    ReviewDecision,
    ReviewPlan,
    Split,
    User,
)
from labeling.selectors.opinions import opinions_of
from labeling.services.review.decide import admit


@transaction.atomic
def send_many(user: User, project: Project, item_ids: Collection[int], *, held_out: bool) -> dict[int, str]:
    """Why each of the items is not sent, one of ``bulk.LEFT_OUT``; "" for those that are. What is sent stands in the
    step that sends it (``BulkItem``), from where the queue is filled. Needs the permission to review. Raises Invalid
    (item): pairs are not reviewed; Http404, PermissionDenied."""
    admit(user, project)
    items = {item.pk: item for item in Item.objects.numbered(project, item_ids)}
    opinions = opinions_of(project, list(items))
    ReviewPlan.objects.get_or_create(project=project)
    ReviewPlan.objects.filter(project=project).update(filled_at=None)  # filled anew by whoever looks next
    found = {}
    for pk in item_ids:
        item = items.get(pk)
        if item is None:
            found[pk] = "unknown"
            continue
        said = opinions[pk]
        holds = {
            "held_out": item.split == Split.EVAL and not held_out,
            "set_aside": item.status != ItemStatus.ACTIVE,
            "unanswered": not said.answers,
            "decided": said.review is not None,
            "waits": said.is_settled,
        }
        found[pk] = next((reason for reason, does in holds.items() if does), "")
    return found


def sent_items(project: Project, most: int) -> list[int]:
    """What was sent and not decided since, oldest first."""
    steps = list(BulkStep.objects.filter(project=project, do=BulkDo.REVIEW).values_list("pk", flat=True))
    if not steps:
        return []
    since = ReviewDecision.objects.standing().filter(item=OuterRef("item"), created_at__gt=OuterRef("step__created_at"))
    rows = BulkItem.objects.standing().filter(~Exists(since), step__in=steps).order_by("pk")
    return list(rows.values_list("item", flat=True)[:most])


def no_longer_sent(user: User, project: Project, step: BulkStep, item_ids: Collection[int]) -> set[int]:
    """Those of the items that nobody has decided since the step sent them: the queue lets them go. Needs the permission
    to review."""
    admit(user, project)
    ReviewPlan.objects.filter(project=project).update(filled_at=None)
    decided = ReviewDecision.objects.standing().filter(item__in=list(item_ids), created_at__gt=step.created_at)
    return set(item_ids) - set(decided.values_list("item", flat=True))
