"""How a release ends: its state, a decision about its candidate, an alert and a line of the trail, all or nothing."""

from typing import Any

from labeling.models import User
from labeling.services.audit.trail import record
from learning.core.release.rules import error_interval
from learning.models import AlertKind, Decision, ModelVersion, Release, ReleaseState, Severity
from learning.services.monitoring import alerts


def end(release: Release, state: ReleaseState, why: str, user: User | None = None) -> bool:
    """Ends a running release, inside the transaction of who calls; False when it has ended already. A candidate that
    is sent back stays what it is: a ranking, or a person, may use it on."""
    if not Release.objects.filter(pk=release.pk).end(state, why, user):
        return False
    release.refresh_from_db(fields=["state", "why", "ended_at", "ended_by"])
    candidate, facts = release.candidate, {"reason": why, "candidate": release.candidate.number, **numbers(release)}
    if state == ReleaseState.ROLLED_BACK:
        status = ModelVersion.objects.values_list("status", flat=True).get(pk=candidate.pk)
        Decision.objects.create(
            project_id=release.project_id, model_version=candidate, before=status, after=status,
            reason=f"Rolled back from {release}: {why}", numbers=numbers(release), decided_by=user,
        )  # fmt: skip
    action = f"release.{state.value}"
    record(action, user=user, project=release.project, subject=str(release), after=facts)
    is_bad = state == ReleaseState.ROLLED_BACK
    message = f"{release} of {candidate} {state.label}: {why}".capitalize()
    severity = Severity.ERROR if is_bad and user is None else Severity.WARNING
    alerts.raise_alert(release.project, AlertKind.RELEASE_ENDED, message, subject=str(release), severity=severity)
    return True


def overtake(version: ModelVersion, user: User | None) -> None:
    """Another version came into use: whatever ran was compared with one that is not in use any more."""
    running = Release.objects.running().filter(project=version.project_id)
    for release in running.select_related("project", "candidate"):
        end(release, ReleaseState.OVERTAKEN, f"{version} is the champion now.".capitalize(), user)


def numbers(release: Release) -> dict[str, Any]:
    """What was known of the two when it ended, as decisions keep it."""
    low, high = error_interval(release.errors)
    return {
        "release": release.number, "predictions": release.predictions, "failed": release.failed,
        "judged": release.errors.n, "worse": release.errors_worse, "better": release.errors_better,
        "difference": round(release.errors.difference, 4), "low": round(low, 4), "high": round(high, 4),
    }  # fmt: skip
