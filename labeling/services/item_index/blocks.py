"""Writes blocks of the index and keeps their summaries true."""

from collections.abc import Collection, Iterable, Mapping

from labeling.db.bitmaps import BLOCK, decoded, encoded, summary_of, with_sample
from labeling.models import FacetBlock

#: By facet and value the bits of one block.
Bits = Mapping[tuple[str, str], int]
_ROWS = 500


class BitsByBlock:
    """Collects items by facet and value."""

    def __init__(self) -> None:
        self._filled: dict[int, dict[tuple[str, str], bytearray]] = {}

    def add(self, ordinal: int, facet: str, value: str) -> None:
        of_block = self._filled.setdefault(ordinal // BLOCK, {})
        bits = of_block.get((facet, value))
        if bits is None:
            bits = of_block[facet, value] = bytearray(BLOCK // 8)
        position = ordinal % BLOCK
        bits[position >> 3] |= 1 << (position & 7)

    @property
    def blocks(self) -> list[int]:
        return sorted(self._filled)

    def of(self, block: int) -> dict[tuple[str, str], int]:
        return {one: int.from_bytes(bits, "little") for one, bits in self._filled.get(block, {}).items()}


def stored_bits(project_id: int, block: int, facets: Collection[str]) -> dict[tuple[str, str], int]:
    """What a block holds now."""
    rows = FacetBlock.objects.filter(project=project_id, facet__in=facets, block=block)
    return {
        (facet, value): decoded(n, bits) for facet, value, n, bits in rows.values_list("facet", "value", "n", "bits")
    }


def put(project_id: int, block: int, facets: Collection[str], about: int, bits: Bits) -> None:
    """Says of the items ``about`` anew which of them have which value of the facets; of others nothing changes."""
    before = stored_bits(project_id, block, facets)
    changed = {}
    for one in before.keys() | bits.keys():
        now = before.get(one, 0) & ~about | bits.get(one, 0)
        if now != before.get(one, 0):
            changed[one] = now
    if changed:
        write(project_id, block, changed, {one: before.get(one, 0).bit_count() for one in changed})


def write(project_id: int, block: int, bits: Bits, counted: Mapping[tuple[str, str], int]) -> None:
    """Stores what a block holds of some values, of which there were ``counted`` before."""
    summary = summary_of(block)
    facets, values = {facet for facet, _ in bits}, {value for _, value in bits}
    rows = FacetBlock.objects.filter(project=project_id, facet__in=facets, value__in=values, block=summary)
    summaries = {
        (facet, value): (n, int.from_bytes(sample, "little"))
        for facet, value, n, sample in rows.values_list("facet", "value", "n", "bits")
    }
    made = []
    for one, now in bits.items():
        n, stored = encoded(now)
        in_all, sample = summaries.get(one, (0, 0))
        in_all, sample = in_all + n - counted.get(one, 0), with_sample(sample, block, now)
        made.append((*one, block, n, stored))
        made.append((*one, summary, in_all, sample.to_bytes((sample.bit_length() + 7) // 8, "little")))
    store_rows(project_id, made)


def store_rows(project_id: int, rows: Iterable[tuple[str, str, int, int, bytes]]) -> None:
    """Facet, value, block, how many, and bytes; in place of what is there."""
    FacetBlock.objects.bulk_create(
        [
            FacetBlock(project_id=project_id, facet=facet, value=value, block=block, n=n, bits=bits)
            for facet, value, block, n, bits in rows
        ],
        batch_size=_ROWS,
        update_conflicts=True,
        unique_fields=["project", "facet", "value", "block"],
        update_fields=["n", "bits"],
    )
