"""Groups of items on a map, stored as values of a facet beside it and shown with it (decision 0114)."""

from collections.abc import Mapping
from typing import Any

import orjson

from labeling.db.bitmaps import encoded, summary_of, with_sample
from labeling.models import FacetBlock
from labeling.selectors.item_view.groups import GROUP, facet_of_groups
from labeling.services.item_index.blocks import store_rows

_ROWS_AT_ONCE = 400


def store_groups(project_id: int, number: int, bits: Mapping[str, Mapping[int, int]], told: Mapping[str, Any]) -> None:
    """The groups of a map, by value and block, in place of all there were; ``told`` is what is said of them. In the
    transaction of the caller."""
    FacetBlock.objects.filter(project=project_id, facet=GROUP).delete()
    FacetBlock.objects.filter(project=project_id, facet__startswith=facet_of_groups("")).delete()
    rows = [(facet_of_groups(number), "", 0, 0, orjson.dumps(told))]
    for value, blocks in bits.items():
        summaries: dict[int, tuple[int, int]] = {}
        for block, of_block in blocks.items():
            n, stored = encoded(of_block)
            rows.append((GROUP, value, block, n, stored))
            in_all, sample = summaries.get(summary_of(block), (0, 0))
            summaries[summary_of(block)] = in_all + n, with_sample(sample, block, of_block)
        for summary, (n, sample) in summaries.items():
            rows.append((GROUP, value, summary, n, sample.to_bytes((sample.bit_length() + 7) // 8, "little")))
        if len(rows) >= _ROWS_AT_ONCE:
            store_rows(project_id, rows)
            rows = []
    store_rows(project_id, rows)
