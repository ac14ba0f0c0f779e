"""A worker looks at what one project answers programs outside."""

from random import Random
from typing import Any

from django.db.models.functions import Now

from learning.models import ProductionFacts
from learning.services.feedback.back import bring_back


def look(project_id: int, rng: Random) -> dict[str, Any]:
    """Brings back what may come back. Safe to call any number of times, and by several at once."""
    came_back = bring_back(project_id, rng)
    ProductionFacts.objects.filter(pk=project_id).update(looked_at=Now())
    return {"project": project_id, "came_back": came_back}
