"""What the world outside says of predictions, and what that is worth (decision 0118)."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class FeedbackForm(models.TextChoices):
    """How it was said: the label, that the prediction is right or wrong, or that somebody clicked on it or did not."""

    LABEL = "label"
    RIGHT = "right"
    CLICKED = "clicked"


class PredictionFeedbackQuerySet(models.QuerySet["PredictionFeedback"]):
    def current(self) -> Self:
        return self.filter(is_current=True)


class PredictionFeedback(models.Model):
    """Rows are only added: of each prediction and caller the newest revision counts, and the others are kept.

    ``answer`` is what the feedback says the content is, by identities of labels as a prediction's; null where it only
    says what it is not. ``predicted`` is what was answered. ``prediction`` is its key: predictions are forgotten, what
    was said of them is not.
    """

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="+", db_index=False)
    prediction = models.BigIntegerField()
    content_hash = models.CharField(max_length=64)
    model_version = models.ForeignKey(
        "learning.ModelVersion", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    caller = models.CharField(max_length=40, help_text="The token or the person that said it.")
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    form = models.CharField(max_length=7, choices=FeedbackForm.choices)
    positive = models.BooleanField(null=True, help_text="Of right and clicked: which of the two.")
    answer = models.JSONField(null=True)
    predicted = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=1)
    is_current = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = PredictionFeedbackQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["project", "id"], name="feedback_in_order"),
            models.Index(fields=["project", "content_hash"], name="feedback_by_content"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "prediction", "caller", "revision"], name="feedback_revision_once"
            ),
            models.UniqueConstraint(
                fields=["project", "prediction", "caller"], condition=Q(is_current=True), name="feedback_one_current"
            ),
            models.CheckConstraint(condition=Q(form__in=FeedbackForm.values), name="feedback_form_known"),
        ]

    def __str__(self) -> str:
        return f"feedback {self.pk}"


class ProductionFacts(models.Model):
    """What was found out about what a project answers programs outside, by the worker that looks at it.

    ``feedback_weight`` is what a label by feedback weighs in training, 0 without evidence; ``feedback`` is its
    evidence by form. ``medium_from`` and ``high_from`` are the bands sized by capacity, null for the fixed ones, and
    ``bands`` says how large they were and how often such answers are right. ``standing`` is of production mode:
    ``costs``, the hash of what was stated then, ``versions``, by number what a case costs on eval items (None where
    nothing measures it), and ``at_work``, what predictions have cost.
    """

    project = models.OneToOneField(
        "labeling.Project", primary_key=True, on_delete=models.CASCADE, related_name="production_facts"
    )
    feedback_weight = models.FloatField(default=0.0)
    feedback = models.JSONField(default=dict)
    medium_from = models.FloatField(null=True)
    high_from = models.FloatField(null=True)
    bands = models.JSONField(default=dict)
    standing = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    asked_at = models.DateTimeField(null=True, help_text="When a worker was last told to look.")
    looked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(feedback_weight__gte=0, feedback_weight__lt=1), name="feedback_weight_below_one"
            )
        ]

    def __str__(self) -> str:
        return f"production of {self.project_id}"
