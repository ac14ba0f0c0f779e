"""The settings of review: which sorts wait, what shares are drawn at random, who may decide about his own answers."""

import math
from typing import Any

from django.db import transaction

from labeling.models import Action, Project, ReviewPlan, ReviewSort, User
from labeling.selectors.access import require
from labeling.services.audit.trail import record_change
from labeling.services.review.queue import ALWAYS
from labeling.services.validation.errors import Invalid

FIELDS = ("sorts", "random_share", "blind_share", "own_allowed")
#: The others come in any case.
CHOSEN = tuple(sort.value for sort in ReviewSort if sort not in ALWAYS)


@transaction.atomic
def change_plan(user: User, project: Project, changes: dict[str, Any]) -> ReviewPlan:
    """Needs the permission to manage; the queue is filled anew. Raises Invalid (sorts, random_share, blind_share,
    own_allowed)."""
    require(user, project, Action.REVIEWS_CHANGE)
    ReviewPlan.objects.get_or_create(project=project)
    plan = ReviewPlan.objects.select_for_update(no_key=True).get(project=project)
    before = {name: getattr(plan, name) for name in FIELDS}
    for name, value in changes.items():
        if name not in FIELDS:
            raise Invalid(name, f"There is no such setting. There are: {', '.join(FIELDS)}.")
        setattr(plan, name, _checked(name, value))
    plan.filled_at = None
    plan.save()
    after = {name: getattr(plan, name) for name in FIELDS}
    record_change("review.changed", before, after, user=user, project=project, subject=project.name)
    return plan


def _checked(name: str, value: Any) -> Any:
    match name:
        case "sorts":
            if not isinstance(value, list) or not set(map(str, value)) <= set(ReviewSort.values):
                raise Invalid("sorts", f"A list of {', '.join(CHOSEN)}.")
            return [sort for sort in ReviewSort.values if sort in value or sort == ReviewSort.RETURNED]
        case "random_share" | "blind_share":
            is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            if not is_number or not 0 <= value <= 1:
                raise Invalid(name, "A number from 0 to 1.")
            return float(value)
        case _:
            if not isinstance(value, bool):
                raise Invalid(name, "true or false.")
            return value
