"""What the model in use says of every item, stored under a new generation and then shown at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max, Q

from labeling.db.bitmaps import BLOCK
from labeling.models import FacetBlock, FacetIndex
from labeling.services.item_index.blocks import Bits, store_rows, stored_bits, write

_AT_ONCE = 400
#: Its blocks are the numbers of the generations that were begun.
_BEGUN = "~begun"


@dataclass(frozen=True)
class PredictedItems:
    """What one version says of the first ``items`` items.

    ``says``: lists of labels (identities), named by their numbers in ``said``. ``levels``: by stratum how sure the
    model is in it at least and at most, of 65,535. ``bits(block)``: the facets *model*, *sure* and *predicted* of a
    block; ``numbers``: rows of *~level* and *~said* as ``selectors/item_view/order.py`` reads them.
    """

    model: int
    items: int
    says: list[list[str]]
    levels: Mapping[str, list[int]]
    bits: Mapping[int, Bits]
    numbers: Iterable[tuple[str, str, int, int, bytes]]


def store_predictions(project_id: int, found: PredictedItems) -> None:
    """Nothing is seen of it until all is there; what was said before, and what attempts that died have left, is removed
    then. Of several workers at once each writes under a number of its own, and what the last one began is shown."""
    generation = _begin(project_id)
    for block, bits in found.bits.items():
        with transaction.atomic():
            write(project_id, block, {(f"{facet}@{generation}", value): of for (facet, value), of in bits.items()}, {})
    some: list[Any] = []
    for facet, *row in found.numbers:
        some.append((f"{facet}@{generation}", *row))
        if len(some) == _AT_ONCE:
            store_rows(project_id, some)
            some = []
    store_rows(project_id, some)
    if _show(project_id, generation, found):
        begun = FacetBlock.objects.filter(project=project_id, facet=_BEGUN, block__lt=generation)
        for old in begun.values_list("block", flat=True):
            _remove(project_id, old)
    else:
        _remove(project_id, generation)  # what another worker began later is shown already


def _begin(project_id: int) -> int:
    """The number of a new generation, which nobody else is given."""
    with transaction.atomic():
        FacetIndex.objects.get_or_create(project_id=project_id)
        index = FacetIndex.objects.select_for_update(no_key=True).get(project=project_id)
        begun = FacetBlock.objects.filter(project=project_id, facet=_BEGUN).aggregate(newest=Max("block"))["newest"]
        generation = max(index.generation, begun or 0) + 1
        store_rows(project_id, [(_BEGUN, "", generation, 0, b"")])
    return generation


@transaction.atomic
def _show(project_id: int, generation: int, found: PredictedItems) -> bool:
    """False where a later one is shown."""
    locked = FacetIndex.objects.select_for_update(no_key=True).get(project=project_id)
    if locked.generation > generation:
        return False
    locked.generation, locked.model, locked.predicted = generation, found.model, found.items
    locked.says, locked.levels = found.says, dict(found.levels)
    locked.save(update_fields=["generation", "model", "predicted", "says", "levels"])
    for block in range(-(-found.items // BLOCK)):
        compare(project_id, generation, block)
    return True


def compare(project_id: int, generation: int, block: int) -> None:
    """Where the model says what people say, and where it does not."""
    model, predicted, agrees = (f"{name}@{generation}" for name in ("model", "predicted", "agrees"))
    stored = stored_bits(project_id, block, ("label", "known", model, predicted, agrees))
    both = stored.get(("known", "yes"), 0) & stored.get((predicted, "yes"), 0)
    differ = 0
    for label in {value for facet, value in stored if facet in ("label", model)}:
        differ |= stored.get(("label", label), 0) ^ stored.get((model, label), 0)
    now = {(agrees, "yes"): both & ~differ, (agrees, "no"): both & differ}
    changed = {one: bits for one, bits in now.items() if bits != stored.get(one, 0)}
    if changed:
        write(project_id, block, changed, {one: stored.get(one, 0).bit_count() for one in changed})


def _remove(project_id: int, generation: int) -> None:
    names = ("model", "sure", "agrees", "predicted", "~level", "~said")
    of_it = Q(facet__in=[f"{name}@{generation}" for name in names])
    FacetBlock.objects.filter(of_it | Q(facet=_BEGUN, block=generation), project=project_id).delete()
