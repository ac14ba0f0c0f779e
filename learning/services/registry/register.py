"""A model's file and row."""

from typing import Any

from django.db import transaction
from django.db.models import Max

from labeling.models import Project
from learning.models import Distillation, ModelVersion, Run
from learning.services import files


def register(run: Run, artifact: bytes, fields: dict[str, Any]) -> ModelVersion:
    """Stores the model file and its row; the same run again finds its row and writes the same bytes."""
    return _registered(run.project, artifact, fields, run=run)


def register_student(distillation: Distillation, artifact: bytes, fields: dict[str, Any]) -> ModelVersion:
    """The same for what a distillation taught, in the transaction of who calls."""
    fields = {**fields, "teacher": distillation.teacher}
    return _registered(distillation.project, artifact, fields, distilled_by=distillation)


def _registered(project: Project, artifact: bytes, fields: dict[str, Any], **made_by: Any) -> ModelVersion:
    path, sha256 = files.store(f"learning/{project.pk}/models", ".zip", artifact)
    fields = {**fields, "path": path, "sha256": sha256, "size_bytes": len(artifact)}
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        known = ModelVersion.objects.filter(**made_by).first()
        if known is not None:
            for name, value in fields.items():
                setattr(known, name, value)
            known.save(update_fields=[*fields])
            return known
        newest = ModelVersion.objects.filter(project=project).aggregate(newest=Max("number"))["newest"] or 0
        of_run = {"run": made_by["run"]} if "run" in made_by else {}
        return ModelVersion.objects.create(project=project, number=newest + 1, **fields, **of_run)
