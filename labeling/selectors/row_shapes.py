"""Shapes of export rows besides answers and items. Learning brings them (``extensions.py``)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from labeling.extensions import installed
from labeling.models import Project
from labeling.selectors.columns import Column
from labeling.selectors.export import ROWS, Filters


@dataclass(frozen=True)
class RowShape:
    """``rows(project, filters)`` in bounded memory, the same rows in the same order for the same data.

    ``kinds`` of project that have such rows; ``filters`` that mean something for them; ``label`` and ``hint`` are what
    the export page says.
    """

    columns: Callable[[Project], Sequence[Column]]
    rows: Callable[[Project, Filters], Iterator[dict[str, Any]]]
    count: Callable[[Project, Filters], int]
    kinds: Sequence[str]
    filters: Sequence[str]
    label: str = ""
    hint: str = ""


def shape_named(rows: str) -> RowShape | None:
    """None for answers and items, which are no further shapes, and for names nobody knows."""
    return installed().row_shapes.get(rows)


def row_names() -> list[str]:
    return [*ROWS, *installed().row_shapes]


def shapes_of(project: Project) -> dict[str, RowShape]:
    """The further shapes a project has."""
    return {name: shape for name, shape in installed().row_shapes.items() if project.kind in shape.kinds}


def row_names_of(project: Project) -> list[str]:
    """The shapes a project has."""
    return [*ROWS, *shapes_of(project)]
