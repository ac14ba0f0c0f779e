"""Where items are on the map of a project, and which of them lie inside an outline drawn on it (decision 0108).

A place is two numbers from 0 to 65,535; 65,536 items stand in a row of the index, by ordinal. An outline stands in an
address as ``map=3-120-455-…``: the number of the map, then x and y of its corners. NumPy is loaded for maps alone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from labeling.models import FacetBlock, Project

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Places = NDArray[np.uint16]
    Mask = NDArray[np.bool_]

#: Sides of a map end here.
FARTHEST = 65_535
BYTES_A_PLACE = 4
FEWEST_CORNERS = 3
MOST_CORNERS = 100
#: An outline is as long in an address as this, at most.
LONGEST = 12 * MOST_CORNERS + 11
_CELL_BITS = 8
_CELLS = 1 << (16 - _CELL_BITS)


def facet_of_map(number: int | str) -> str:
    """What places are stored as."""
    return f"~map@{number}"


def places_by_block(project: Project, number: int, blocks: Collection[int] | None = None) -> dict[int, Places]:
    """By block, of all or of some, the places of its first items, shape (n, 2); one query."""
    import numpy as np  # noqa: PLC0415

    rows = FacetBlock.objects.filter(project=project, facet=facet_of_map(number)).order_by("block")
    if blocks is not None:
        rows = rows.filter(block__in=blocks)
    return {
        block: np.frombuffer(bytes(stored), dtype="<u2").reshape(-1, 2)
        for block, stored in rows.values_list("block", "bits")
    }


@dataclass(frozen=True)
class Outline:
    """A closed line on a map; what crosses itself holds what lies inside an odd number of times."""

    map_number: int
    corners: tuple[tuple[int, int], ...]

    @classmethod
    def read(cls, text: str) -> Self | None:
        """What an address says; None for what is no outline."""
        parts = text.split("-")
        if not all(part.isascii() and part.isdecimal() and len(part) <= 10 for part in parts):
            return None
        number, *sides = map(int, parts)
        corners = tuple(zip(sides[::2], sides[1::2], strict=False))
        if len(sides) % 2 or not FEWEST_CORNERS <= len(corners) <= MOST_CORNERS or max(sides) > FARTHEST:
            return None
        return cls(number, corners)

    def holds(self, places: Places) -> Mask:
        """Which places lie inside. Cells that no side passes are decided at once, the others place by place."""
        import numpy as np  # noqa: PLC0415

        passed = self._passed()
        middles = (np.arange(_CELLS) << _CELL_BITS) + (1 << (_CELL_BITS - 1))
        x, y = (each.ravel() for each in np.meshgrid(middles, middles, indexing="ij"))
        is_inside = self._inside(x, y).reshape(_CELLS, _CELLS)
        cell_x, cell_y = places[:, 0] >> _CELL_BITS, places[:, 1] >> _CELL_BITS
        found = is_inside[cell_x, cell_y]
        near = np.flatnonzero(passed[cell_x, cell_y])
        found[near] = self._inside(places[near, 0].astype(np.int64), places[near, 1].astype(np.int64))
        return found

    def _passed(self) -> Mask:
        """The cells that a side may pass, and those around them."""
        import numpy as np  # noqa: PLC0415

        passed = np.zeros((_CELLS + 2, _CELLS + 2), dtype=bool)
        for (x1, y1), (x2, y2) in self._sides:
            n = max(abs(x2 - x1), abs(y2 - y1)) // (1 << (_CELL_BITS - 1)) + 2
            x = (np.linspace(x1, x2, n).astype(np.int64) >> _CELL_BITS) + 1
            y = (np.linspace(y1, y2, n).astype(np.int64) >> _CELL_BITS) + 1
            for dx in (-1, 0, 1):
                for dy in (-1, 0, 1):
                    passed[x + dx, y + dy] = True
        return passed[1:-1, 1:-1]

    def _inside(self, x: NDArray[np.int64], y: NDArray[np.int64]) -> Mask:
        """By the sides that a line from each place to the right crosses."""
        import numpy as np  # noqa: PLC0415

        found = np.zeros(len(x), dtype=bool)
        for (x1, y1), (x2, y2) in self._sides:
            if y1 != y2:
                between = (y1 > y) != (y2 > y)
                found ^= between & (x < x1 + (y - y1) * ((x2 - x1) / (y2 - y1)))
        return found

    @property
    def _sides(self) -> list[tuple[tuple[int, int], tuple[int, int]]]:
        return list(zip(self.corners, (*self.corners[1:], self.corners[0]), strict=True))


def outlined(project: Project, outline: Outline, n_items: int) -> dict[int, int]:
    """The items inside as bits by block; of those whose ordinal is below ``n_items``."""
    import numpy as np  # noqa: PLC0415

    found = {}
    for block, places in places_by_block(project, outline.map_number).items():
        inside = outline.holds(places[: max(0, n_items - (block << 16))])
        found[block] = int.from_bytes(np.packbits(inside, bitorder="little").tobytes(), "little")
    return found
