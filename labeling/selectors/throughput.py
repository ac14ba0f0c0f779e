"""How fast the answers come in."""

from datetime import timedelta
from statistics import median
from typing import Any

from django.utils import timezone

from labeling.models import Annotation, Project, Source
from labeling.selectors.answer_counts import AnswerFigures, answer_figures

RECENT_ANSWERS = 2000
_HOUR_MS = 3_600_000


def throughput(project: Project, days: int = 14, counted: AnswerFigures | None = None) -> dict[str, Any]:
    """``{"per_day":[{"date","answers"}],"today","last_hour","median_ms"}``; revisions count once.

    ``per_day`` has every day of the window, oldest first, in UTC; ``median_ms`` is over the newest answers. Of a
    project of many answers ``last_hour`` is counted by whole minutes.
    """
    counted = counted or answer_figures(project)
    today = timezone.now().date()
    dates = [(today - timedelta(days=back)).isoformat() for back in reversed(range(days))]
    per_day = [{"date": date, "answers": counted.days.get(date, 0)} for date in dates]
    return {
        "per_day": per_day,
        "today": per_day[-1]["answers"],
        "last_hour": counted.last_hour,
        "median_ms": _median_ms(project),
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
