"""A manager has looked at what gold says of a person, and lets it begin anew."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from labeling.models import Action, Member, User
from labeling.selectors.access import require
from labeling.services.audit.trail import record
from labeling.services.quality.quarantine import MAX_REASON
from labeling.services.validation.checks import text


@transaction.atomic
def waive_gold(user: User, member: Member, reason: Any) -> Member:
    """The person's gold answers so far propose nothing any more: the sequential test begins anew with the next one.

    The card goes on counting all of them. Needs the permission to put people in quarantine. Raises Invalid (reason).
    """
    require(user, member.project, Action.QUARANTINES_CHANGE)
    why = text("reason", reason, max_length=MAX_REASON, required=True)
    Member.objects.filter(pk=member.pk).update(gold_waived_at=timezone.now())
    record("gold.waived", user=user, project=member.project, subject=str(member.user), after={"reason": why})
    member.refresh_from_db()
    return member
