"""Clusters and near-duplicates of a map: found by its job, stored beside it, counted by who looks (decision 0114)."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import log
from typing import Any

import numpy as np

from labeling.db.bitmaps import BLOCK, bits_of
from labeling.db.folded_words import is_unspaced, texts_of, words_of
from labeling.models import Item
from labeling.selectors.item_view.groups import OTHERS
from learning.core.arrays import IntArray
from learning.core.learners.distances import squared_distances
from learning.core.projection import Layout, cluster_centres, near_duplicates
from learning.models import ItemMap
from learning.services.features.matrix import FeatureMatrix

#: Groups of near-duplicates that are listed, the largest ones.
MOST_LISTED = 200
#: Items of a cluster whose words are read, how many of them have to hold a word that tells it, and words that are told.
_READ_OF_EACH = 40
_HELD_BY = 0.3
_WORDS = 3
#: So many times as often as in all; and letters of a word, but for writing without spaces.
_OFTENER = 1.5
_LETTERS = 3
_CHARACTERS = 2_000

Report = Callable[[int, int], None]


@dataclass
class FoundGroups:
    """By value and block the items, and what is said of them, as ``selectors/item_view/groups.py`` reads both."""

    bits: dict[str, dict[int, int]] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)

    def add(self, value: str, ordinals: IntArray) -> None:
        """``ordinals`` ascend."""
        blocks = ordinals // BLOCK
        self.bits[value] = {
            int(block): bits_of((ordinals[blocks == block] % BLOCK).tolist()) for block in np.unique(blocks)
        }


def found_groups(found: ItemMap, layout: Layout, matrix: FeatureMatrix, report: Report) -> FoundGroups:
    """The groups of all items with features: one pass for clusters, two for near-duplicates. Raises what ``report``
    does, files.Corrupt."""
    groups = FoundGroups()
    words = {}
    clusters = _clusters(layout, matrix)
    several = [members for members in clusters if len(members)] if len(clusters) > 1 else []
    for number, (members, telling) in enumerate(zip(several, _telling_words(found, several), strict=True), start=1):
        value = f"{found.number}-c{number}"
        groups.add(value, members)
        words[value] = telling
    rows, first = near_duplicates(matrix, layout.axes, report)
    groups.told = {"words": words, "duplicates": len(np.unique(first))}
    for leader, members in _largest(rows, first):
        groups.add(f"{found.number}-d{leader}", members)
        groups.add(f"{found.number}-d{leader}{OTHERS}", members[members != leader])
    if len(rows):
        groups.add(f"{found.number}-d{OTHERS}", np.sort(rows[rows != first]))
    return groups


def _clusters(layout: Layout, matrix: FeatureMatrix) -> list[IntArray]:
    """The items of each, ascending; the largest among the landmarks first."""
    centres = cluster_centres(layout)
    of_rows = np.empty(matrix.n_rows, dtype=np.uint8)
    for start, block in matrix.blocks():
        of_rows[start : start + len(block)] = squared_distances(layout.reduced(block), centres).argmin(axis=1)
    return [np.flatnonzero(of_rows == number) for number in range(len(centres))]


def _largest(rows: IntArray, first: IntArray) -> Iterator[tuple[int, IntArray]]:
    leaders, starts, sizes = np.unique(first, return_index=True, return_counts=True)
    for place in np.argsort(-sizes, kind="stable")[:MOST_LISTED].tolist():
        yield int(leaders[place]), rows[starts[place] : starts[place] + sizes[place]]


def _telling_words(found: ItemMap, clusters: list[IntArray]) -> list[str]:
    """By cluster the words that many of its items hold and that others do not, of a few items of each."""
    rng = np.random.default_rng(0)
    sampled = [rng.choice(members, min(len(members), _READ_OF_EACH), replace=False) for members in clusters]
    held = [Counter(word for words in _words(found, some) for word in words) for some in sampled]
    n_items = sum(len(some) for some in sampled)
    in_all: Counter[str] = sum(held, Counter())
    told = []
    for counts, some in zip(held, sampled, strict=True):
        worth = {
            word: share * log(share * n_items / in_all[word])
            for word, n in counts.items()
            if (share := n / len(some)) >= _HELD_BY and share > _OFTENER * in_all[word] / n_items and n > 1
        }
        told.append(", ".join(sorted(worth, key=lambda word: (-worth[word], word))[:_WORDS]))
    return told


def _words(found: ItemMap, ordinals: IntArray) -> Iterator[set[str]]:
    rows = Item.objects.filter(project=found.project_id, ordinal__in=ordinals.tolist()).order_by("ordinal")
    for text, _, context, data in rows.values_list("text", "external_id", "context", "data"):
        columns = {name: value for name, value in data.items() if name != "image"}
        told = (words_of(part[:_CHARACTERS]) for part in texts_of(text, "", context, columns))
        yield {word for words in told for word in words if len(word) >= _LETTERS or is_unspaced(word)}
