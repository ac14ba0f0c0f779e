"""Every item on the map as the value of one facet it has: what colours points, and what is counted by region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.db.bitmaps import BLOCK
from labeling.selectors.item_view.chosen import STORED_SIDE, ChosenItems
from labeling.selectors.item_view.words import in_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Values with a colour of their own; the rarer ones share one.
MOST_COLOURS = 10
#: Numbers of what is no value.
OTHERS, SEVERAL, NONE, NOT_CHOSEN = 252, 253, 254, 255
_OF_NO_VALUE = ((OTHERS, "others"), (SEVERAL, "several of them"), (NONE, "none"))


@dataclass(frozen=True)
class PaintedValue:
    """``number`` is what items have, ``value`` what the facet's parameter is to be ("" where there is none)."""

    number: int
    value: str
    words: str
    n: int


@dataclass(frozen=True)
class Painted:
    """``of_items`` (uint8) by ordinal; ``values`` in the order of the legend, only those there are."""

    values: list[PaintedValue]
    of_items: NDArray[np.uint8]
    has_order: bool


def paint(chosen: ChosenItems, facet: str, n_items: int) -> Painted:
    """The first ``n_items`` items by a facet; what does not fit the view is NOT_CHOSEN. Words do not enter."""
    import numpy as np  # noqa: PLC0415  # for maps alone

    names = [value for value, _ in sorted(_totals(chosen, facet).items(), key=lambda one: (-one[1], one[0]))]
    told, has_order = in_words(chosen, facet, names)
    numbers = {name: place if place < MOST_COLOURS else OTHERS for place, (name, _, _) in enumerate(told)}
    stored = chosen.stored.every_block([facet]) if facet else {}
    there = STORED_SIDE.get(facet, ("", ""))[1]
    found = np.full(n_items, NONE, dtype=np.uint8)
    for block in range(-(-n_items // BLOCK)):
        of_block = found[block * BLOCK : (block + 1) * BLOCK]
        n_values = np.zeros(len(of_block), dtype=np.uint8)
        for name in names:
            if name == there and there:
                continue
            has = _mask(stored.get((facet, name), {}).get(block, 0), len(of_block))
            of_block[has] = numbers[name]
            n_values += has
        if there in numbers:
            of_block[n_values == 0] = numbers[there]
        of_block[n_values > 1] = SEVERAL
        if not chosen.is_everything:
            of_block[~_mask(chosen.block(block), len(of_block))] = NOT_CHOSEN
    counts = np.bincount(found, minlength=256)
    values = [PaintedValue(numbers[name], value, words, int(counts[numbers[name]])) for name, value, words in told]
    values = [one for one in values if one.number != OTHERS and one.n]
    values += [PaintedValue(number, "", words, int(counts[number])) for number, words in _OF_NO_VALUE if counts[number]]
    return Painted(values, found, has_order)


def _totals(chosen: ChosenItems, facet: str) -> dict[str, int]:
    totals = {value: n for (_, value), n in chosen.stored.totals([facet]).items()} if facet else {}
    here, there = STORED_SIDE.get(facet, ("", ""))
    if there:
        totals[there] = chosen.stored.items - totals.get(here, 0)
    return {value: n for value, n in totals.items() if n}


def _mask(bits: int, n: int) -> NDArray[np.bool_]:
    import numpy as np  # noqa: PLC0415

    packed = np.frombuffer(bits.to_bytes(BLOCK // 8, "little"), dtype=np.uint8)
    return np.unpackbits(packed, bitorder="little", count=n).astype(bool)
