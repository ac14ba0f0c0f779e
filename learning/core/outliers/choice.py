"""Which detector suits a project: each label is left out in turn, and its rows are looked for among known ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import rankdata

from learning.core.arrays import BoolArray, DoubleArray, FloatMatrix, IntArray
from learning.core.evaluation.intervals import Estimate, mean_of_few
from learning.core.learners.folds import grouped_folds
from learning.core.outliers.base import Detector, KnownRows
from learning.core.outliers.combined import Measures, combination_of, lengths_of
from learning.core.outliers.subspace import fit_subspace
from learning.core.outliers.threshold import conformal_threshold

#: A label with fewer rows is not left out: an area under a curve of so few is luck.
ROWS_OF_A_LABEL = 5
LEAST_LABELS = 3
LEAST_ROWS = 100
_MOST_ROWS = 1_500
#: Of more labels than this several are left out in one turn, and there are fewer turns.
_MOST_TURNS, _TURNS_OF_MANY = 10, 6
#: Another detector than the default has to be better by this area, and by a standard error over the labels.
CLEARLY = 0.01


@dataclass(frozen=True)
class LeftOut:
    """What a detector found of labels it had not been shown.

    Parameters
    ----------
    labels : ndarray of int, shape (m,)
        Which were left out.
    areas : ndarray of float64, shape (m,)
        Area under the ROC curve of each label's rows against held-out known ones; .5 is a coin.
    found : ndarray of float64, shape (m,)
        Share of each label's rows above the threshold.
    """

    labels: IntArray
    areas: DoubleArray
    found: DoubleArray


@dataclass(frozen=True)
class Chosen:
    """The detector to take, why, and what each came to (empty where nothing could be left out)."""

    name: str
    reason: str
    figures: Mapping[str, LeftOut]

    def found(self) -> Estimate | None:
        """Return the share that was found of a label left out, the mean over labels with Student's interval."""
        if self.name not in self.figures:
            return None
        known = mean_of_few(self.figures[self.name].found, 1e-3)
        return Estimate(known.value, max(known.low, 0.0), min(known.high, 1.0), known.n)

    def as_facts(self) -> dict[str, Any]:
        """Return what stands in the artifact: mean and smallest area of each, and the labels of the chosen one."""
        areas = {
            name: {"mean": round(float(each.areas.mean()), 4), "worst": round(float(each.areas.min()), 4)}
            for name, each in self.figures.items()
        }
        facts: dict[str, Any] = {"detector": self.name, "reason": self.reason, "areas": areas, "labels": []}
        if found := self.found():
            mine = self.figures[self.name]
            facts["found"] = found.as_dict()
            facts["labels"] = [
                {"label": int(label), "area": round(float(area), 4), "found": round(float(share), 4)}
                for label, area, share in zip(mine.labels, mine.areas, mine.found, strict=True)
            ]
        return facts


def choose_detector(
    features: FloatMatrix,
    members: BoolArray,
    groups: IntArray,
    detectors: Mapping[str, Detector],
    default: str,
    false_share: float,
    rng: np.random.Generator,
) -> Chosen:
    """Leave each label out in turn and take the default unless another detector is clearly better.

    Of more than ten labels several are left out in one turn, each measured by its own rows: they are few of many, and
    seventy fits would take longer than the model's.

    Parameters
    ----------
    features : ndarray of float32, shape (n, d)
    members : ndarray of bool, shape (n, k)
    groups : ndarray of int, shape (n,)
        Rows of one group are never on both sides.
    detectors : mapping of str to Detector
    default : str
    false_share : float
    rng : numpy.random.Generator

    Returns
    -------
    Chosen
    """
    if len(features) > _MOST_ROWS:
        some = np.sort(rng.choice(len(features), _MOST_ROWS, replace=False))
        features, members, groups = features[some], members[some], groups[some]
    # one label of all rows is no label to leave out: nothing known would be left
    labels = np.flatnonzero((members.sum(axis=0) >= ROWS_OF_A_LABEL) & ~members.all(axis=0))
    if len(labels) < LEAST_LABELS or len(features) < LEAST_ROWS:
        return Chosen(
            default,
            f"the default: leaving labels out needs {LEAST_LABELS} labels of {ROWS_OF_A_LABEL} items and {LEAST_ROWS}"
            f" items in all, here are {len(labels)} and {len(features):,}",
            {},
        )
    turns = _turns(features, members, groups, labels, detectors, rng)
    n_left_out = sum(len(turn.novel[default]) for turn in turns)
    if n_left_out < LEAST_LABELS:
        return Chosen(
            default,
            f"the default: leaving labels out needs {LEAST_LABELS} of them without which items are left that differ, in"
            f" groups of their own, here are {n_left_out}",
            {},
        )
    figures = {name: _figures(turns, name, false_share) for name in detectors}
    means = {name: float(each.areas.mean()) for name, each in figures.items()}
    best = max(means, key=lambda name: (means[name], name == default))
    ahead = figures[best].areas - figures[default].areas
    error = float(ahead.std(ddof=1)) / np.sqrt(ahead.size)
    told = ", ".join(f"{name} {mean:.2f}" for name, mean in means.items())
    over = f"over {ahead.size} labels left out in turn ({told})"
    if best == default:
        return Chosen(default, f"the default, and the largest mean area {over}", figures)
    by = means[best] - means[default]
    if by > max(CLEARLY, error):
        return Chosen(best, f"larger mean area than the default's, by {by:.3f}, {over}", figures)
    return Chosen(default, f"the default: none is clearly better {over}", figures)


