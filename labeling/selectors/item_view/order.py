"""Walks the items of a view in its order from any place on, at a cost that does not grow with how far that is.

A place is a key and an ordinal: the key is 0 in the order of import, how sure the model is (in 65,535ths) or how far
people disagree (in hundredths) otherwise.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import compress
from operator import itemgetter
from typing import Any, NamedTuple

from django.db.models import F, QuerySet

from labeling.db.bitmaps import BLOCK, ascending, descending
from labeling.db.prepared import PreparedRows
from labeling.models import FacetBlock
from labeling.selectors.item_view.chosen import ChosenItems

#: How sure a model can be.
WHOLLY_SURE = 65_535
#: Orders by how sure the model is are stored in so many strata, each of as many items.
LEVELS = 256
#: What is said of so many ordinals stands in one row.
SAID_ROWS = 1_024
#: In it: there is no prediction.
NOT_PREDICTED = 65_535
_LEVELS_AT_ONCE, _LEVELS_AT_FIRST = 16, 4
#: So few are sorted one by one.
_FEW = 1_000
#: Rows of what is said that are read by a statement compiled once.
_PREPARED_UP_TO = 100


class ItemPlace(NamedTuple):
    key: int
    ordinal: int


def _said(project: int, facet: str, *blocks: int) -> "QuerySet[FacetBlock, Any]":
    rows = FacetBlock.objects.filter(project=project, facet=facet, block__in=blocks)
    return rows.values_list("block", "n", "bits")


def _of_levels(project: int, facet: str, *values: str) -> "QuerySet[FacetBlock, Any]":
    rows = FacetBlock.objects.filter(project=project, facet=facet, value__in=values)
    return rows.order_by(F("value"), F("block")).values_list("value", "block", "n", "bits")


_said_rows = PreparedRows(_said)
_level_rows = PreparedRows(_of_levels)

#: A place as one number, which sorts as the place does: thousands of them are no work for the garbage collector.
_Packed = int
_KEY_BITS = 40
_ORDINAL = (1 << _KEY_BITS) - 1
#: Of a stratum: the block, how many of its items are in it, and their positions and how sure the model is of each.
_LevelRow = tuple[int, int, bytes]

Walk = Callable[[ChosenItems, bool, "ItemPlace | None"], Iterator[ItemPlace]]


def places(chosen: ChosenItems, after: ItemPlace | None, *, backwards: bool = False) -> Iterator[ItemPlace]:
    """The items of the view behind a place, in the order of its sort; with ``backwards`` those before it, from it."""
    walk, rises = _ORDERS.get(chosen.view.sort, _ORDERS["imported"])
    return walk(chosen, rises != backwards, after)


def place_of(chosen: ChosenItems, ordinal: int) -> ItemPlace:
    """Where an item stands in the order of the view."""
    walk, _ = _ORDERS.get(chosen.view.sort, _ORDERS["imported"])
    if walk is _by_sureness:
        said = said_of(chosen, [ordinal]).get(ordinal)
        return ItemPlace(said[0] if said else 0, ordinal)
    if walk is _by_dispute:
        block, bit = ordinal // BLOCK, 1 << ordinal % BLOCK
        stored = chosen.stored.every_block(["dispute"])
        at = [int(value) for (_, value), blocks in stored.items() if blocks.get(block, 0) & bit]
        return ItemPlace(max(at, default=0), ordinal)
    return ItemPlace(0, ordinal)


def said_of(chosen: ChosenItems, ordinals: Iterable[int]) -> dict[int, tuple[int, int]]:
    """What the model says of items: how sure it is (of 65,535) and the number of what it says in ``FacetIndex.says``.
    Those it says nothing of are absent."""
    wanted = sorted(ordinals)
    name, numbers = chosen.stored.name("~said"), sorted({one // SAID_ROWS for one in wanted})
    if not numbers:
        return {}
    read = _said_rows if len(numbers) <= _PREPARED_UP_TO else _said
    blocks = {block: (n, bytes(bits)) for block, n, bits in read(chosen.project.pk, name, *numbers)}
    found = {}
    for ordinal in wanted:
        n, bits = blocks.get(ordinal // SAID_ROWS, (0, b""))
        row = ordinal % SAID_ROWS
        if row < n:
            sure, says = struct.unpack_from("<HH", bits, 4 * row)
            if says != NOT_PREDICTED:
                found[ordinal] = (sure, says)
    return found


def _by_ordinal(chosen: ChosenItems, rises: bool, after: ItemPlace | None) -> Iterator[ItemPlace]:
    start = None if after is None else after.ordinal
    for block in _blocks_from(chosen, rises, start):
        for position in _behind(chosen.block(block), block, rises, start):
            yield ItemPlace(0, block * BLOCK + position)


def _blocks_from(chosen: ChosenItems, rises: bool, start: int | None) -> range:
    last = chosen.stored.n_blocks - 1
    if rises:
        return range(0 if start is None else max(0, start) // BLOCK, last + 1)
    return range(last if start is None else min(last, start // BLOCK), -1, -1)


def _behind(bits: int, block: int, rises: bool, start: int | None) -> Iterator[int]:
    """The positions of a block behind an ordinal, in the direction."""
    if start is not None and start // BLOCK == block:
        here = start % BLOCK
        bits = bits >> (here + 1) << (here + 1) if rises else bits & ((1 << here) - 1)
    return ascending(bits) if rises else descending(bits)


def _by_dispute(chosen: ChosenItems, rises: bool, after: ItemPlace | None) -> Iterator[ItemPlace]:
    values = sorted((int(value) for _, value in chosen.stored.totals(["dispute"])), reverse=not rises)
    for key in values:
        if after is not None and key != after.key and (key < after.key) == rises:
            continue
        start = after.ordinal if after is not None and key == after.key else None
        wanted = ("dispute", f"{key:02d}")
        stored = chosen.stored.blocks([wanted])[wanted]
        for block in _blocks_from(chosen, rises, start):
            if both := stored.get(block, 0) and stored[block] & chosen.block(block):
                for position in _behind(both, block, rises, start):
                    yield ItemPlace(key, block * BLOCK + position)


def _by_sureness(chosen: ChosenItems, rises: bool, after: ItemPlace | None) -> Iterator[ItemPlace]:
    if chosen.total <= _FEW:
        yield from _sorted(_each(chosen), rises, after)
        return
    facet = chosen.stored.name("~level")
    levels = list(range(LEVELS)) if rises else list(range(LEVELS - 1, -1, -1))
    if after is not None:
        levels = _levels_from(chosen, levels, rises, after)
    first, n = 0, 1
    while first < len(levels):  # one is a page where nothing is filtered; the fewer fit, the more are read at once
        some = levels[first : first + n]
        rows: dict[str, list[_LevelRow]] = {}
        for value, block, n_here, bits in _level_rows(chosen.project.pk, facet, *(f"{level:03d}" for level in some)):
            rows.setdefault(value, []).append((block, n_here, bits))
        for level in some:  # each is looked through when it is reached
            yield from _sorted(_of_level(chosen, rows.get(f"{level:03d}", ())), rises, after)
        first, n = first + n, min(2 * n, _LEVELS_AT_FIRST if first < _LEVELS_AT_ONCE else _LEVELS_AT_ONCE)


def _levels_from(chosen: ChosenItems, levels: list[int], rises: bool, after: ItemPlace) -> list[int]:
    """Without the strata that lie wholly before the place."""
    limits: Mapping[str, list[int]] = chosen.stored.index.levels
    if rises:
        return [level for level in levels if (limits.get(f"{level:03d}") or [0, -1])[1] >= after.key]
    return [level for level in levels if (limits.get(f"{level:03d}") or [WHOLLY_SURE + 1, 0])[0] <= after.key]


def _of_level(chosen: ChosenItems, rows: Iterable[_LevelRow]) -> list[_Packed]:
    found: list[_Packed] = []
    all_fit = chosen.is_every_predicted
    for block, n, bits in rows:
        if not all_fit and not chosen.block(block):
            continue
        positions, start = struct.unpack_from(f"<{n}H", bits), block * BLOCK
        fits = b"" if all_fit else _looked_up(chosen.flags(block), positions)
        if not all_fit and 1 not in fits:
            continue  # most of them, where few fit
        here: Iterable[tuple[int, int]] = zip(struct.unpack_from(f"<{n}H", bits, 2 * n), positions, strict=True)
        here = here if all_fit else compress(here, fits)
        found += [sure << _KEY_BITS | start + position for sure, position in here]
    return found


def _looked_up(flags: bytes, positions: tuple[int, ...]) -> bytes:
    """The flags of some positions: 20 ns each."""
    return bytes(itemgetter(*positions)(flags)) if len(positions) > 1 else bytes(flags[one] for one in positions)


def _each(chosen: ChosenItems) -> list[_Packed]:
    ordinals = [
        block * BLOCK + position
        for block in range(chosen.stored.n_blocks)
        for position in ascending(chosen.block(block))
    ]
    return [sure << _KEY_BITS | ordinal for ordinal, (sure, _) in said_of(chosen, ordinals).items()]


def _sorted(found: Iterable[_Packed], rises: bool, after: ItemPlace | None) -> Iterator[ItemPlace]:
    if after is not None:
        start = after.key << _KEY_BITS | min(after.ordinal, _ORDINAL)
        found = [one for one in found if (one > start if rises else one < start)]
    return (ItemPlace(one >> _KEY_BITS, one & _ORDINAL) for one in sorted(found, reverse=not rises))


#: By sort how its order is walked, and whether keys rise.
_ORDERS: Mapping[str, tuple[Walk, bool]] = {
    "imported": (_by_ordinal, True),
    "newest": (_by_ordinal, False),
    "unsure": (_by_sureness, True),
    "sure": (_by_sureness, False),
    "mistake": (_by_sureness, False),
    "disputed": (_by_dispute, False),
}
