"""What a machine suggested with a question: shown, or withheld so that anchoring can be measured (decision 0093)."""

from django.db import models

from labeling.models.machine import MachineVersion
from labeling.models.task import Task


class Suggestion(models.Model):
    """Of a question that could have one. ``answer`` is stored as people's answers are, of a pair as the question shows
    it; it stays what it was when the prediction is deleted. An answer to a task with ``shown`` is *assisted*."""

    task = models.OneToOneField(Task, primary_key=True, on_delete=models.CASCADE, related_name="suggestion")
    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="suggestions")
    version = models.ForeignKey(MachineVersion, on_delete=models.CASCADE, related_name="suggestions")
    answer = models.JSONField()
    shown = models.BooleanField(help_text="False: withheld, by the random share that goes without.")

    def __str__(self) -> str:
        return f"{self.version}: {self.answer}"
