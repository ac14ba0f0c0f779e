"""A worker looks at what one project answers programs outside."""

from random import Random
from typing import Any

from django.db.models.functions import Now

from labeling.models import Project
from learning.models import PredictionFeedback, ProductionFacts
from learning.services.feedback.back import bring_back
from learning.services.feedback.bands import size
from learning.services.feedback.weigh import as_json, weights
from learning.services.production.check import check

#: Bands that nothing sizes.
NOT_SIZED: dict[str, Any] = {"medium_from": None, "high_from": None, "bands": {}}


def look(project_id: int, rng: Random) -> dict[str, Any]:
    """Brings back what may come back, and brings the figures up to date. Safe to call any number of times, and by
    several at once."""
    came_back = bring_back(project_id, rng)
    project = Project.objects.filter(pk=project_id, deleted_at=None).first()
    if project is not None:
        figures = {**_feedback(project), **(size(project) if project.reviews_a_day else NOT_SIZED)}
        check(project)
        ProductionFacts.objects.filter(pk=project_id).update(looked_at=Now(), **figures)
    return {"project": project_id, "came_back": came_back}


def _feedback(project: Project) -> dict[str, Any]:
    if not PredictionFeedback.objects.filter(project=project).exists():
        return {}
    found = weights(project)
    return {"feedback": as_json(found), "feedback_weight": found["training"].weight}
