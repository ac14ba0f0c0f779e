"""The map of the items in words: cut into squares, with what is in each, for who does not see it."""

from __future__ import annotations

from dataclasses import dataclass

from labeling.db.bitmaps import BLOCK
from labeling.selectors.item_view.chosen import ChosenItems
from labeling.selectors.item_view.paint import NOT_CHOSEN, Painted, PaintedValue
from labeling.selectors.item_view.places import FARTHEST, places_by_block
from labeling.selectors.item_view.view import ItemView

#: Squares along a side.
SIDE = 6
#: Values that are told of a square.
_MOST_VALUES = 4


@dataclass(frozen=True)
class Region:
    """A square: ``column`` and ``row`` from the upper left, from 1. ``values``: the most frequent ones with counts."""

    column: int
    row: int
    n: int
    values: list[tuple[PaintedValue, int]]
    view: ItemView


def regions(chosen: ChosenItems, painted: Painted, number: int) -> list[Region]:
    """The squares that hold items of the view, those with most first."""
    import numpy as np  # noqa: PLC0415  # for maps alone

    counts = np.zeros((SIDE * SIDE, 256), dtype=np.int64)
    for block, places in places_by_block(chosen.project, number).items():
        of_items = painted.of_items[block * BLOCK : block * BLOCK + len(places)]
        squares = places[: len(of_items)].astype(np.int64) * SIDE // (FARTHEST + 1)
        cells = (squares[:, 1] * SIDE + squares[:, 0]) * 256 + of_items
        counts += np.bincount(cells, minlength=counts.size).reshape(counts.shape)
    counts[:, NOT_CHOSEN] = 0
    found = []
    for square in np.argsort(-counts.sum(axis=1), kind="stable").tolist():
        if not counts[square].any():
            break
        row, column = divmod(square, SIDE)
        values = [(value, int(counts[square, value.number])) for value in painted.values]
        values = sorted((one for one in values if one[1]), key=lambda one: -one[1])[:_MOST_VALUES]
        view = chosen.view.but(map=_corners(number, column, row))
        found.append(Region(column + 1, row + 1, int(counts[square].sum()), values, view))
    return found


def _corners(number: int, column: int, row: int) -> str:
    """The square as an outline: a little past the last place in it, where the next one begins."""
    left, right = (-(-(FARTHEST + 1) * one // SIDE) for one in (column, column + 1))
    top, bottom = (-(-(FARTHEST + 1) * one // SIDE) for one in (row, row + 1))
    right, bottom = min(right, FARTHEST), min(bottom, FARTHEST)
    return f"{number}-{left}-{top}-{right}-{top}-{right}-{bottom}-{left}-{bottom}"
