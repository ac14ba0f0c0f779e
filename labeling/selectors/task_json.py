"""The blind JSON of a task: what an annotator is shown, and nothing that could bias the answer (invariant 6)."""

from datetime import UTC, datetime
from typing import Any

from django.urls import reverse

from labeling.models import Item, Modality, Project, Task

#: Longest side, in pixels, of the preview an annotator looks at.
PREVIEW_SIZE = 1600


def task_json(task: Task, project: Project) -> dict[str, Any]:
    """Plain JSON values. Expects ``task.item`` loaded, and ``task.item.asset`` in a picture project."""
    return {
        "id": task.pk,
        "kind": project.kind,
        "modality": project.modality,
        "lease_expires_at": utc_text(task.lease_expires_at),
        "item": _item_json(task.item, project),
    }


def utc_text(moment: datetime) -> str:
    """ISO 8601 with a Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _item_json(item: Item, project: Project) -> dict[str, Any]:
    is_picture = project.modality == Modality.IMAGE
    is_row = project.modality == Modality.TABULAR
    return {
        "id": item.pk,
        "text": "" if is_picture else item.text,
        "context": item.context,
        "fields": [[name, value] for name, value in project.in_column_order(item.data)] if is_row else [],
        "image": _image_json(item) if is_picture else None,
    }


def _image_json(item: Item) -> dict[str, Any] | None:
    if item.asset is None:
        return None
    src = f"{reverse('api:item-preview', args=[item.pk])}?size={PREVIEW_SIZE}"
    return {"src": src, "width": item.asset.width, "height": item.asset.height}
