"""The numbers of a project by name. Learning adds its own (``extensions.py``)."""

from collections.abc import Callable
from typing import Any

from labeling.extensions import installed
from labeling.models import Project
from labeling.selectors.agreement import agreement
from labeling.selectors.progress import label_balance, progress, set_aside_by_reason
from labeling.selectors.throughput import throughput


def _no_curve(project: Project) -> list[dict[str, Any]]:
    return []


_OWN: dict[str, Callable[[Project], Any]] = {
    "progress": progress,
    "labels": label_balance,
    "set_aside": set_aside_by_reason,
    "learning_curve": _no_curve,
    "agreement": agreement,
    "throughput": throughput,
}


def metrics(project: Project) -> dict[str, Any]:
    return {name: provider(project) for name, provider in (_OWN | dict(installed().metrics)).items()}
