"""What people do with runs: ask for one, call one off."""

from django.db import transaction
from django.db.models.functions import Now

from labeling.models import JobState, Project, User
from labeling.services.audit.trail import record
from labeling.services.jobs.enqueue import enqueue_on_commit
from labeling.services.validation.errors import Invalid
from learning.models import ModelVersion, Run, Trigger
from learning.services.registry import promotion
from learning.services.runs.decide import decide


@transaction.atomic
def request_run(user: User, project: Project) -> Run:
    """Asks for a run now. The row may say ``skipped`` and why; a run that is queued already is given back."""
    run = decide(project.pk, Trigger.MANUAL, user)
    if run is None:
        raise Invalid("project", "The project is archived: nothing is learned any more.")
    said = {"state": run.state, "reason": run.reason}
    record("run.asked_for", user=user, project=project, subject=str(run.public_id), after=said)
    if run.state == JobState.QUEUED:
        enqueue_on_commit("learning.run_training", run.pk)
    return run


@transaction.atomic
def cancel(user: User, run: Run) -> Run:
    """Calls a run off; it stops before its next step, the champion stays. Raises Invalid when it has ended."""
    unfinished = Run.objects.filter(pk=run.pk).unfinished()
    if not unfinished.update(state=JobState.CANCELLED, finished_at=Now()):
        run.refresh_from_db()
        raise Invalid("state", f"The run has ended already: {run.state}.")
    run.refresh_from_db()
    for step in run.steps:
        if step["state"] == "running":
            step |= {"state": "skipped", "note": "called off"}
    run.save(update_fields=["steps"])
    record("run.cancelled", user=user, project=run.project, subject=str(run.public_id))
    for waiting in Run.objects.filter(project=run.project_id, state=JobState.QUEUED):
        enqueue_on_commit("learning.run_training", waiting.pk)
    return run


def promote(user: User, version: ModelVersion, reason: str) -> ModelVersion:
    """Makes a version champion and has it rank. Raises Invalid."""
    promoted = promotion.promote(user, version, reason)
    enqueue_on_commit("learning.rank", version.project_id)
    return promoted


def pin(user: User, version: ModelVersion, pinned: bool) -> ModelVersion:
    """Keeps a version's file from housekeeping, or no longer. Raises Invalid when the file is gone already."""
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=version.project_id)  # housekeeping takes the same lock
        version.refresh_from_db(fields=["dropped_at", "pinned"])
        if version.dropped_at is not None:
            raise Invalid("pinned", f"{version} has no file: {version.dropped_words}".capitalize())
        if version.pinned != pinned:
            ModelVersion.objects.filter(pk=version.pk).update(pinned=pinned)
            action = "model.pinned" if pinned else "model.unpinned"
            record(action, user=user, project=version.project, subject=str(version))
            version.pinned = pinned
    return version


def rollback(user: User, project: Project, reason: str, to: int | None = None) -> ModelVersion:
    """Goes back to the champion before, or to an earlier one by number, and has it rank. Raises Invalid."""
    earlier = promotion.rollback(user, project, reason, to)
    enqueue_on_commit("learning.rank", project.pk)
    return earlier
