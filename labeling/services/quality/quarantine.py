"""Leaving a person's answers out for a while, and counting them again. Nothing is deleted."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from labeling import signals
from labeling.models import Action, Member, Progress, Project, Quarantine, Task, TaskState, User
from labeling.selectors.access import require
from labeling.selectors.quarantine import answers_of, person_named
from labeling.services.answers.skips import settle_skipped
from labeling.services.audit.trail import record
from labeling.services.projects.overlap_changes import is_small, run_overlap_change, start_overlap_change
from labeling.services.validation.checks import text
from labeling.services.validation.errors import Invalid

MAX_REASON = 2_000


@transaction.atomic
def set_in_quarantine(user: User, project: Project, name: Any, reason: Any) -> Quarantine:
    """From the next run on the person's answers are not learned from, and a consensus does not count them.

    Nothing more is asked of the person; open tasks go back at the next sweep. Needs the permission to manage. Raises
    Invalid (annotator, reason). Announces ``answers_changed`` on commit.
    """
    require(user, project, Action.QUARANTINES_CHANGE)
    why = text("reason", reason, max_length=MAX_REASON, required=True)
    person = person_named(project, text("annotator", name, max_length=200, required=True))
    if person is None:
        raise Invalid("annotator", "Nobody of this name has answered here or is a member.")
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    who = _who(person)
    if Quarantine.objects.open().filter(project=project, **who).exists():
        raise Invalid("annotator", f"{name} is in quarantine already.")
    _set_member(project, person, is_quarantined=True)
    settle_skipped(project)
    change = _changed(project, answers_of(project, person))
    record("quarantine.set", user=user, project=project, subject=str(person), after={"reason": why})
    made = Quarantine.objects.create(project=project, **who, reason=why, set_by=user, since_change=change)
    _ask_anew(user, project, person)
    return made


@transaction.atomic
def lift(user: User, quarantine: Quarantine, reason: Any) -> Quarantine:
    """The person's answers count again from the next run on, and the person is asked again. Needs the permission to
    manage. Raises Invalid (reason; lifted_at when it is over already). Announces ``answers_changed`` on commit."""
    project = quarantine.project
    require(user, project, Action.QUARANTINES_CHANGE)
    why = text("reason", reason, max_length=MAX_REASON, required=True)
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if not Quarantine.objects.open().filter(pk=quarantine.pk).exists():
        raise Invalid("lifted_at", "The quarantine is over already.")
    person = quarantine.annotator or quarantine.imported_annotator
    _set_member(project, person, is_quarantined=False)
    change = _changed(project, answers_of(project, person))
    Quarantine.objects.filter(pk=quarantine.pk).update(
        lift_reason=why, lifted_by=user, lifted_at=timezone.now(), until_change=change
    )
    record("quarantine.lifted", user=user, project=project, subject=quarantine.name, after={"reason": why})
    _ask_anew(user, project, person)
    quarantine.refresh_from_db()
    return quarantine


def _who(person: User | str) -> dict[str, Any]:
    if isinstance(person, User):
        return {"annotator": person, "imported_annotator": ""}
    return {"annotator": None, "imported_annotator": person}


def _set_member(project: Project, person: User | str, *, is_quarantined: bool) -> None:
    """Once what the person does just now is done: member before task (see services/serving/slots)."""
    if not isinstance(person, User):
        return
    member = Member.objects.select_for_update(no_key=True).filter(project=project, user=person).first()
    if member is None:
        return
    Member.objects.filter(pk=member.pk).update(is_quarantined=is_quarantined)
    if is_quarantined:
        held = Task.objects.filter(project=project, annotator=person, state=TaskState.OPEN)
        held.update(lease_expires_at=Now())


def _changed(project: Project, answers: int) -> int:
    """Counts the change and gives its number; at least one, so that each change has a number of its own."""
    rows = Progress.objects.filter(project=project)
    rows.update(changes=F("changes") + max(answers, 1))
    transaction.on_commit(partial(signals.answers_changed.send_robust, Quarantine, project_id=project.pk))
    return rows.values_list("changes", flat=True).get()


def _ask_anew(user: User, project: Project, person: User | str) -> None:
    """Where imported judgments spare their pairs a question, those of the name do so no more, or again."""
    if isinstance(person, User) or not project.asks_only_unlabeled:
        return
    change = start_overlap_change(user, project)
    if is_small(project):
        transaction.on_commit(partial(run_overlap_change, change.pk))