@dataclass(frozen=True)
class _Turn:
    """Measures of held-out known rows, and of each left-out label's rows, by detector."""

    known: dict[str, Measures]
    novel: dict[str, dict[int, Measures]]


def _turns(
    features: FloatMatrix,
    members: BoolArray,
    groups: IntArray,
    labels: IntArray,
    detectors: Mapping[str, Detector],
    rng: np.random.Generator,
) -> list[_Turn]:
    n_turns = len(labels) if len(labels) <= _MOST_TURNS else _TURNS_OF_MANY
    turn_of = rng.permutation(len(labels)) % n_turns
    folds = grouped_folds(members.argmax(axis=1), groups, n_turns, rng)
    lengths = lengths_of(features)
    turns = []
    for turn in range(n_turns):
        out = labels[turn_of == turn]
        novel = members[:, out].any(axis=1)
        seen, known = ~novel & (folds != turn), ~novel & (folds == turn)
        if seen.sum() < 2 or not known.any():
            continue
        space = fit_subspace(features[seen], rng)
        if not space.components:
            continue
        coordinates, outside = space.place(features)
        rows = KnownRows(coordinates[seen], outside[seen], members[seen])
        of_known, of_novel = {}, {}
        for name, detector in detectors.items():
            fitted = detector.fit(rows, rng)
            near = np.zeros(len(features))
            near[~seen] = fitted.score(coordinates[~seen], outside[~seen])
            of_known[name] = Measures(near[known], outside[known], lengths[known])
            of_novel[name] = {
                int(label): Measures(near[mine], outside[mine], lengths[mine])
                for label, mine in ((label, members[:, label]) for label in out)
            }
        turns.append(_Turn(of_known, of_novel))
    return turns


def area(known: DoubleArray, novel: DoubleArray) -> float:
    """Return how often a novel row scores higher than a known one, equal ones by half: the area under the ROC curve.

    Examples
    --------
    >>> area(np.array([0.0, 1.0]), np.array([1.0, 2.0]))
    0.875
    """
    ranks = rankdata(np.concatenate((known, novel)))
    above = ranks[known.size :].sum() - novel.size * (novel.size + 1) / 2.0
    return float(above / (known.size * novel.size))


def _figures(turns: list[_Turn], name: str, false_share: float) -> LeftOut:
    parts = [turn.known[name] for turn in turns]
    known = Measures(
        np.concatenate([part.near for part in parts]),
        np.concatenate([part.outside for part in parts]),
        np.concatenate([part.lengths for part in parts]),
    )
    combination = combination_of(known, false_share)
    threshold = conformal_threshold(combination.score(known), false_share)
    limit = np.inf if threshold is None else threshold.value
    labels, areas, found = [], [], []
    for turn in turns:
        plain = combination.score(turn.known[name])
        for label, measures in turn.novel[name].items():
            scores = combination.score(measures)
            labels.append(label)
            areas.append(area(plain, scores))
            found.append(float((scores > limit).mean()))
    return LeftOut(np.array(labels), np.array(areas), np.array(found))
