"""What became of the doubtful predictions of a project: how many came back, wait, and may still come today."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count
from django.db.models.functions import Now

from labeling.models import Item, Project, Split
from labeling.models.item import PRODUCTION
from learning.models import DoubtfulPrediction, PredictionFeedback, ProductionFacts, ServedStatus

DOUBTS = (ServedStatus.UNSURE.value, ServedStatus.OUTLIER.value)


def shares(project: Project) -> dict[str, int]:
    """How many of each sort may come back in a day; together the budget."""
    outliers = int(project.production_a_day * project.production_outliers + 1e-9)
    return {ServedStatus.UNSURE.value: project.production_a_day - outliers, ServedStatus.OUTLIER.value: outliers}


def taken_today(project: Project, moment: datetime) -> dict[str, int]:
    """By sort, since the day in UTC began that the moment is in."""
    begun = day_of(moment)
    rows = DoubtfulPrediction.objects.filter(project=project, taken_at__gte=begun).order_by()
    return dict(rows.values("status").annotate(n=Count("pk")).values_list("status", "n"))


def day_of(moment: datetime) -> datetime:
    """When the day began, in UTC."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def production_status(project: Project) -> dict[str, Any]:
    """Counts by sort: came back ``today``, may come back ``a_day``, ``left`` of it, ``waiting``; ``items`` of the
    project that came back, and how many of them are ``answered``. ``renewed_at`` is when the next day begins."""
    moment: datetime = Project.objects.annotate(moment=Now()).values_list("moment", flat=True).get(pk=project.pk)
    today, a_day = taken_today(project, moment), shares(project)
    rows = DoubtfulPrediction.objects.filter(project=project, taken_at=None).order_by()
    waiting = dict(rows.values("status").annotate(n=Count("pk")).values_list("status", "n"))
    facts = ProductionFacts.objects.filter(pk=project.pk).first()
    brought = DoubtfulPrediction.objects.filter(project=project, batch__isnull=False).order_by()
    batches = list(brought.values_list("batch", flat=True).distinct())
    # by their imports alone: asked for with the project, SQLite looks at each of its items
    came = Item.objects.filter(batch__in=batches, batch__isnull=False, split=Split.POOL, origin=PRODUCTION)
    return {
        "is_on": project.asks_what_came_back,
        "a_day": a_day,
        "today": {name: today.get(name, 0) for name in DOUBTS},
        "left": {name: max(0, a_day[name] - today.get(name, 0)) for name in DOUBTS},
        "waiting": {name: waiting.get(name, 0) for name in DOUBTS},
        "items": came.count(),
        "answered": came.filter(answers__gt=0).count(),
        "renewed_at": day_of(moment) + timedelta(days=1),
        "reviews_a_day": project.reviews_a_day,
        "bands": facts.bands if facts and facts.bands and project.reviews_a_day else None,
        "feedback": {
            "given": PredictionFeedback.objects.current().filter(project=project).count(),
            "weight": facts.feedback_weight if facts else 0.0,
            "evidence": facts.feedback if facts else {},
        },
    }
