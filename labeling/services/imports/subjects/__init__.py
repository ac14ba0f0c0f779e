"""What an import may hold, by what a project asks about: which rows there are, and what stores each sort of them."""

from collections.abc import Callable
from typing import Any

from labeling.kinds import PerSubject, kind_of
from labeling.models import ImportBatch, Project
from labeling.services.imports.pair_rows import PairwiseRowBuilder
from labeling.services.imports.records.rows import RowBuilder
from labeling.services.imports.row_store import RowStore
from labeling.services.imports.subjects.items import ItemStore
from labeling.services.imports.subjects.pairs import PairStore
from labeling.services.imports.subjects.places import Places, PlacesInContexts

_BUILDERS: PerSubject[type[RowBuilder]] = PerSubject(item=RowBuilder, pair=PairwiseRowBuilder)

#: In the order in which rows of one chunk are stored: a pair may name an item that stands before it.
_STORES: PerSubject[Callable[[ImportBatch], list[RowStore[Any]]]] = PerSubject(
    item=lambda batch: [ItemStore(batch, Places())],
    pair=lambda batch: [ItemStore(batch, PlacesInContexts(batch.project)), PairStore(batch)],
)


def builder_of(project: Project) -> type[RowBuilder]:
    """What makes rows of records."""
    return _BUILDERS.of(kind_of(project).subject)


def stores_of(batch: ImportBatch) -> list[RowStore[Any]]:
    """What stores the rows, one a sort."""
    return _STORES.of(kind_of(batch.project).subject)(batch)
