"""Where items are on a map, stored beside the index under the map's number, and shown at once (decision 0108)."""

from itertools import count

from labeling.db.bitmaps import BLOCK
from labeling.models import FacetBlock, FacetIndex
from labeling.selectors.item_view.places import BYTES_A_PLACE, facet_of_map
from labeling.services.item_index.blocks import store_rows


def store_places(project_id: int, number: int, block: int, places: bytes) -> None:
    """The places of a block's first items, as ``selectors/item_view/places.py`` reads them; nobody is shown them yet
    unless the map is."""
    store_rows(project_id, [(facet_of_map(number), "", block, len(places) // BYTES_A_PLACE, places)])


def stored_places(project_id: int, number: int) -> int:
    """How many items, from the first on, have a place on a map."""
    rows = FacetBlock.objects.filter(project=project_id, facet=facet_of_map(number)).values_list("block", "n")
    in_block = dict(rows)
    for block in count():
        if in_block.get(block, 0) < BLOCK:
            return block * BLOCK + in_block.get(block, 0)
    raise AssertionError("there is no end of numbers")


def show_map(project_id: int, number: int, items: int) -> None:
    """Shows a map of the first ``items`` items, in the transaction of the caller; every other one goes."""
    FacetIndex.objects.get_or_create(project_id=project_id)
    FacetIndex.objects.filter(project=project_id).update(map_number=number, mapped=items)
    maps = FacetBlock.objects.filter(project=project_id, facet__startswith=facet_of_map(""))
    maps.exclude(facet=facet_of_map(number)).delete()
