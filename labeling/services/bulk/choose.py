"""Which items somebody means, as bits by ordinal: those that were ticked, or all of a view as it is now."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from labeling.db.bitmaps import BLOCK, FULL, ascending
from labeling.models import Item, Project, Split
from labeling.selectors.item_view import ChosenItems, ItemView, look_at_chosen
from labeling.selectors.item_view.stored import StoredFacets
from labeling.selectors.names import NameOf
from labeling.services.item_index import up_to_date
from labeling.services.validation.errors import Invalid

#: Items that may be ticked one by one; more are a view.
MOST_TICKED = 10_000
#: Items of a view that are looked through for words in one request.
MOST_LOOKED_THROUGH = 200_000
_AT_ONCE = 1_000


@dataclass(frozen=True)
class Selection:
    """Ticked items by their ids, or a view as its reader is told of people, with how many items it was said to have."""

    ids: tuple[int, ...] = ()
    view: ItemView | None = None
    count: int | None = None
    name_of: NameOf = str


def chosen_ordinals(project: Project, selection: Selection) -> int:
    """The ordinals as bits. Raises Invalid (items, view)."""
    if selection.view is None:
        return _ticked(project, selection.ids)
    so_far = up_to_date(project)
    if not so_far.is_whole:
        raise Invalid("view", "The newest items and answers are still being counted: try again in a moment.")
    chosen = ChosenItems(project, selection.view.but(), selection.name_of)
    if chosen.search and chosen.search.checks:  # their texts are to be read
        return _with_words(project, chosen, selection)
    bits = 0
    for number in range(chosen.stored.n_blocks):
        bits |= chosen.block(number) << number * BLOCK
    return bits


def _ticked(project: Project, ids: Iterable[int]) -> int:
    wanted = sorted(set(ids))
    if not wanted:
        raise Invalid("items", "Select the items that this is about first.")
    if len(wanted) > MOST_TICKED:
        raise Invalid("items", f"At most {MOST_TICKED:,} items by their ids; more are a view.")
    found: list[int] = []
    for start in range(0, len(wanted), _AT_ONCE):
        rows = Item.objects.numbered(project, wanted[start : start + _AT_ONCE])
        found += rows.values_list("ordinal", flat=True)
    if len(found) != len(wanted):
        raise Invalid("items", f"{len(wanted) - len(found):,} of these are no items of this project.")
    return bits_of(found)


def _with_words(project: Project, chosen: ChosenItems, selection: Selection) -> int:
    if chosen.total > MOST_LOOKED_THROUGH:
        raise Invalid(
            "view",
            f"Words are looked for in at most {MOST_LOOKED_THROUGH:,} items at once: narrow the view by a filter.",
        )
    found: list[int] = []
    cursor = ""
    while True:
        view = chosen.view.but(cursor=cursor)
        page = look_at_chosen(ChosenItems(project, view, selection.name_of), limit=_AT_ONCE)
        found += [item.ordinal for item in page.items]
        if not page.older:
            return bits_of(found)
        cursor = page.older


def held_out(project: Project, bits: int) -> int:
    """Those of the ordinals whose items are of the eval split."""
    stored = StoredFacets(project)
    if stored.items >= bits.bit_length():
        found = 0
        for number, block in stored.blocks([("split", Split.EVAL.value)])["split", Split.EVAL.value].items():
            found |= block << number * BLOCK
        return bits & found
    rows = Item.objects.filter(project=project, split=Split.EVAL).order_by()
    return bits & bits_of(rows.values_list("ordinal", flat=True).iterator())


def bits_of(ordinals: Iterable[int]) -> int:
    filled = bytearray()
    for ordinal in ordinals:
        if (ordinal >> 3) >= len(filled):
            filled.extend(bytes((ordinal >> 3) + 1 - len(filled)))
        filled[ordinal >> 3] |= 1 << (ordinal & 7)
    return int.from_bytes(filled, "little")


def ordinals_of(bits: int, start: int = 0) -> Iterator[int]:
    """The ordinals from one on, rising."""
    number = start // BLOCK
    while bits >> number * BLOCK:
        for place in ascending(bits >> number * BLOCK & FULL):
            if number * BLOCK + place >= start:
                yield number * BLOCK + place
        number += 1
