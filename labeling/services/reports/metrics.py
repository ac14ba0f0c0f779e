"""The numbers of a project by name. Learning adds its own (``extensions.py``)."""

from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from typing import Any

from labeling.extensions import installed
from labeling.models import Project
from labeling.selectors.answer_counts import answer_figures
from labeling.selectors.progress import label_balance, progress, set_aside_by_reason
from labeling.selectors.throughput import throughput
from labeling.services.reports.answer_counts import keep_up
from labeling.services.reports.named import AGREEMENT
from labeling.services.reports.stored import told

#: In the order in which they are told; what is none of these is learning's.
_ORDER = ("progress", "labels", "set_aside", "learning_curve", AGREEMENT, "throughput")


def metrics(project: Project) -> dict[str, Any]:
    """By name. ``as_of`` has the names of those that are not of now, with their moment: of a large project a worker
    counts; null, and nothing told, while it does so for the first time."""
    keep_up(project)
    counted = answer_figures(project)
    providers: dict[str, Callable[[Project], Any]] = {
        "progress": progress,
        "labels": lambda project: label_balance(project, counted),
        "set_aside": set_aside_by_reason,
        "learning_curve": lambda project: [],
        "throughput": lambda project: throughput(project, counted=counted),
        **installed().metrics,
    }
    found: dict[str, Any] = {}
    as_of: dict[str, Any] = {}
    if counted.as_of:
        as_of |= dict.fromkeys(("labels", "throughput"), counted.as_of if counted.is_known else None)
    reported = (AGREEMENT, *installed().reported_metrics)
    for name in dict.fromkeys((*_ORDER, *providers, *reported)):
        if name in reported:
            report = told(project, name)
            found[name] = {} if report.is_counting else _plain(report.content)
            if report.is_counting or report.read_at:
                as_of[name] = report.read_at
        else:
            found[name] = providers[name](project)
    return {**found, "as_of": as_of}


def _plain(content: Any) -> Any:
    return asdict(content) if is_dataclass(content) and not isinstance(content, type) else content
