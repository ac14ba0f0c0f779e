"""Versions of a project beside one another, on the eval items that all of them were measured on.

An eval split is answered little by little, so two versions seldom know the same eval items. What every version answered
on each is kept (``eval_answers``): the items that all have, whose true label is still the same, are compared pair by
pair. They are a random part of the split, as the split is asked in a drawn order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.kinds import kind_of
from labeling.models import Project
from labeling.selectors.label_names import LabelIdentities, label_names
from learning.core.evaluation.comparison_words import CLOSER, comparison_words
from learning.core.evaluation.intervals import Estimate, share
from learning.core.evaluation.side_by_side import Beside, LabelBeside, beside, by_label, who_is_right
from learning.families.labels import eval_answers
from learning.models import ModelVersion
from learning.services import files

LABELS_SHOWN = 100
#: An answer that no label of now says: it is never right.
_NO_LABEL = -1


class Incomparable(Exception):
    """The versions cannot be compared item by item; the text says why, in a sentence."""


@dataclass(frozen=True)
class SharedItems:
    """The eval items that all versions were measured on, with one true label. Rows of ``answers`` and ``confidence``
    are versions. Labels are numbers in ``labels``, their names of now. ``n_changed``: items left out, whose true label
    is not the same for all. ``has_distances``: labels are steps of a scale, in its order.
    """

    labels: list[str]
    ordinals: NDArray[np.int64]
    truth: NDArray[np.int64]
    answers: NDArray[np.int64]
    confidence: NDArray[np.float32]
    n_changed: int
    has_distances: bool

    def __len__(self) -> int:
        return len(self.ordinals)

    @property
    def right(self) -> NDArray[np.bool_]:
        return np.asarray(self.answers == self.truth)

    def accuracy(self) -> list[Estimate]:
        """Of each version, on these items."""
        return [share(float(row.sum()), len(self)) for row in self.right]

    def beside(self) -> list[Beside]:
        """Every version but the first, held against the first."""
        distance = self.has_distances
        return beside(np.abs(self.answers - self.truth) if distance else (~self.right).astype(np.int64))

    def by_label(self) -> list[LabelBeside]:
        return by_label(self.answers, self.truth, len(self.labels), LABELS_SHOWN)

    def disagreements(self) -> "Disagreements":
        right = self.right
        rows = np.flatnonzero((self.answers != self.answers[0]).any(axis=0))
        surest = np.where(right, 0.0, self.confidence)[:, rows].max(axis=0, initial=0.0)
        rows = rows[np.argsort(-surest, kind="stable")]
        return Disagreements(rows, who_is_right(right[:, rows]), len(self.answers))

    def said(self, version: int, row: int) -> str:
        """What a version, by its place, says of an item, as it is called now."""
        label = int(self.answers[version, row])
        return self.labels[label] if label != _NO_LABEL else "a label that was split since"


@dataclass(frozen=True)
class Disagreements:
    """Rows of ``SharedItems`` on which not all say the same, the surest mistakes first; ``right``: of each who is
    right, bit ``m`` for version ``m``."""

    rows: NDArray[np.int64]
    right: NDArray[np.int64]
    n_versions: int

    def counts(self) -> list[tuple[tuple[int, ...], int]]:
        """The places of the versions that are right, and on how many of these items just they are; most first."""
        found = [(mask, int((self.right == mask).sum())) for mask in range(2**self.n_versions)]
        every = [(self._places(mask), count) for mask, count in found if count]
        return sorted(every, key=lambda pair: -pair[1])

    def where(self, places: Sequence[int] | None) -> NDArray[np.int64]:
        """Rows on which just these versions are right; all of them for None."""
        if places is None:
            return self.rows
        return np.asarray(self.rows[self.right == sum(1 << place for place in set(places))])

    def _places(self, mask: int) -> tuple[int, ...]:
        return tuple(place for place in range(self.n_versions) if mask >> place & 1)


def shared_items(project: Project, versions: Sequence[ModelVersion]) -> SharedItems:
    """Reads the kept answers of each: costs by the eval items answered. Raises Incomparable."""
    kept = [_kept(version) for version in versions]
    names = label_names(project)
    place: dict[str, int] = {}
    codes = [_codes(names, version, place) for version in reversed(versions)][::-1]
    ordinals = kept[0].ordinals
    for other in kept[1:]:
        ordinals = np.intersect1d(ordinals, other.ordinals)
    if not len(ordinals):
        raise Incomparable("No eval item was there for all of them: they cannot be compared item by item.")
    rows = [_rows_of(ordinals, each.ordinals) for each in kept]
    truths = np.array([code[each.truth[at]] for code, each, at in zip(codes, kept, rows, strict=True)])
    same = (truths == truths[0]).all(axis=0) & (truths[0] != _NO_LABEL)
    if not same.any():
        raise Incomparable(
            "No eval item has the same true label for all of them: they cannot be compared item by item."
        )
    answers = [code[each.answer[at]][same] for code, each, at in zip(codes, kept, rows, strict=True)]
    return SharedItems(
        labels=[names.name(identity) for identity in place],
        ordinals=ordinals[same],
        truth=truths[0][same],
        answers=np.array(answers),
        confidence=np.array([each.confidence[at][same] for each, at in zip(kept, rows, strict=True)]),
        n_changed=int((~same).sum()),
        has_distances=comparison_words(kind_of(project).learned_as) is CLOSER,
    )


def _kept(version: ModelVersion) -> eval_answers.EvalAnswers:
    try:
        kept = eval_answers.load(version)
    except files.Corrupt as error:
        words = f"The file with what model {version.number} answered is damaged: no comparison item by item."
        raise Incomparable(words) from error
    if kept is None:
        words = f"What model {version.number} answered on single items was not kept: no comparison item by item."
        raise Incomparable(words)
    return kept


def _codes(names: LabelIdentities, version: ModelVersion, place: dict[str, int]) -> NDArray[np.int64]:
    """Of each label the version learned its number in ``place``, which grows; merged ones have the same."""
    found = []
    for learned in version.labels:
        identity = names.present.get(learned, learned)
        found.append(_NO_LABEL if identity in names.split else place.setdefault(identity, len(place)))
    return np.array(found, dtype=np.int64)


def _rows_of(ordinals: NDArray[np.int64], among: NDArray[np.int64]) -> NDArray[np.int64]:
    order = np.argsort(among, kind="stable")
    return np.asarray(order[np.searchsorted(among, ordinals, sorter=order)])


def f1_by_label(project: Project, versions: Sequence[ModelVersion]) -> list[dict[str, Any]]:
    """What each reported of each label, each on its own eval items, where answers on single items were not kept:
    ``{name, f1}``, one estimate or None a version. Labels in the order of the newest."""
    names = label_names(project)
    reported = [{version.labels[row["label"]]: row for row in version.reported.labels} for version in versions]
    identities = dict.fromkeys(identity for rows in reversed(reported) for identity in rows)
    found = [
        {
            "name": names.name(identity),
            "f1": [rows[identity]["f1"] if rows.get(identity, {}).get("support") else None for rows in reported],
        }
        for identity in identities
    ]
    return [row for row in found if any(row["f1"])][:LABELS_SHOWN]
