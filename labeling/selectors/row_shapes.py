"""Shapes of export rows besides answers and items: predictions of machines, and what learning brings."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labeling.extensions import installed
from labeling.kinds import KINDS
from labeling.models import Prediction, Project
from labeling.selectors.columns import Column
from labeling.selectors.export import ROWS, Filters
from labeling.selectors.machines.prediction_rows import count_predictions, prediction_columns, prediction_rows
from labeling.selectors.unknown_rows import unknown_answers, unknown_columns, unknown_rows


def _always(project: Project) -> bool:
    return True


@dataclass(frozen=True)
class RowShape:
    """``rows(project, filters)`` in bounded memory, the same rows in the same order for the same data.

    ``kinds`` of project that have such rows, where there are any (``is_there``); ``filters`` that mean something for
    them; ``label`` and ``hint`` are what the export page says.
    """

    columns: Callable[[Project], Sequence[Column]]
    rows: Callable[[Project, Filters], Iterator[dict[str, Any]]]
    count: Callable[[Project, Filters], int]
    kinds: Sequence[str]
    filters: Sequence[str]
    label: str = ""
    hint: str = ""
    is_there: Callable[[Project], bool] = _always


_OURS = {
    "predictions": RowShape(
        prediction_columns,
        lambda project, filters: prediction_rows(project, filters.split),
        lambda project, filters: count_predictions(project, filters.split),
        tuple(KINDS),
        ("split",),
        "Predictions",
        "one row a prediction of a machine, with its version",
        lambda project: Prediction.objects.filter(project=project).exists(),
    ),
    "unknown": RowShape(
        unknown_columns,
        unknown_rows,
        lambda project, filters: unknown_answers(project, filters.split).count(),
        tuple(name for name, kind in KINDS.items() if kind.is_one_label),
        ("split",),
        "Unknown patterns",
        "one row an item that people answered “unknown pattern”",
        lambda project: unknown_answers(project).exists(),
    ),
}


def _every() -> Mapping[str, RowShape]:
    return {**installed().row_shapes, **_OURS}


def shape_named(rows: str) -> RowShape | None:
    """None for answers and items, which are no further shapes, and for names nobody knows."""
    return _every().get(rows)


def row_names() -> list[str]:
    return [*ROWS, *_every()]


def shapes_of(project: Project) -> dict[str, RowShape]:
    """The further shapes a project has."""
    every = _every().items()
    return {name: shape for name, shape in every if project.kind in shape.kinds and shape.is_there(project)}


def row_names_of(project: Project) -> list[str]:
    """The shapes a project has."""
    return [*ROWS, *shapes_of(project)]
