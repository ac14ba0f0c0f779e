"""On which side of the split a row goes: groups and near-duplicates stay together, also across imports."""

import hashlib

import numpy as np

from labeling.kinds.cells import group_key
from labeling.models import Item, Project, Split
from labeling.services.imports.errors import RowRejected
from labeling.services.imports.near import NearDuplicates, Seen
from labeling.services.imports.records.rows import Row

_MERGE_AT = 65_536
#: Before a name that some group is spelled otherwise than.
_OTHERWISE = "\0"


class SplitOfGroups:
    """The side of every group of a project: 9 bytes a group, in sorted arrays, plus a small dict of recent ones."""

    def __init__(self) -> None:
        self._keys = np.empty(0, dtype=np.uint64)
        self._sides = np.empty(0, dtype=bool)
        self._recent: dict[int, bool] = {}

    def get(self, group: str) -> str | None:
        """The side of the group as it is spelled, else that of one with another spelling of the same name: before 0065
        spellings were drawn apart, and what is stored keeps its side."""
        side = self._side(_key(group))
        if side is None:
            name = group_key(group)
            side = self._side(_key(name)) or self._side(_key(_OTHERWISE + name))
        return side

    def _side(self, key: int) -> str | None:
        side = self._recent.get(key)
        if side is None and len(self._keys):
            place = int(np.searchsorted(self._keys, np.uint64(key)))
            if place < len(self._keys) and self._keys[place] == key:
                side = bool(self._sides[place])
        if side is None:
            return None
        return Split.EVAL.value if side else Split.POOL.value

    def put(self, group: str, split: str) -> None:
        """The first side that is said of a group holds."""
        self._put(_key(group), split)
        if (name := group_key(group)) != group:
            self._put(_key(_OTHERWISE + name), split)
        if len(self._recent) >= _MERGE_AT:
            keys = np.concatenate([self._keys, np.fromiter(self._recent, dtype=np.uint64, count=len(self._recent))])
            sides = np.concatenate([self._sides, np.fromiter(self._recent.values(), dtype=bool)])
            self._keys, first = np.unique(keys, return_index=True)
            self._sides = sides[first]
            self._recent = {}

    def _put(self, key: int, split: str) -> None:
        if self._side(key) is None:
            self._recent[key] = split == Split.EVAL


class SplitAssigner:
    """What decides the side of a row besides its own hash. Used under the lock of the project's Progress only.

    Knows every item below ``seen_ordinal``; items of other imports that came in between are caught up on first.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self.groups = SplitOfGroups()
        self.near = NearDuplicates()
        self.seen_ordinal = 0
        self.pictures = project.modality == "image"
        self.needed = self.pictures  # texts and tables need nothing before the first row with a group

    def catch_up(self, next_ordinal: int, rows: list[Row]) -> None:
        """Loads what was stored since the last chunk of this import."""
        self.needed = self.needed or any(row.group for row in rows)
        if not self.needed or next_ordinal <= self.seen_ordinal:
            return
        items = Item.objects.filter(project=self.project, ordinal__gte=self.seen_ordinal).order_by("ordinal")
        if not self.pictures:
            items = items.exclude(group="")
        known = items.values_list("group", "split", "asset__perceptual_hash", "asset__path")
        for group, split, perceptual_hash, path in known.iterator(chunk_size=10_000):
            if group:
                self.groups.put(group, split)
            if path:
                self.near.add(perceptual_hash, Seen(path, split, group))
        self.seen_ordinal = next_ordinal

    def stored(self, next_ordinal: int) -> None:
        """The chunk is committed; everything below this ordinal is known, if anything had to be."""
        if self.needed:
            self.seen_ordinal = next_ordinal

    def settle(self, row: Row) -> str:
        """The side of a row; a near-duplicate inherits the group of the earlier picture. Raises RowRejected."""
        twin = self.near.find(row.picture) if row.picture else None
        if twin and not row.group:
            row.group = twin.group
        of_group = self.groups.get(row.group) if row.group else None
        if of_group and twin and twin.split != of_group:
            raise RowRejected(
                f"Shows the same as a picture of the {twin.split} split, but its group is in {of_group}.",
                "group",
            )
        if of_group and row.split and row.split != of_group and not twin:
            raise RowRejected(f"The group {row.group[:80]!r} is in the {of_group} split already.", "split")
        return (twin.split if twin else of_group) or row.split or row.drawn

    def remember(self, row: Row, split: str, path: str) -> None:
        """Takes a row into account for the rows after it, in this chunk already."""
        if row.group:
            self.groups.put(row.group, split)
        if row.picture:
            self.near.add(row.picture.perceptual_hash, Seen(path, split, row.group), row.picture.thumbnail)


def _key(group: str) -> int:
    return int.from_bytes(hashlib.blake2b(group.encode(), digest_size=8).digest(), "big")
