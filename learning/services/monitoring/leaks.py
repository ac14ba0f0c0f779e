"""Does the eval split know the pool? Measured on what is stored, whatever the import meant to keep apart."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import numpy as np
import orjson
from django.core.files.storage import default_storage
from numpy.typing import NDArray

from labeling.kinds.cells import group_key, near_cell
from labeling.kinds.spelling import near_key
from labeling.models import Item, Modality, Progress, Project, Split
from labeling.services.imports.near import MAX_DISTANCE, NearDuplicates, Seen
from labeling.services.items.decoding import PictureRejected
from labeling.services.items.pictures import inspect

_CHUNK = 10_000
_NO_KEY = np.uint64(0)


@dataclass(frozen=True)
class Leaks:
    """Eval items that the pool knows already: ``hash`` the same content, ``near`` almost the same, ``group`` its group.

    An item is counted under ``near`` only when it is not counted under ``hash``. Near means for texts: equal but for
    case, width, spaces and punctuation; for pictures: what the import takes for the same picture; for table rows: equal
    but for case, width and surplus spaces (``labeling.kinds.spelling``). A group that is spelled otherwise in the pool
    counts as near, too: releases before 0065 drew such groups apart, and their projects go on.
    """

    hash: int
    near: int
    group: int
    n_eval: int
    n_pool: int

    @property
    def found(self) -> bool:
        return bool(self.hash or self.near or self.group)

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


def leaks(project: Project, n_items: int | None = None) -> Leaks:
    """Counts over the items below ordinal ``n_items`` (all of them when None). Remembered in this process.

    Reads every item once; items and their splits never change, so the answer holds until more are imported.
    """
    if n_items is None:
        n_items = Progress.objects.values_list("next_ordinal", flat=True).get(project=project)
    return _measured(project.pk, project.created_at.isoformat(), project.modality, n_items)


@lru_cache(maxsize=64)
def _measured(project_id: int, born: str, modality: str, n_items: int) -> Leaks:
    """``born`` tells a project from a deleted one that had its number."""
    read = _READ[Modality(modality)]
    columns = ("split", "group", *read.columns)
    rows = Item.objects.filter(project=project_id, ordinal__lt=n_items).order_by("ordinal").values_list(*columns)
    sides: dict[str, list[NDArray[np.uint64]]] = {Split.POOL: [], Split.EVAL: []}
    for block in _blocks(rows.iterator(chunk_size=_CHUNK)):
        keys = np.array([(*_group_keys(row[1]), *read.keys(row[2:])) for row in block], dtype=np.uint64)
        is_eval = np.array([row[0] == Split.EVAL for row in block])
        sides[Split.POOL].append(keys[~is_eval])
        sides[Split.EVAL].append(keys[is_eval])
    empty = np.empty((0, 4), dtype=np.uint64)
    pool, held = (np.concatenate([empty, *sides[side]]) for side in (Split.POOL, Split.EVAL))
    group, named, same, near = ((held[:, i] != _NO_KEY) & np.isin(held[:, i], pool[:, i]) for i in range(4))
    if modality == Modality.IMAGE:
        near = _near_pictures(project_id, n_items)
    near = near | (named & ~group)
    return Leaks(int(same.sum()), int((near & ~same).sum()), int(group.sum()), len(held), len(pool))


def _blocks(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    while block := list(islice(rows, _CHUNK)):
        yield block


def _key(value: str | bytes) -> int:
    """64 bits of a value; 0 for an empty one, which is like no other."""
    if not value:
        return 0
    content = value.encode(errors="surrogatepass") if isinstance(value, str) else value
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big") or 1


@dataclass(frozen=True)
class _Reader:
    columns: tuple[str, ...]
    keys: Callable[[tuple[Any, ...]], tuple[int, int]]


def _group_keys(group: str) -> tuple[int, int]:
    return (_key(group), _key(group_key(group))) if group else (0, 0)


def _text_keys(row: tuple[Any, ...]) -> tuple[int, int]:
    return _key(row[0]), _key(near_key(row[0]))


def _table_keys(row: tuple[Any, ...]) -> tuple[int, int]:
    plain = {name: near_cell(value) for name, value in row[0].items()}
    same, near = (_key(orjson.dumps(data, option=orjson.OPT_SORT_KEYS, default=str)) for data in (row[0], plain))
    return same, near


_READ = {
    Modality.TEXT: _Reader(("text",), _text_keys),
    Modality.TABULAR: _Reader(("data",), _table_keys),
    Modality.IMAGE: _Reader(("asset_id",), lambda row: (row[0] or 0, 0)),
}


def _near_pictures(project_id: int, n_items: int) -> NDArray[np.bool_]:
    """Per eval item, by rising ordinal, whether the pool holds what the import would take for the same picture."""
    rows = Item.objects.filter(project=project_id, ordinal__lt=n_items).order_by("ordinal")
    pool = NearDuplicates()
    known: list[int] = []
    pictures = rows.values_list("asset__perceptual_hash", "asset__path")
    for perceptual_hash, path in pictures.filter(split=Split.POOL).iterator(chunk_size=_CHUNK):
        if perceptual_hash is not None:
            pool.add(perceptual_hash, Seen(path, Split.POOL, ""))
            known.append(perceptual_hash)
    hashes = np.array(known, dtype=np.int64).view(np.uint64)
    found = [
        _is_near(perceptual_hash, path, hashes, pool)
        for perceptual_hash, path in pictures.filter(split=Split.EVAL).iterator(chunk_size=_CHUNK)
    ]
    return np.array(found, dtype=bool)


def _is_near(perceptual_hash: int | None, path: str, hashes: NDArray[np.uint64], pool: NearDuplicates) -> bool:
    if perceptual_hash is None or not len(hashes):
        return False
    wanted = np.array([perceptual_hash], dtype=np.int64).view(np.uint64)[0]
    if int(np.bitwise_count(hashes ^ wanted).min()) > MAX_DISTANCE:
        return False
    try:
        with default_storage.open(path, "rb") as file:
            return pool.find(inspect(file)) is not None
    except (OSError, PictureRejected):  # the original is gone or damaged: nothing to compare with
        return False
