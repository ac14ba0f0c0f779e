"""The blind JSON of a task: what an annotator is shown, and nothing that could bias the answer (invariant 6)."""

from datetime import UTC, datetime
from typing import Any

from django.urls import reverse

from labeling.models import Asset, Context, Item, Modality, Project, Task

#: Longest side, in pixels, of the preview an annotator looks at.
PREVIEW_SIZE = 1600


def task_json(task: Task, project: Project) -> dict[str, Any]:
    """Plain JSON values. Expects loaded what the task is about: its item, or its pair with both items and context."""
    shared = {
        "id": task.pk,
        "kind": project.kind,
        "modality": project.modality,
        "lease_expires_at": utc_text(task.lease_expires_at),
    }
    if task.item is not None:
        return {**shared, "item": _item_json(task.item, project)}
    pair = task.pair
    assert pair is not None  # a constraint of the table
    assert task.left_id is not None
    left, right = (pair.first, pair.second) if task.left_id == pair.first_id else (pair.second, pair.first)
    return {
        **shared,
        "context": _context_json(task, pair.context, project),
        "left": _view(left, project, *_address(task, "left")),
        "right": _view(right, project, *_address(task, "right")),
    }


def utc_text(moment: datetime) -> str:
    """ISO 8601 with a Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _item_json(item: Item, project: Project) -> dict[str, Any]:
    return {"id": item.pk, "context": item.context, **_view(item, project, "api:item-preview", item.pk)}


def _address(task: Task, part: str) -> tuple[str, int, str]:
    """Of a picture of a pair's question: by the task, for the item's number would tell that it was seen before."""
    return "api:task-preview", task.pk, part


def _view(item: Item, project: Project, *address: str | int) -> dict[str, Any]:
    """What is shown of an item, and nothing that tells it from others."""
    is_picture = project.modality == Modality.IMAGE
    is_row = project.modality == Modality.TABULAR
    return {
        "text": "" if is_picture else item.text,
        "fields": [[name, value] for name, value in project.in_column_order(item.data)] if is_row else [],
        "image": _image_json(item.asset, *address) if is_picture else None,
    }


def _context_json(task: Task, context: Context, project: Project) -> dict[str, Any]:
    return {
        "text": context.text,
        "purpose": context.purpose or project.purpose,
        "facts": context.facts,
        "image": _image_json(context.asset, *_address(task, "context")) if context.asset_id else None,
    }


def _image_json(asset: Asset | None, name: str | int, *args: str | int) -> dict[str, Any] | None:
    if asset is None:
        return None
    src = f"{reverse(str(name), args=args)}?size={PREVIEW_SIZE}"
    return {"src": src, "width": asset.width, "height": asset.height}
