"""A view of the items: filters, sort and place, said once and asked by page and REST alike (decision 0100).

``view.py`` says what a view is and how it is written in an address; ``stored.py`` reads the index; ``chosen.py`` has
the items that fit, ``order.py`` walks them, ``counts.py`` counts the facets beside them; ``look.py`` is one page.
``places.py`` reads the map of the items and outlines on it, ``paint.py`` colours it by a facet, ``groups.py`` says what
belongs together on it.
"""

from labeling.selectors.item_view.chosen import ChosenItems
from labeling.selectors.item_view.look import InvalidCursor, ItemsFound, look, look_at_chosen, neighbours, told
from labeling.selectors.item_view.view import ITEM_SORTS, ItemView
from labeling.selectors.item_view.words import ShownFacet, shown_facets

__all__ = [
    "ITEM_SORTS", "ChosenItems", "InvalidCursor", "ItemView", "ItemsFound", "ShownFacet", "look", "look_at_chosen",
    "neighbours", "shown_facets", "told",
]  # fmt: skip
