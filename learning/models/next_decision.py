"""When the next automatic decision about training is due: one row a project, compared with one number per answer."""

from typing import Self

from django.db import models
from django.db.models import F


class NextDecisionQuerySet(models.QuerySet["NextDecision"]):
    def due(self) -> Self:
        """Projects with ``retrain_every`` answers or changes more than the newest run has seen."""
        news = F("project__progress__annotations") + F("project__progress__changes")
        return self.alias(news=news).filter(news__gte=F("seen_annotations") + F("project__retrain_every"))


class NextDecision(models.Model):
    """``is_asked`` is raised by the one request that wakes a worker, so that a burst of answers sends one message."""

    project = models.OneToOneField(
        "labeling.Project", on_delete=models.CASCADE, primary_key=True, related_name="next_decision"
    )
    seen_annotations = models.BigIntegerField(default=0, help_text="Run.news_seen of the newest run.")
    is_asked = models.BooleanField(default=False)
    ranking_asked_at = models.DateTimeField(null=True, help_text="When the sweeper last asked for a ranking.")

    objects = NextDecisionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"after {self.seen_annotations} answers"
