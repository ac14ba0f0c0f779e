"""How a project is reviewed, as a form of its own beside the settings."""

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from labeling.models import ReviewPlan, ReviewSort
from labeling.pages.forms import CalmForm, PercentField
from labeling.services.review.plan import CHOSEN

_FROM_0_TO_100 = (MinValueValidator(0, "From 0 to 100."), MaxValueValidator(1, "From 0 to 100."))


class ReviewForm(CalmForm):
    """All of it is sent: boxes that are not ticked are not."""

    sorts = forms.MultipleChoiceField(
        required=False,
        label="What waits for reviewers",
        choices=[(sort, ReviewSort(sort).label.capitalize()) for sort in CHOSEN],
        widget=forms.CheckboxSelectMultiple,
    )
    random_share = PercentField(
        validators=_FROM_0_TO_100,
        label="Of the others, drawn at random, %",
        help_text="Answers that nothing speaks against: what reviewers change says how wrong all of them are.",
    )
    blind_share = PercentField(
        validators=_FROM_0_TO_100,
        label="Decided without seeing what was said, %",
        help_text="Of all answered items. Evidence of who is right, for people and for rules of consensus; 0 for none.",
    )
    own_allowed = forms.BooleanField(
        required=False, label="Reviewers may decide about items that only they have answered"
    )

    def __init__(self, data: Any = None, *, plan: ReviewPlan) -> None:
        super().__init__(
            data,
            auto_id="review_%s",
            initial={
                "sorts": plan.sorts,
                "random_share": plan.random_share,
                "blind_share": float(plan.blind_share),
                "own_allowed": plan.own_allowed,
            },
        )
