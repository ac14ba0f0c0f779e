"""How much one person is asked: goals, quotas, a pause (decision 0088)."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from labeling.models import Member, Project, Task, TaskState, User
from labeling.models.member import MAX_PAUSE_NOTE
from labeling.services.audit.trail import record, record_change
from labeling.services.serving.leases import expire_overdue
from labeling.services.validation.checks import text
from labeling.services.validation.errors import Invalid

#: A goal is told and binds nobody; a quota is held to in serving.
MEASURES = ("goal_day", "goal_total", "quota_day", "quota_total")
MAX_ANSWERS = 10_000_000


@transaction.atomic
def set_measure(by: User, member: Member, values: Mapping[str, Any]) -> Member:
    """Sets those of ``MEASURES`` that are given; None is none. Questions at hand stay. Raises Invalid."""
    given = {name: _number(name, value) for name, value in values.items()}
    locked = _locked(member)
    after = {name: getattr(locked, name) for name in MEASURES} | given
    for span in ("day", "total"):
        goal, quota = after[f"goal_{span}"], after[f"quota_{span}"]
        if goal is not None and quota is not None and goal > quota:
            raise Invalid(f"goal_{span}", "The goal is more than the person will be asked.")
    before = {name: getattr(locked, name) for name in given}
    Member.objects.filter(pk=member.pk).update(**given)
    subject = member.user.get_username()
    record_change("member.measure", before, given, user=by, project=member.project, subject=subject)
    member.refresh_from_db(fields=list(MEASURES))
    return member


@transaction.atomic
def pause(by: User, member: Member, note: Any = "") -> Member:
    """Nothing is asked of the person until ``resume``; the membership stays, questions at hand go back at once and can
    be answered as long as nobody else has them. ``note`` is shown to the person. Again, it changes the note."""
    why = text("note", note, max_length=MAX_PAUSE_NOTE)
    locked = _locked(member)
    Member.objects.filter(pk=member.pk).update(paused_at=locked.paused_at or timezone.now(), pause_note=why)
    subject = member.user.get_username()
    record("member.paused", user=by, project=member.project, subject=subject, after={"note": why})
    _give_back(member.project, member.user)
    member.refresh_from_db(fields=["paused_at", "pause_note"])
    return member


@transaction.atomic
def resume(by: User, member: Member) -> Member:
    """The person is asked again. Harmless to repeat."""
    if _locked(member).paused_at is not None:
        Member.objects.filter(pk=member.pk).update(paused_at=None, pause_note="")
        subject = member.user.get_username()
        record("member.resumed", user=by, project=member.project, subject=subject)
    member.refresh_from_db(fields=["paused_at", "pause_note"])
    return member


def _give_back(project: Project, user: User) -> None:
    held = Task.objects.filter(project=project, annotator=user, state=TaskState.OPEN)
    if held.update(lease_expires_at=Now()):
        transaction.on_commit(expire_overdue, robust=True)  # the next sweep would, a little later


def _locked(member: Member) -> Member:
    """Once what the person does just now is done: no question is put in between."""
    return Member.objects.select_for_update(no_key=True).get(pk=member.pk)


def _number(field: str, value: Any) -> int | None:
    if field not in MEASURES:
        raise Invalid(field, "There is no such field.")
    if value is None:
        return None
    low = 0 if field.startswith("quota") else 1
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= MAX_ANSWERS:
        raise Invalid(field, f"A whole number from {low} to {MAX_ANSWERS:,}, or nothing.")
    return value
