"""Near-duplicate pictures: found by a 64-bit difference hash, confirmed on 16 x 16 grey thumbnails.

The hash alone is not enough: at distance 4 it pairs 203 of the 2,527 TrashNet photos with an earlier one, mostly a
stranger. The thumbnails leave 7 pairs, each the same thing photographed twice (looked at, one by one).
"""

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from django.core.files.storage import default_storage

from labeling.services.imports.errors import raise_outage
from labeling.services.items.decoding import PictureRejected
from labeling.services.items.pictures import THUMBNAIL_SIDE, PictureFacts, inspect

MAX_DISTANCE = 4
MIN_CORRELATION = 0.99
MAX_DIFFERENCE = 12.0  # mean of grey levels 0 to 255
MAX_CANDIDATES = 16
_KEPT_THUMBNAILS = 65_536  # 16 MB


@dataclass(frozen=True, slots=True)
class Seen:
    """An earlier picture: where its original lies, and the side and group of its item."""

    path: str
    split: str
    group: str


class NearDuplicates:
    """The pictures of one project by perceptual hash: 8 bytes each, in an array that is searched as a whole."""

    def __init__(self) -> None:
        self._hashes = np.empty(1024, dtype=np.uint64)
        self._seen: list[Seen] = []
        self._thumbnails: OrderedDict[str, bytes | None] = OrderedDict()

    def add(self, perceptual_hash: int | None, seen: Seen, thumbnail: bytes | None = None) -> None:
        """Remembers a stored picture; a flat one has no hash and resembles nothing."""
        if perceptual_hash is None:
            return
        if len(self._seen) == len(self._hashes):
            self._hashes = np.concatenate([self._hashes, np.empty_like(self._hashes)])
        self._hashes[len(self._seen)] = perceptual_hash & 0xFFFF_FFFF_FFFF_FFFF
        self._seen.append(seen)
        if thumbnail:
            self._keep(seen.path, thumbnail)

    def find(self, facts: PictureFacts) -> Seen | None:
        """The earliest of the nearest pictures that shows the same, None when there is none. May decode originals."""
        if facts.perceptual_hash is None or not self._seen:
            return None
        wanted = np.uint64(facts.perceptual_hash & 0xFFFF_FFFF_FFFF_FFFF)
        distance = np.bitwise_count(self._hashes[: len(self._seen)] ^ wanted)
        near = np.flatnonzero(distance <= MAX_DISTANCE)
        if not len(near):
            return None
        for index in near[np.argsort(distance[near], kind="stable")][:MAX_CANDIDATES]:
            seen: Seen = self._seen[int(index)]
            if _same(facts.thumbnail, self._thumbnail(seen.path)):
                return seen
        return None

    def _thumbnail(self, path: str) -> bytes | None:
        if path in self._thumbnails:
            return self._thumbnails[path]
        try:
            with default_storage.open(path, "rb") as file:
                thumbnail: bytes | None = inspect(file).thumbnail
        except (OSError, PictureRejected) as error:  # the original is gone or damaged: nothing to compare with
            raise_outage(error)
            thumbnail = None
        self._keep(path, thumbnail)
        return thumbnail

    def _keep(self, path: str, thumbnail: bytes | None) -> None:
        self._thumbnails[path] = thumbnail
        if len(self._thumbnails) > _KEPT_THUMBNAILS:
            self._thumbnails.popitem(last=False)


def _vector(thumbnail: bytes) -> np.ndarray:
    return np.frombuffer(thumbnail, dtype=np.uint8).astype(np.float32).reshape(THUMBNAIL_SIDE * THUMBNAIL_SIDE)


def _same(mine: bytes, theirs: bytes | None) -> bool:
    if theirs is None:
        return False
    one, other = _vector(mine), _vector(theirs)
    if float(np.abs(one - other).mean()) > MAX_DIFFERENCE:
        return False
    first, second = one - one.mean(), other - other.mean()
    norm = float(np.linalg.norm(first) * np.linalg.norm(second))
    return norm > 0 and float(first @ second) / norm >= MIN_CORRELATION
