"""A suspected answer is put to somebody else, or said to be right as it is."""

from collections.abc import Collection

from django.db import transaction
from django.db.models.functions import Now

from labeling.models import Action, Project, User
from labeling.selectors.access import require
from labeling.services.audit.trail import record
from labeling.services.items.doubted import ask_somebody_else
from learning.models import SuspectedError, SuspicionState


@transaction.atomic
def ask_again(user: User, project: Project, item_ids: Collection[int]) -> list[int]:
    """Puts the suspected ones of these items to one person more; returns the items that now are. Needs the permission
    to review."""
    require(user, project, Action.ITEMS_ASK_AGAIN)
    asked = ask_somebody_else(user, project, _suspected(project, item_ids))
    _decide(user, project, asked, SuspicionState.ASKED)
    return asked


@transaction.atomic
def keep(user: User, project: Project, item_ids: Collection[int]) -> list[int]:
    """Says that these answers are right: they are not named again. Returns their items. Needs the permission to
    review."""
    require(user, project, Action.ITEMS_ASK_AGAIN)
    kept = _suspected(project, item_ids)
    if _decide(user, project, kept, SuspicionState.KEPT):
        subject = f"item {kept[0]}" if len(kept) == 1 else f"{len(kept):,} items"
        record("item.answer_kept", user=user, project=project, subject=subject, after={"items": len(kept)})
    return kept


def _suspected(project: Project, item_ids: Collection[int]) -> list[int]:
    wanted = SuspectedError.objects.filter(project=project, item__in=sorted(set(item_ids))).open()
    return sorted(wanted.values_list("item", flat=True))


def _decide(user: User, project: Project, item_ids: list[int], state: SuspicionState) -> int:
    rows = SuspectedError.objects.filter(project=project, item__in=item_ids).open()
    return rows.update(state=state, decided_at=Now(), decided_by=user)
