"""Features of items whose encoder keeps none: those that are asked for are encoded, and remembered."""

import numpy as np
from numpy.typing import NDArray

from learning.models import EncoderVersion
from learning.services.features import contents, encoder_versions


class EncodedItems:
    """For a few thousand rows, as :class:`learning.services.features.matrix.ItemFeatures`. An item that is gone is
    zeros."""

    def __init__(self, version: EncoderVersion, n_rows: int) -> None:
        self.version = version
        self.n_rows = n_rows
        self._encoder = encoder_versions.fitted(version)
        self._known: dict[int, NDArray[np.float32]] = {}

    def take(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """A copy of the rows asked for, in that order."""
        found, items = contents.contents_at(self.version.project, [int(row) for row in rows if row not in self._known])
        for first in range(0, len(found), contents.ITEMS_PER_BLOCK):
            part = slice(first, first + contents.ITEMS_PER_BLOCK)
            self._known.update(zip(found[part], self._encoder.transform(items[part]), strict=True))
        result = np.zeros((len(rows), self._encoder.dimension), dtype=np.float32)
        for place, row in enumerate(rows.tolist()):
            if row in self._known:
                result[place] = self._known[row]
        return result
