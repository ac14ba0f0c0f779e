"""The blind JSON of a task: what an annotator is shown, and nothing that could bias the answer (invariant 6)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.urls import reverse

from labeling.kinds import PerSubject, kind_of
from labeling.models import Asset, Context, Item, Modality, Pair, PracticeQuestion, Project, Task

#: Longest side, in pixels, of the preview an annotator looks at.
PREVIEW_SIZE = 1600


def task_json(task: Task, project: Project) -> dict[str, Any]:
    """Plain JSON values. Expects loaded what the task is about: its item, or its pair with both items and context."""
    return {
        "id": task.pk,
        "kind": project.kind,
        "modality": project.modality,
        "lease_expires_at": utc_text(task.lease_expires_at),
        **_SHOWN.of(kind_of(project).subject)(task, project),
        **({"returned": task.returned} if hasattr(task, "returned") else {}),  # of services/serving/returned.py
        **({"suggestion": {"answer": task.suggested}} if hasattr(task, "suggested") else {}),  # of suggestions.py
    }


def blind_json(subject: Item | Pair, project: Project) -> dict[str, Any]:
    """The same of an item or a pair that nobody is asked about: for a machine. A pair's first item stands left; its
    pictures are those of the items, and a context goes without."""
    return _UNASKED.of(kind_of(project).subject)(subject, project)


def practice_json(question: PracticeQuestion, project: Project) -> dict[str, Any]:
    """A practice question in the form of a real one. Expects its item loaded."""
    end = question.round.started_at + timedelta(seconds=project.lease_s)
    return task_json(Task(pk=question.pk, project=project, item=question.item, lease_expires_at=end), project)


def utc_text(moment: datetime) -> str:
    """ISO 8601 with a Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _item_json(task: Task, project: Project) -> dict[str, Any]:
    item = task.item
    assert item is not None  # a constraint of the table
    return {"item": item_json(item, project)}


def _pair_json(task: Task, project: Project) -> dict[str, Any]:
    pair = task.pair
    assert pair is not None  # a constraint of the table
    left, right = (pair.first, pair.second) if task.left_id == pair.first_id else (pair.second, pair.first)
    return {
        "context": _context_json(task, pair.context, project),
        "left": _view(left, project, *_address(task, "left")),
        "right": _view(right, project, *_address(task, "right")),
    }


def _unasked_pair(pair: Pair, project: Project) -> dict[str, Any]:
    context = pair.context
    purpose = context.purpose or project.purpose
    return {
        "pair": pair.pk,
        "context": {"text": context.text, "purpose": purpose, "facts": context.facts, "image": None},
        "left": _of_item(pair.first, project),
        "right": _of_item(pair.second, project),
    }


_UNASKED: PerSubject[Callable[[Any, Project], dict[str, Any]]] = PerSubject(
    item=lambda item, project: {"item": item_json(item, project)}, pair=_unasked_pair
)
_SHOWN: PerSubject[Callable[[Task, Project], dict[str, Any]]] = PerSubject(item=_item_json, pair=_pair_json)


def _address(task: Task, part: str) -> tuple[str, int, str]:
    """Of a picture of a pair's question: by the task, for the item's number would tell that it was seen before."""
    return "api:task-preview", task.pk, part


def item_json(item: Item, project: Project) -> dict[str, Any]:
    """An item as an annotator is shown it."""
    return {"id": item.pk, "context": item.context, **_of_item(item, project)}


def _of_item(item: Item, project: Project) -> dict[str, Any]:
    return _view(item, project, "api:item-preview", item.pk)


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
    return {"src": src, "width": asset.width, "height": asset.height, **({"deep": True} if asset.is_deep else {})}
