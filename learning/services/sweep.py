"""Finds what was lost: runs whose worker died, runs nobody announced, decisions nobody took."""

from labeling.models import JobState
from learning.models import NextDecision, Run


def lost_runs() -> list[int]:
    """Runs to go on with: queued ones whose project has no running one, and running ones without a worker."""
    orphans = [pk for pk, _ in Run.objects.lost()]
    busy = Run.objects.filter(state=JobState.RUNNING).values("project")
    return orphans + list(
        Run.objects.filter(state=JobState.QUEUED).exclude(project__in=busy).values_list("pk", flat=True)
    )


def due_projects() -> list[int]:
    """Projects with enough new answers and no run waiting to learn from them."""
    waiting = Run.objects.filter(state=JobState.QUEUED).values("project")
    return list(NextDecision.objects.due().exclude(project__in=waiting).values_list("pk", flat=True))
