"""How many items of a view have each value of each facet."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from labeling.selectors.item_view.chosen import STORED_SIDE, ChosenItems
from labeling.selectors.item_view.stored import ITEMS_A_SAMPLED_ONE, Wanted

#: Up to so many blocks of 65,536 items are counted one by one; above that a sample is.
COUNTED_BLOCKS = 2


@dataclass(frozen=True)
class FacetCounts:
    """By facet how many items have each value: of those that fit everything but what is asked of the facet itself.
    ``is_estimate``: counted in a sample of one item in 16."""

    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    is_estimate: bool = False


def facet_counts(chosen: ChosenItems, facets: Iterable[str]) -> FacetCounts:
    """Of words that only the texts themselves can tell, the items that may hold them are counted."""
    names = list(facets)
    if chosen.is_everything:
        return FacetCounts(_with_others(chosen.stored.totals(names), names, dict.fromkeys(names, chosen.stored.items)))
    filtered = {one[0] for one, _ in chosen.wanted}
    if chosen.stored.n_blocks <= COUNTED_BLOCKS:
        every = chosen.stored.every_block(names)
        blocks = range(chosen.stored.n_blocks)
        fits = {name: {block: chosen.without(name, block) for block in blocks} for name in filtered & {*names}}
        rest = {block: chosen.block(block) for block in blocks}
        return FacetCounts(_counted(every, names, fits, rest))
    samples = chosen.stored.samples({*names, *filtered})
    fits = {name: _sampled(chosen, samples, name) for name in filtered & {*names}}
    found = _counted(samples, names, fits, _sampled(chosen, samples, ""))
    scaled = {name: {value: n * ITEMS_A_SAMPLED_ONE for value, n in of.items()} for name, of in found.items()}
    return FacetCounts(scaled, is_estimate=True)


def _sampled(chosen: ChosenItems, samples: Mapping[Wanted, Mapping[int, int]], facet: str) -> dict[int, int]:
    """The sampled items that fit whatever is asked of the facet."""
    found = dict(chosen.sampled)
    for one, is_other in chosen.wanted:
        if one[0] != facet:
            stored = samples.get(one, {})
            for summary in found:
                found[summary] &= ~stored.get(summary, 0) if is_other else stored.get(summary, 0)
    return found


def _counted(
    every: Mapping[Wanted, Mapping[int, int]],
    names: list[str],
    fits: Mapping[str, Mapping[int, int]],
    rest: Mapping[int, int],
) -> dict[str, dict[str, int]]:
    totals = {}
    for (name, value), blocks in every.items():
        of = fits.get(name, rest)
        if name in names and (n := sum((bits & of.get(block, 0)).bit_count() for block, bits in blocks.items())):
            totals[name, value] = n
    whole = {name: sum(bits.bit_count() for bits in fits.get(name, rest).values()) for name in names}
    return _with_others(totals, names, whole)


def _with_others(totals: Mapping[Wanted, int], names: list[str], whole: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """By facet; where one side of two is stored, the other one is what is left."""
    found: dict[str, dict[str, int]] = {name: {} for name in names}
    for (name, value), n in totals.items():
        found[name][value] = n
    for name, (here, there) in STORED_SIDE.items():
        if name in found and (others := whole[name] - found[name].get(here, 0)):
            found[name][there] = others
    return found
