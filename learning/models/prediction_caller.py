"""Who asks a project's model: how much in this minute and day, and whether a manager has stopped it."""

from typing import Final, Self

from django.conf import settings
from django.db import models

#: What ``minute`` and ``day`` count.
MINUTE_S: Final = 60
DAY_S: Final = 86_400


def caller_key(user_id: int | None, token_id: int | None) -> str:
    """Of a token, or of a person without one; empty where neither is known any more."""
    if token_id is not None:
        return f"token:{token_id}"
    return "" if user_id is None else f"user:{user_id}"


class PredictionCallerQuerySet(models.QuerySet["PredictionCaller"]):
    def stopped(self) -> Self:
        return self.exclude(stopped_at=None)


class PredictionCaller(models.Model):
    """``caller`` is ``token:`` or ``user:`` and a number, as feedback names it (decision 0121).

    ``minute`` and ``day`` count since 1970 in UTC; ``in_minute`` and ``in_day`` are the rows that were let in since it
    began. They are kept only where the project has limits.
    """

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="+", db_index=False)
    caller = models.CharField(max_length=40)
    token = models.ForeignKey("labeling.ApiToken", null=True, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    minute = models.BigIntegerField(default=0, db_default=0)
    in_minute = models.BigIntegerField(default=0, db_default=0)
    day = models.BigIntegerField(default=0, db_default=0)
    in_day = models.BigIntegerField(default=0, db_default=0)
    stopped_at = models.DateTimeField(null=True)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    stopped_why = models.CharField(max_length=500, blank=True, default="", db_default="")

    objects = PredictionCallerQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["project", "caller"], name="prediction_caller_once")]

    def __str__(self) -> str:
        return self.caller
