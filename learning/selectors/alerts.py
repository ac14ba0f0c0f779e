"""Open alerts, counted by project and across all of them."""

from collections.abc import Mapping, Sequence

from django.db.models import Count

from labeling.extensions import OpenAlert
from learning.models import Alert
from learning.models.alert import Severity


def alert_counts(project_ids: Sequence[int]) -> Mapping[int, int]:
    """How many are open in each of the projects that has any; one query, by the index of open ones."""
    rows = Alert.objects.open().filter(project__in=project_ids).order_by().values_list("project")
    return dict(rows.annotate(n=Count("pk")))


def newest_alerts(most: int) -> Sequence[OpenAlert]:
    """Of projects that are not deleted, the newest first."""
    rows = Alert.objects.open().filter(project__deleted_at=None).select_related("project").newest_first()[:most]
    return [
        OpenAlert(alert.project, alert.message, alert.severity == Severity.ERROR, alert.times, alert.last_seen_at)
        for alert in rows
    ]
