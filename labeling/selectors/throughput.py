"""How fast the answers come in."""

from datetime import timedelta
from statistics import median
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone

from labeling.models import Annotation, Project, Source

RECENT_ANSWERS = 2000


def throughput(project: Project, days: int = 14) -> dict[str, Any]:
    """``{"per_day":[{"date","answers"}],"today","last_hour","median_ms"}``; revisions count once.

    ``per_day`` has every day of the window, oldest first, in UTC; ``median_ms`` is over the newest answers.
    """
    now = timezone.now()
    start = (now - timedelta(days=days - 1)).date()
    answers = Annotation.objects.current().filter(project=project, source=Source.HUMAN)
    since = answers.filter(created_at__date__gte=start).annotate(date=TruncDate("created_at"))
    by_date = dict(since.values_list("date").annotate(n=Count("pk")).order_by())
    per_day = [
        {"date": date.isoformat(), "answers": by_date.get(date, 0)}
        for date in (start + timedelta(days=offset) for offset in range(days))
    ]
    newest = answers.filter(elapsed_ms__isnull=False).order_by("-pk").values_list("elapsed_ms", flat=True)
    times = [elapsed_ms for elapsed_ms in newest[:RECENT_ANSWERS] if elapsed_ms is not None]
    return {
        "per_day": per_day,
        "today": per_day[-1]["answers"],
        "last_hour": answers.filter(created_at__gte=now - timedelta(hours=1)).count(),
        "median_ms": round(median(times)) if times else None,
    }
