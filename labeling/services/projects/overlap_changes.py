"""A new overlap on its way to the items: the wish is stored with the setting, a job carries it out."""

from typing import Any

from labeling.models import OverlapChange, Project, User
from labeling.services.jobs.attempts import attempt_at
from labeling.services.jobs.enqueue import enqueue_on_commit
from labeling.services.projects.overlap import BATCH_ROWS, apply_overlap, rows_of

JOB = "labeling.apply_overlap"
#: So few items and pairs have the new overlap before the request ends.
AT_ONCE_ROWS = BATCH_ROWS


def start_overlap_change(user: User, project: Project) -> OverlapChange:
    """The queued change, to be called in the transaction that stores the setting."""
    waiting = OverlapChange.objects.filter(project=project, state="queued").order_by("pk").first()
    # written to, so that no worker begins with it before this transaction ends and its setting is there to be read
    if waiting and OverlapChange.objects.filter(pk=waiting.pk, state="queued").update(created_by=user):
        return waiting
    change = OverlapChange.objects.create(project=project, created_by=user)
    if not is_small(project):
        enqueue_on_commit(JOB, change.pk)
    return change


def is_small(project: Project) -> bool:
    return rows_of(project) <= AT_ONCE_ROWS


def run_overlap_change(change_pk: int) -> dict[str, Any]:
    """Brings every item to the overlap its project has. Safe to call any number of times."""
    with attempt_at(OverlapChange.objects.all(), change_pk) as attempt:
        if attempt is not None:
            project = OverlapChange.objects.select_related("project").get(pk=change_pk).project
            changed = apply_overlap(project, attempt.beat)
            attempt.finish(changed=changed)
    return {"change": change_pk, "state": OverlapChange.objects.values_list("state", flat=True).get(pk=change_pk)}


def unfinished_change(project: Project) -> OverlapChange | None:
    """The newest change, while it is not carried out."""
    newest = OverlapChange.objects.filter(project=project).first()
    return newest if newest and newest.state != "done" else None
