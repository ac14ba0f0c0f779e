"""What feedback weighs in a project, by form, and what its labels weigh in training (decision 0118)."""

from collections.abc import Sequence
from typing import Any

from labeling.models import Project
from learning.core.quality.feedback_weight import FeedbackWeight, weigh
from learning.models import FeedbackForm
from learning.selectors.feedback import Beside, beside_people


def weights(project: Project) -> dict[str, FeedbackWeight]:
    """By form, and ``training``: of the labels that are learned, those given and those confirmed together."""
    rows = beside_people(project)
    of = {form.value: [row for row in rows if row.told.form == form] for form in FeedbackForm}
    labels = _weigh(of[FeedbackForm.LABEL])
    right, clicked = (_weigh(of[form], _base(of[form])) for form in (FeedbackForm.RIGHT, FeedbackForm.CLICKED))
    together = [*of[FeedbackForm.LABEL], *of[FeedbackForm.RIGHT]]
    n = labels.n + right.n
    chance = (labels.n * labels.chance + right.n * right.chance) / n if n else 0.0
    return {"label": labels, "right": right, "clicked": clicked, "training": _weigh(together, chance)}


def as_json(found: dict[str, FeedbackWeight]) -> dict[str, Any]:
    return {name: one.as_json() for name, one in found.items()}


def _weigh(rows: Sequence[Beside], chance: float | None = None) -> FeedbackWeight:
    given = [(row.said, row.people) for row in rows if row.said is not None]
    return weigh([said for said, _ in given], [people for _, people in given], chance)


def _base(rows: Sequence[Beside]) -> float:
    """How often predictions that were judged are right: who says so to all of them is right that often."""
    return sum(row.predicted == row.people for row in rows) / max(1, len(rows))
