"""Takes a file in, and ends one early. The work is done by the job."""

import uuid
from typing import IO

from django.db import transaction
from django.db.models.functions import Now

from labeling.models import Action, ApiToken, JobRecordQuerySet, JobState, Project, User
from labeling.models.job_record import UNFINISHED
from labeling.selectors.access import may, require
from labeling.services.audit.trail import record
from labeling.services.files import storage
from labeling.services.imports.start import kept
from labeling.services.jobs.enqueue import enqueue_on_commit
from labeling.services.validation.errors import Invalid
from learning.models import ModelVersion, PredictionFile
from learning.services.pipeline.registered import family_of

JOB = "learning.answer_file"
#: Of one person in a project, so that nobody fills the queue.
MOST_WAITING = 5


def start_file(
    user: User,
    project: Project,
    file: IO[bytes],
    file_name: str,
    *,
    format: str | None = None,  # noqa: A002 - the contract's name
    version: int | None = None,
    force: bool = False,
    token: ApiToken | None = None,
    public_id: uuid.UUID | None = None,
) -> PredictionFile:
    """Stores the file and wakes a worker on commit. Raises Invalid (project, version), ImportRefused,
    and IntegrityError for a ``public_id`` that there is already."""
    require(user, project, Action.MODELS_PREDICT)
    if why := family_of(project).not_served(project):
        raise Invalid("project", why)
    if version is not None and not ModelVersion.objects.filter(project=project, number=version).exists():
        raise Invalid("version", f"There is no model {version} in this project.")
    if version is None and ModelVersion.objects.filter(project=project).in_use() is None:
        raise Invalid("project", "This project has no model in use yet: answer some items, and a run makes one.")
    with kept(project, file=file, file_name=file_name, format=format, options={}) as upload, transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        waiting = PredictionFile.objects.filter(project=project, asked_by=user).unfinished().count()
        if waiting >= MOST_WAITING:
            raise Invalid("project", f"{waiting} files of yours wait already: send this one when they are done.")
        asked = PredictionFile.objects.create(
            project=project, asked_by=user, token=token, version_asked=version, force=force,
            file_name=upload.file_name, format=upload.format, options=upload.options, path=upload.path,
            size_bytes=upload.size_bytes, sha256=upload.sha256, total=upload.rows,
            public_id=public_id or uuid.uuid4(),
        )  # fmt: skip
        facts = {"file_name": asked.file_name, "size_bytes": asked.size_bytes}
        record("predictions.file", user=user, project=project, subject=str(asked.public_id), after=facts)
        enqueue_on_commit(JOB, asked.pk)
    return asked


def files_of(user: User, project: Project) -> JobRecordQuerySet:
    """Those that the user may see: the own ones, and a manager those of everybody."""
    rows = PredictionFile.objects.filter(project=project)
    return rows if may(user, project, Action.SERVED_READ) else rows.filter(asked_by=user)


def cancel_file(user: User, asked: PredictionFile) -> None:
    """Nothing more is answered; what was stays a prediction of the project, without a file. Nothing if it has ended."""
    require(user, asked.project, Action.MODELS_PREDICT)
    rows = PredictionFile.objects.filter(pk=asked.pk, state__in=UNFINISHED)
    if rows.update(state=JobState.CANCELLED, finished_at=Now()):
        record("predictions.cancelled", user=user, project=asked.project, subject=str(asked.public_id))
    asked.refresh_from_db()
    let_go_of_upload(asked)


def let_go_of_upload(asked: PredictionFile) -> None:
    """Once nothing reads it any more; while a backup is under way housekeeping does it later."""
    if asked.path and asked.is_finished and storage.let_go(asked.path):
        PredictionFile.objects.filter(pk=asked.pk).update(path="")
