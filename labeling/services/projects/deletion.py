"""Deleting a project: gone for everybody in the request, its rows and files removed by a job.

In batches, because one transaction over a million rows would stop everybody else, and items before their pictures,
which they protect. Every batch is counted with its own deletion; whatever dies, the next attempt goes on.
"""

import logging
import secrets
from contextlib import suppress
from typing import Any

from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from labeling import signals
from labeling.models import (
    Annotation,
    AskedAgain,
    Asset,
    Backup,
    BulkItem,
    BulkStep,
    Context,
    FacetBlock,
    GoldTold,
    ImportBatch,
    Item,
    ItemComment,
    JobState,
    KnownAnswer,
    Pair,
    PairQueueEntry,
    Playback,
    PracticeRound,
    Prediction,
    Project,
    ProjectDeletion,
    QueueEntry,
    ReviewDecision,
    ReviewEntry,
    Snapshot,
    Suggestion,
    Task,
    User,
    WordBlock,
)  # fmt: skip
from labeling.services.audit.trail import record
from labeling.services.jobs.attempts import Beat, attempt_at
from labeling.services.jobs.enqueue import enqueue_on_commit
from labeling.services.queue.publish import reserve_epoch

__all__ = ["delete_project", "run_deletion"]

log = logging.getLogger(__name__)

JOB = "labeling.delete_project"
#: A project of so few rows is gone before the request ends.
AT_ONCE_ROWS = 1_000
DELETE_BATCH_ROWS = 5_000
DELETE_BATCH_FILES = 500
DELETE_TRIES = 5
#: Each refers to those after it.
_IN_ORDER = (
    WordBlock, FacetBlock, BulkItem, ReviewDecision, ItemComment, ReviewEntry, Prediction, Suggestion, Annotation, Task,
    AskedAgain, KnownAnswer, Pair, Item, Context, Asset,
)  # fmt: skip


def delete_project(user: User, project: Project) -> ProjectDeletion:
    """Hides the project from everybody and frees its address; a job removes what is in it. Cannot be undone."""
    is_small = _rows_up_to(project, AT_ONCE_ROWS + 1) <= AT_ONCE_ROWS
    now = timezone.now()
    with transaction.atomic():
        hidden = Project.objects.filter(pk=project.pk, deleted_at=None).update(deleted_at=now, archived_at=now)
        if not hidden:  # somebody else was faster
            return ProjectDeletion.objects.get(project_number=project.pk)
        deletion = ProjectDeletion.objects.create(
            project_id=project.pk, project_number=project.pk, name=project.name, slug=project.slug, created_by=user
        )
        record("project.deleted", user=user, project=project, subject=project.name)
    _stop(project.pk)
    if is_small:
        _run_now(deletion)
    else:
        enqueue_on_commit(JOB, deletion.pk)
    return deletion


def _run_now(deletion: ProjectDeletion) -> None:
    """In the request; whatever stops it is the worker's to go on with: to whoever asked the project is gone already."""
    try:
        run_deletion(deletion.pk)
    except Exception:  # it is on record, and the worker goes on with it
        log.exception("deletion %s did not end in its request", deletion.pk)


def _rows_up_to(project: Project, limit: int) -> int:
    return sum(model._default_manager.filter(project=project)[:limit].count() for model in _IN_ORDER)


def run_deletion(deletion_pk: int) -> dict[str, Any]:
    """Removes rows, then files. Safe to call any number of times. Files wait for the end of a backup under way, whose
    copy of the database may still name them."""
    with attempt_at(ProjectDeletion.objects.all(), deletion_pk) as attempt:
        if attempt is not None:
            deletion = ProjectDeletion.objects.get(pk=deletion_pk)
            if Project.objects.filter(pk=deletion.project_number).exists():
                _delete_project(deletion, attempt.beat)
            if Backup.objects.under_way().exists():
                attempt.put_back()
            else:
                _delete_files(deletion.project_number, attempt.beat)
                signals.project_deleted.send(Project, project_id=deletion.project_number)
                attempt.finish()
    return {
        "deletion": deletion_pk,
        "state": ProjectDeletion.objects.values_list("state", flat=True).get(pk=deletion_pk),
    }


def _stop(project_id: int) -> None:
    """Nothing is asked any more; what imports, writes a snapshot, answers or ranks is fenced off. The address is
    free."""
    for rows in (ImportBatch, Snapshot, BulkStep, Playback):
        jobs = rows.objects.filter(project=project_id)
        jobs.unfinished().update(state=JobState.CANCELLED, finished_at=Now())
    with suppress(Project.DoesNotExist):  # a worker was faster
        reserve_epoch(project_id)
    # alone: it waits for whoever is storing rows of the project, who may wait for any other lock of this one
    Project.objects.filter(pk=project_id).update(slug=f"deleted-{project_id}-{secrets.token_hex(8)}")


def _delete_project(deletion: ProjectDeletion, beat: Beat) -> None:
    project_id = deletion.project_number
    _stop(project_id)
    rows = [model._default_manager.filter(project=project_id) for model in _IN_ORDER]
    if not deletion.total:
        beat(total=sum(some.count() for some in rows))
    for tries_left in reversed(range(DELETE_TRIES)):
        try:
            QueueEntry.objects.filter(epoch__project=project_id).delete()
            PairQueueEntry.objects.filter(epoch__project=project_id).delete()
            PracticeRound.objects.filter(project=project_id).delete()
            GoldTold.objects.filter(task__project=project_id).delete()
            for some in rows:
                _delete_in_batches(some, deletion, beat)
            with transaction.atomic():
                Project.objects.get(pk=project_id).delete()
            return
        except IntegrityError:  # an answer, or a step of a run, came in between
            if not tries_left:
                raise


def _delete_in_batches(rows: QuerySet[Any], deletion: ProjectDeletion, beat: Beat) -> None:
    """Without loading them: the ORM's own cascade took 0.06 ms a row. The database refuses what is still in use."""
    ordered = rows.order_by("pk").values_list("pk", flat=True)
    while batch := list(ordered[:DELETE_BATCH_ROWS]):
        with transaction.atomic():
            done = deletion.done + rows.filter(pk__lte=batch[-1])._raw_delete(rows.db)
            beat(done=done)
        deletion.done = done


def _delete_files(project_id: int, beat: Beat) -> None:
    """Every room of the file storage keeps a project's files under ``<room>/<project id>/``."""
    rooms, _ = default_storage.listdir("") if default_storage.exists("") else ([], [])
    for room in rooms:
        _delete_tree(f"{room}/{project_id}", beat)


def _delete_tree(folder: str, beat: Beat) -> None:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for number, name in enumerate(files):
        if number % DELETE_BATCH_FILES == 0:
            beat()
        default_storage.delete(f"{folder}/{name}")
    for name in folders:
        _delete_tree(f"{folder}/{name}", beat)
    if default_storage.exists(folder):  # a folder of a file system; object stores have none
        default_storage.delete(folder)
