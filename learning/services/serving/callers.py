"""A manager stops one who asks the model, and lets it ask again."""

from django.db import transaction
from django.utils import timezone

from labeling.models import User
from labeling.services.audit.trail import record
from labeling.services.validation.errors import Invalid
from learning.models import PredictionCaller


@transaction.atomic
def stop(user: User, caller: PredictionCaller, reason: str) -> PredictionCaller:
    """From the next second on it is answered 403 in this project; its token is as good as ever elsewhere."""
    if not (why := reason.strip()):
        raise Invalid("reason", "Say why: whoever asks is told.")
    if len(why) > (most := 500):
        raise Invalid("reason", f"At most {most} characters.")
    changed = PredictionCaller.objects.filter(pk=caller.pk, stopped_at=None)
    if not changed.update(stopped_at=timezone.now(), stopped_by=user, stopped_why=why):
        raise Invalid("caller", "It is stopped already.")
    record("caller.stopped", user=user, project=caller.project, subject=caller.caller, after={"reason": why})
    caller.refresh_from_db()
    return caller


@transaction.atomic
def allow(user: User, caller: PredictionCaller, reason: str) -> PredictionCaller:
    """It is answered again."""
    changed = PredictionCaller.objects.stopped().filter(pk=caller.pk)
    if not changed.update(stopped_at=None, stopped_by=None, stopped_why=""):
        raise Invalid("caller", "It is not stopped.")
    record("caller.allowed", user=user, project=caller.project, subject=caller.caller, after={"reason": reason.strip()})
    caller.refresh_from_db()
    return caller
