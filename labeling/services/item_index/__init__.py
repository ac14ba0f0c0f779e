"""Keeps the index of a project's items: whoever looks brings it up to date, a worker where it is much (decision 0100).

Answering costs nothing for it: what is new is found by the numbers of annotations and the counts of Progress.
"""

from labeling.services.item_index.catch_up import IndexedSoFar, go_on, up_to_date
from labeling.services.item_index.groups import store_groups
from labeling.services.item_index.places import show_map, store_places, stored_places
from labeling.services.item_index.predictions import PredictedItems, store_predictions

__all__ = [
    "IndexedSoFar", "PredictedItems", "go_on", "show_map", "store_groups", "store_places", "store_predictions",
    "stored_places", "up_to_date",
]  # fmt: skip
