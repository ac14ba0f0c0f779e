"""A small model is asked for by a person."""

import hashlib

from django.db import IntegrityError, transaction

from labeling.models import Action, User
from labeling.selectors.access import require
from labeling.services.audit.trail import record
from labeling.services.jobs.enqueue import enqueue_on_commit
from labeling.services.validation.errors import Invalid
from learning.models import Distillation, ModelVersion
from learning.selectors.teaching import cannot_teach
from learning.services import files
from learning.services.registry.whole_files import check_file

JOB = "learning.distil"


def ask(user: User, teacher: ModelVersion) -> Distillation:
    """The queued job. Needs the permission to train. Raises Invalid: teacher (none can be taught by it, its file is
    gone), project (one is taught already)."""
    project = teacher.project
    require(user, project, Action.RUNS_CHANGE)
    if why := cannot_teach(teacher):
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
