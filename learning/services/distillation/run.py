"""A small model is taught what a large one says of the pool, and judged: the job."""

from functools import partial
from typing import Any

from django.db import transaction
from threadpoolctl import threadpool_limits

from labeling.models import Project
from labeling.services.audit.trail import record
from labeling.services.jobs.attempts import Attempt, attempt_at
from learning.core.evaluation.checks import FASTER, NEAR_TEACHER
from learning.models import Distillation, Status
from learning.services.pipeline.family import Lesson
from learning.services.pipeline.registered import family_of
from learning.services.registry import gate, golden, prediction_cost, promotion, stand_in
from learning.services.registry.register import register_student


def run_distillation(pk: int) -> dict[str, Any]:
    """Teaches and judges. Safe to call any number of times; another attempt ends the same."""
    with attempt_at(Distillation.objects.all(), pk) as attempt:
        if attempt is not None:
            found = Distillation.objects.select_related("project", "teacher__project").get(pk=pk)
            # one BLAS thread, as in a run: times of the two are compared, and the bits are the same everywhere
            with threadpool_limits(limits=1):
                _distil(found, attempt)
    return {"distillation": pk, "state": _state_of(pk)}


def _state_of(pk: int) -> str:
    """Or that it is gone, with its project."""
    return Distillation.objects.values_list("state", flat=True).filter(pk=pk).first() or "gone"


def _distil(found: Distillation, attempt: Attempt) -> None:
    """Raises FencedOff, files.Corrupt, and what the family says cannot be taught."""
    teacher, project = found.teacher, found.project

    def told(step: str, done: int, of: int) -> None:
        attempt.beat(step=step, done=done, total=of)

    family = family_of(project)
    taught = family.distil(Lesson(teacher, found.seed, told))
    told("keeping it", 0, 0)
    outputs = family.outputs
    fields = {"encoder": taught.items.version.version, "learner": taught.model.name}
    fields |= golden.keep(taught.items, partial(outputs, taught.fitted)) | taught.fields
    with transaction.atomic():
        student = register_student(found, taught.model.dump(), fields)
        attempt.beat(student=student)
    told("timing both", 0, 0)
    cost = prediction_cost.measure(student, outputs)
    timings = prediction_cost.side_by_side(student, teacher, outputs)
    verdict = gate.within_limits(taught.verdict(student, *timings), cost, project)
    checks = {check["name"]: check for check in verdict.numbers["checks"]}
    result = {
        "teacher": teacher.number,
        "student": student.number,
        "accepted": verdict.status != Status.REJECTED,
        "reason": verdict.reason,
        "times_faster": checks[FASTER]["value"] if FASTER in checks else None,
        "difference": checks[NEAR_TEACHER]["value"] if NEAR_TEACHER in checks else None,
        **{
            side: {"alone_ms": each.alone_ms, "cpu_ms_per_1000": each.cpu_ms_per_1000}
            for side, each in zip(("student_cost", "teacher_cost"), timings, strict=True)
        },
    }
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)  # before rows of versions, as everywhere
        attempt.finish(step="", done=0, total=0, result=result)
        promotion.settle(student, verdict.status, verdict.reason, verdict.numbers)
        if result["accepted"]:
            stand_in.put_in(student, None, verdict.reason)
        else:
            record("model.student_refused", user=None, project=project, subject=str(student), after=result)
