"""Reads features by ordinal. Shards stay mapped in the worker process, so the second ranking reads nothing again."""

from collections import OrderedDict
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from learning.core.pools import ShardPool
from learning.models import SHARD_ROWS, EncoderVersion, FeatureShard
from learning.services import files
from learning.services.features import shards

_KEPT_SHARDS = 64
_kept: OrderedDict[str, NDArray[np.float32]] = OrderedDict()


class ItemFeatures(Protocol):
    """A project's items under one encoder version; the row number is the ordinal."""

    version: EncoderVersion
    n_rows: int

    def take(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """A copy of the rows asked for, in that order."""
        ...


class FeatureMatrix(ShardPool):
    """A project's items under one encoder version; the row number is the ordinal. Its length does not grow."""

    def __init__(self, version: EncoderVersion) -> None:
        self.version = version
        self._rows_of = {shard.number: shard for shard in version.shards.all()}
        n_rows = 0
        for number in range(len(self._rows_of)):
            n_rows += self._rows_of[number].rows
        super().__init__(n_rows, version.dimension, self._mapped, SHARD_ROWS)

    def _mapped(self, number: int) -> NDArray[np.float32]:
        shard = self._rows_of[number]
        rows = _kept.get(shard.sha256)
        if rows is None:
            rows = _kept[shard.sha256] = self._read(shard)
            while len(_kept) > _KEPT_SHARDS:
                _kept.popitem(last=False)
        _kept.move_to_end(shard.sha256)
        return rows[: shard.rows]

    def _read(self, shard: FeatureShard) -> NDArray[np.float32]:
        try:
            return shards.read_shard(shard)
        except files.Corrupt:
            # A worker that grew the shard meanwhile has removed the file this row named; a second failure is real.
            return shards.read_shard(FeatureShard.objects.get(pk=shard.pk))
