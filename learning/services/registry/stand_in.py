"""Whether a student answers predictions for its teacher. Nothing else follows from it: who is champion, who ranks and
what is asked next stay what they were (decision 0124)."""

from typing import Any

from django.db import transaction

from labeling.models import Project, User
from labeling.services.audit.trail import record
from labeling.services.validation.checks import text
from labeling.services.validation.errors import Invalid
from learning.models import ModelVersion, Status
from learning.services import files
from learning.services.registry.promotion import MAX_REASON
from learning.services.registry.whole_files import check_file


def put_in(student: ModelVersion, user: User | None, reason: str) -> None:
    """The student answers wherever its teacher would, and no other one does."""
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=student.project_id)
        of_teacher = ModelVersion.objects.filter(project=student.project_id, teacher=student.teacher)
        of_teacher.filter(stands_in=True).update(stands_in=False)
        ModelVersion.objects.filter(pk=student.pk).update(stands_in=True)
        record(
            "model.stands_in", user=user, project=student.project, subject=str(student), after=_told(student, reason)
        )
    student.stands_in = True


def switch(user: User, student: ModelVersion, stands_in: bool, reason: str) -> ModelVersion:
    """By a person. Raises Invalid: stands_in (no student, refused, its file is gone), reason."""
    if not reason.strip():
        raise Invalid("reason", "Say why: the reason is kept in the audit log.")
    reason = text("reason", reason, max_length=MAX_REASON)
    if student.teacher is None:
        raise Invalid("stands_in", f"{student} is no student: promote it to have it answer.".capitalize())
    if not stands_in:
        with transaction.atomic():
            Project.objects.select_for_update(no_key=True).get(pk=student.project_id)
            ModelVersion.objects.filter(pk=student.pk).update(stands_in=False)
            told = _told(student, reason)
            record("model.stands_down", user=user, project=student.project, subject=str(student), after=told)
        student.stands_in = False
        return student
    if student.status == Status.REJECTED:
        raise Invalid("stands_in", f"{student} was refused: it may not answer for {student.teacher}.".capitalize())
    if student.status != Status.CANDIDATE or not student.decisions.exists():
        raise Invalid("stands_in", f"{student} has not been accepted as a student.".capitalize())
    try:
        check_file(student)
    except files.Corrupt as error:
        raise Invalid("stands_in", f"{student} cannot be used: {error}.".capitalize()) from error
    put_in(student, user, reason)
    return student


def _told(student: ModelVersion, reason: str) -> dict[str, Any]:
    return {"teacher": student.teacher.number if student.teacher else None, "reason": reason}
