"""Looks at who asks a model: one who probes it, and traffic of which it knows too little, each raise one alert."""

import logging
from typing import Any

from django.utils import timezone

from labeling.db.prepared import PreparedRows
from labeling.models import Project
from learning.core.evaluation.intervals import share
from learning.models import Alert, AlertKind, PredictionCaller, ServedPrediction, Severity
from learning.models.served_prediction import ids_before
from learning.selectors.prediction_callers import WINDOW, CallerCounts, caller_name, recent_callers
from learning.services.monitoring.alerts import raise_alert

logger = logging.getLogger(__name__)

#: Fewer predictions say nothing.
LEAST = 50
#: A caller is said to probe once more than this share of what it asks is surely unlike anything learned.
PROBES_FROM = 0.5
#: All others together are too far from what was learned above this.
STRANGE_FROM = 0.25


_asked = PreparedRows(
    lambda since: ServedPrediction.objects.filter(pk__gte=since).order_by().values_list("project").distinct()
)


def sweep_callers() -> dict[str, Any]:
    """Quick, and harmless twice at once: an alert that is open, or was resolved while the same predictions were looked
    at, is not raised again."""
    since = ids_before(timezone.now() - WINDOW)
    asked = [project for (project,) in _asked(since)]
    raised = {}
    for project in Project.objects.filter(pk__in=asked, deleted_at=None) if asked else ():
        try:
            raised[project.pk] = look_at_callers(project)
        except Exception:  # whatever it was, the others have their turn; this one has its next
            logger.exception("who asks the model of project %s was not looked at", project.pk)
    return {"projects": raised}


def look_at_callers(project: Project) -> int:
    """Knows new callers and raises what is to be raised; how many alerts."""
    callers = recent_callers(project.pk)
    known = set(PredictionCaller.objects.filter(project=project, caller__in=callers).values_list("caller", flat=True))
    new = (one for key, one in callers.items() if key not in known)
    PredictionCaller.objects.bulk_create(
        [
            PredictionCaller(project=project, caller=one.key, token_id=one.token_id, user_id=_user(one))
            for one in new
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    raised = 0
    probing = {key for key, one in callers.items() if one.n >= LEAST and _low(one.outliers, one.n) > PROBES_FROM}
    for key in sorted(probing):
        one = callers[key]
        message = (
            f"{one.outliers:,} of the last {one.n:,} predictions for {_name(project, key)} were about what is unlike"
            " anything the model learned. Stop it if it is not meant to ask such things."
        )
        raised += _raise(project, AlertKind.CALLER_PROBES, key, message)
    n = sum(one.n for key, one in callers.items() if key not in probing)
    outliers = sum(one.outliers for key, one in callers.items() if key not in probing)
    if n >= LEAST and _low(outliers, n) > STRANGE_FROM:
        message = (
            f"{outliers:,} of the last {n:,} predictions were about what is unlike anything the model learned: let such"
            " items come back to people, or look at what is sent."
        )
        raised += _raise(project, AlertKind.MANY_OUTLIERS, "", message)
    return raised


def _low(outliers: int, n: int) -> float:
    return share(outliers, n).low


def _user(one: CallerCounts) -> int | None:
    return one.user_id if one.token_id is None else None


def _raise(project: Project, kind: AlertKind, subject: str, message: str) -> bool:
    same = Alert.objects.filter(project=project, kind=kind, subject=subject)
    if same.open().exists() or same.filter(resolved_at__gte=timezone.now() - WINDOW).exists():
        return False
    raise_alert(project, kind, message, subject=subject, severity=Severity.WARNING)
    return True


def _name(project: Project, key: str) -> str:
    caller = PredictionCaller.objects.select_related("token", "user").get(project=project, caller=key)
    return caller_name(caller)
