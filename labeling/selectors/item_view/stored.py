"""Reads the index of a project's items."""

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property, reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet

from labeling.db.bitmaps import BLOCK, SAMPLED_BLOCKS, all_below, decoded, summary_of, with_sample
from labeling.db.prepared import Prepared, PreparedRows
from labeling.models import FacetBlock, FacetIndex, Project

#: Facets of what the model in use says: written anew by every version, under the number of the generation.
OF_THE_MODEL = frozenset(("model", "sure", "agrees", "predicted", "~level", "~said"))
#: A facet and a value of it.
Wanted = tuple[str, str]


def _of_values(project: int, *pairs: str) -> "QuerySet[FacetBlock, Any]":
    """Of facets and their values, one behind the other."""
    is_one = [Q(facet=facet, value=value) for facet, value in zip(pairs[::2], pairs[1::2], strict=True)]
    rows = FacetBlock.objects.filter(reduce(or_, is_one), project=project, block__gte=0)
    return rows.values_list("facet", "value", "block", "n", "bits")


def _of_facets(project: int, *facets: str, summaries: bool, bits: bool) -> "QuerySet[FacetBlock, Any]":
    rows = FacetBlock.objects.filter(project=project, facet__in=facets)
    rows = rows.filter(block__lt=0) if summaries else rows.filter(block__gte=0)
    return rows.values_list("facet", "value", "block", "n", *(("bits",) if bits else ()))


_index_of = Prepared(lambda project: FacetIndex.objects.filter(project=project))
_rows_of_values = PreparedRows(_of_values)
_rows_of_facets = PreparedRows(_of_facets)


def index_of(project: Project) -> FacetIndex:
    """How much the index knows; one that knows nothing where there is none."""
    return next(iter(_index_of(project.pk)), None) or FacetIndex(project=project)


class StoredFacets:
    """What is stored of one project. A block that is not there is empty."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.index = index_of(project)

    @property
    def items(self) -> int:
        """How many items are in it: their ordinals are below."""
        return self.index.items

    @property
    def n_blocks(self) -> int:
        return -(-self.items // BLOCK)

    def name(self, facet: str) -> str:
        """What a facet is stored as."""
        return f"{facet}@{self.index.generation}" if facet in OF_THE_MODEL else facet

    def blocks(self, wanted: Collection[Wanted]) -> dict[Wanted, dict[int, int]]:
        """By facet and value, then by block; one query."""
        found: dict[Wanted, dict[int, int]] = {one: {} for one in wanted}
        if not found:
            return found
        named = {(self.name(facet), value): (facet, value) for facet, value in wanted}
        said = [said for one in named for said in one]
        for facet, value, block, n, bits in _rows_of_values(self.project.pk, *said):
            found[named[facet, value]][block] = decoded(n, bits)
        return found

    def every_block(self, facets: Iterable[str]) -> dict[Wanted, dict[int, int]]:
        """All values of the facets; one query."""
        named = {self.name(facet): facet for facet in facets}
        found: dict[Wanted, dict[int, int]] = {}
        for facet, value, block, n, bits in self._rows(named, summaries=False):
            found.setdefault((named[facet], value), {})[block] = decoded(n, bits)
        return found

    def totals(self, facets: Iterable[str]) -> dict[Wanted, int]:
        """How many items have each value; reads no bits."""
        named = {self.name(facet): facet for facet in facets}
        found: dict[Wanted, int] = {}
        for facet, value, _, n in self._rows(named, summaries=True, bits=False):
            found[named[facet], value] = found.get((named[facet], value), 0) + n
        return {one: n for one, n in found.items() if n}

    def samples(self, facets: Iterable[str]) -> dict[Wanted, dict[int, int]]:
        """By summary the sampled items of every value: one in 16 of a block."""
        named = {self.name(facet): facet for facet in facets}
        found: dict[Wanted, dict[int, int]] = {}
        for facet, value, summary, _, bits in self._rows(named, summaries=True):
            found.setdefault((named[facet], value), {})[summary] = int.from_bytes(bits, "little")
        return found

    def _rows(self, named: Collection[str], *, summaries: bool, bits: bool = True) -> Iterable[tuple[Any, ...]]:
        if not named:
            return []
        return _rows_of_facets(self.project.pk, *named, summaries=summaries, bits=bits)

    def all_of(self, block: int) -> int:
        """Every item of a block."""
        return all_below(self.items, block)

    @cached_property
    def whole_sample(self) -> Mapping[int, int]:
        """The sampled ones of all items, by summary."""
        found: dict[int, int] = {}
        for block in range(self.n_blocks):
            summary = summary_of(block)
            found[summary] = with_sample(found.get(summary, 0), block, self.all_of(block))
        return found


#: What one sampled item stands for.
ITEMS_A_SAMPLED_ONE = SAMPLED_BLOCKS
