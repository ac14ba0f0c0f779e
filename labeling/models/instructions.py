from django.conf import settings
from django.db import models
from django.utils import timezone


class Instructions(models.Model):
    """One version of a project's instructions (Markdown). Never changed: a new text is a new version."""

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="instructions_versions")
    number = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-number"]
        verbose_name_plural = "instructions"
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="instructions_number_once")]

    def __str__(self) -> str:
        return f"{self.project} instructions v{self.number}"
