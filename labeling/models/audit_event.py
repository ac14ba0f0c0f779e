"""The trail: who changed what, when and from where. Rows are added and never touched again."""

from typing import Any, NoReturn

from django.db import models
from django.db.models.functions import Now


class AppendOnly(Exception):
    """Somebody tried to change or remove what has been recorded."""

    def __init__(self) -> None:
        super().__init__("The audit trail is append-only: its rows are neither changed nor deleted.")


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    """Adds rows only. What goes past the ORM meets the table's own triggers (migration ``audit_event``)."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise AppendOnly

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly

    def delete(self) -> NoReturn:
        raise AppendOnly

    def _raw_delete(self, using: str | None) -> NoReturn:
        raise AppendOnly


class AuditEvent(models.Model):
    """Without foreign keys: people and projects are named as they were, so a row outlives them."""

    at = models.DateTimeField(db_default=Now(), editable=False)
    action = models.CharField(max_length=60)
    user_number = models.BigIntegerField(null=True, help_text="None where a program did it, or nobody was signed in.")
    user_name = models.CharField(max_length=150, blank=True)
    via = models.CharField(max_length=10, help_text="page, rest, console or program")
    address = models.CharField(max_length=45, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    project_number = models.BigIntegerField(null=True)
    project_slug = models.CharField(max_length=100, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["project_number", "-id"], name="audit_of_project"),
            models.Index(fields=["action", "-id"], name="audit_of_action"),
            models.Index(fields=["user_name", "-id"], name="audit_of_user"),
            models.Index(fields=["at"], name="audit_at"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}".strip()

    def save(self, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly
        super().save(**{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly
