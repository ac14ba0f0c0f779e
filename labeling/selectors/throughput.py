"""How fast the answers come in."""

from datetime import timedelta
from statistics import median
from typing import Any

from django.db.models import Count, Q, TextField
from django.db.models.functions import Cast, Left
from django.utils import timezone

from labeling.models import Annotation, Project, Source

RECENT_ANSWERS = 2000
_HOUR_MS = 3_600_000


def throughput(project: Project, days: int = 14) -> dict[str, Any]:
    """``{"per_day":[{"date","answers"}],"today","last_hour","median_ms"}``; revisions count once.

    ``per_day`` has every day of the window, oldest first, in UTC; ``median_ms`` is over the newest answers.
    """
    now = timezone.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    start = midnight - timedelta(days=days - 1)
    answers = Annotation.objects.current().filter(project=project, source=Source.HUMAN)
    # the date by its text, in UTC on both databases: on SQLite TruncDate is a Python call a row, 19 s for a million
    dated = answers.filter(created_at__gte=start).annotate(date=Left(Cast("created_at", TextField()), 10))
    by_date = {
        date: (n, fresh)
        for date, n, fresh in dated.order_by()
        .values_list("date")
        .annotate(n=Count("pk"), fresh=Count("pk", filter=Q(created_at__gte=now - timedelta(hours=1))))
    }
    dates = [(start + timedelta(days=offset)).date().isoformat() for offset in range(days)]
    per_day = [{"date": date, "answers": by_date.get(date, (0, 0))[0]} for date in dates]
    median_ms = _median_ms(project)
    return {
        "per_day": per_day,
        "today": per_day[-1]["answers"],
        "last_hour": sum(fresh for _, fresh in by_date.values()),
        "median_ms": median_ms,
    }


def answers_an_hour(project: Project) -> int | None:
    """At the pace of the newest answers; None before there is one that was timed."""
    median_ms = _median_ms(project)
    return round(_HOUR_MS / median_ms) if median_ms else None


def _median_ms(project: Project) -> int | None:
    answers = Annotation.objects.current().filter(project=project, source=Source.HUMAN, elapsed_ms__isnull=False)
    newest = answers.order_by("-pk").values_list("elapsed_ms", flat=True)[:RECENT_ANSWERS]
    times = [elapsed_ms for elapsed_ms in newest if elapsed_ms is not None]
    return round(median(times)) if times else None
