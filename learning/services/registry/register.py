"""A model's file and row."""

from typing import Any

from django.db import transaction
from django.db.models import Max

from labeling.models import Project
from learning.models import ModelVersion, Run
from learning.services import files


def register(run: Run, artifact: bytes, fields: dict[str, Any]) -> ModelVersion:
    """Stores the model file and its row; the same run again finds its row and writes the same bytes."""
    path, sha256 = files.store(f"learning/{run.project_id}/models", ".zip", artifact)
    fields = {**fields, "path": path, "sha256": sha256, "size_bytes": len(artifact)}
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=run.project_id)
        newest = ModelVersion.objects.filter(project=run.project).aggregate(newest=Max("number"))["newest"] or 0
        version, _ = ModelVersion.objects.update_or_create(
            run=run, defaults=fields, create_defaults={**fields, "project": run.project, "number": newest + 1}
        )
    return version
