"""The numbers of a project by name. Learning adds its own when Django starts; labeling does not know it."""

from collections.abc import Callable
from typing import Any

from labeling.models import Project
from labeling.selectors.agreement import agreement
from labeling.selectors.progress import label_balance, progress
from labeling.selectors.throughput import throughput

Provider = Callable[[Project], Any]


def _no_curve(project: Project) -> list[dict[str, Any]]:
    return []


PROVIDERS: dict[str, Provider] = {
    "progress": progress,
    "labels": label_balance,
    "learning_curve": _no_curve,
    "agreement": agreement,
    "throughput": throughput,
}


def register(name: str, provider: Provider) -> None:
    """``provider(project)`` gives what ``GET …/metrics/`` shows under ``name``."""
    PROVIDERS[name] = provider


def metrics(project: Project) -> dict[str, Any]:
    return {name: provider(project) for name, provider in PROVIDERS.items()}
