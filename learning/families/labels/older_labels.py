"""What a version says that learned another label set, in the labels of now."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray


def in_labels_of_now(
    given: NDArray[np.float32],
    learned: Sequence[str],
    labels: Sequence[str],
    present: Mapping[str, str],
    *,
    one_answer: bool,
) -> NDArray[np.float32]:
    """Probabilities (items x ``labels``) from those of the labels a version ``learned``, in their order. ``present``
    says as which label those are read now that were merged.

    Merged labels add up where an item has one answer; of several, as if one said nothing about the other. A label that
    came since, by a split too, has 0: what a version said of the label that was split says nothing of its parts.
    """
    if tuple(learned) == tuple(labels):
        return given
    place_of = {label: place for place, label in enumerate(labels)}
    found = np.zeros((len(given), len(labels)), dtype=np.float32)
    for column, label in enumerate(learned):
        place = place_of.get(present.get(label, label))
        if place is None:
            continue
        more, so_far = given[:, column], found[:, place]
        found[:, place] = so_far + more if one_answer else so_far + more - so_far * more
    return found
