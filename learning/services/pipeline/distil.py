"""A small model is taught what a large one says of the pool: asked for by a person, made and judged by a job."""

import hashlib
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from threadpoolctl import threadpool_limits

from labeling.models import Action, Project, User
from labeling.selectors.access import require
from labeling.services.audit.trail import record
from labeling.services.jobs.attempts import Attempt, attempt_at
from labeling.services.jobs.enqueue import enqueue_on_commit
from labeling.services.validation.errors import Invalid
from learning.core.evaluation.student_gate import FASTER, NEAR_TEACHER
from learning.models import Distillation, ModelVersion, Status
from learning.services import files
from learning.services.pipeline.family import Lesson
from learning.services.pipeline.registered import family_of
from learning.services.registry import gate, golden, prediction_cost, promotion, stand_in
from learning.services.registry.register import register_student
from learning.services.registry.whole_files import check_file

JOB = "learning.distil"


def ask(user: User, teacher: ModelVersion) -> Distillation:
    """The queued job. Needs the permission to train. Raises Invalid: teacher (none can be taught by it, its file is
    gone), project (one is taught already)."""
    project = teacher.project
    require(user, project, Action.RUNS_CHANGE)
    family = family_of(project)
    if why := family.cannot_distil(teacher):
        raise Invalid("teacher", why)
    try:
        check_file(teacher)
    except files.Corrupt as error:
        raise Invalid("teacher", f"{teacher} cannot teach: {error}.".capitalize()) from error
    number = Distillation.objects.filter(project=project).count() + 1
    seed = int.from_bytes(hashlib.sha256(f"distil:{project.split_seed}:{number}".encode()).digest()[:7])
    try:
        with transaction.atomic():
            made = Distillation.objects.create(project=project, teacher=teacher, requested_by=user, seed=seed)
            told = {"teacher": teacher.number}
            record("model.distil_asked_for", user=user, project=project, subject=str(made.public_id), after=told)
            enqueue_on_commit(JOB, made.pk)
    except IntegrityError as error:
        raise Invalid("project", "A small model is being taught already: wait for its end.") from error
    return made


def run_distillation(pk: int) -> dict[str, Any]:
    """Teaches and judges. Safe to call any number of times; another attempt ends the same."""
    with attempt_at(Distillation.objects.all(), pk) as attempt:
        if attempt is not None:
            found = Distillation.objects.select_related("project", "teacher__project").get(pk=pk)
            # one BLAS thread, as in a run: times of the two are compared, and the bits are the same everywhere
            with threadpool_limits(limits=1):
                _distil(found, attempt)
    return {"distillation": pk, "state": Distillation.objects.values_list("state", flat=True).get(pk=pk)}


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
