"""Several models on the same items: who is right where, by how much, label by label. Without SciPy: pages ask it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learning.core.arrays import BoolArray, IntArray
from learning.core.evaluation.intervals import Estimate, share
from learning.core.evaluation.intervals_difference import paired_difference


@dataclass(frozen=True)
class Beside:
    """A model beside the one it is held against.

    Parameters
    ----------
    ahead, behind : int
        Items that it has better, and worse.
    difference : Estimate
        The share of the former less that of the latter.
    """

    ahead: int
    behind: int
    difference: Estimate


@dataclass(frozen=True)
class LabelBeside:
    """One label, over all models in their order.

    Parameters
    ----------
    label : int
    support : int
        Items that have it.
    recall, precision : tuple of Estimate
        Of the items that have it, of those that were given it.
    differences : tuple of Estimate
        Of recall, of every model but the first to the first.
    """

    label: int
    support: int
    recall: tuple[Estimate, ...]
    precision: tuple[Estimate, ...]
    differences: tuple[Estimate, ...]


def beside(errors: IntArray) -> list[Beside]:
    """Hold every model against the first.

    Parameters
    ----------
    errors : ndarray of shape (m, n)
        How far off each of m models is on each of n items.

    Returns
    -------
    list of Beside
        Of all models but the first. With errors of 0 and 1 the difference is that of accuracy.

    Examples
    --------
    >>> (found,) = beside(np.array([[0, 1, 1, 0], [0, 0, 0, 1]]))
    >>> found.ahead, found.behind, found.difference.value
    (2, 1, 0.25)
    """
    return [_beside(errors[0], other) for other in errors[1:]]


def _beside(first: IntArray, other: IntArray) -> Beside:
    ahead, behind = int((other < first).sum()), int((other > first).sum())
    return Beside(ahead, behind, paired_difference(ahead, behind, first.size))


def by_label(answers: IntArray, truth: IntArray, n_labels: int, most: int) -> list[LabelBeside]:
    """Compare label by label, those first whose recall differs most beyond what chance explains.

    Parameters
    ----------
    answers : ndarray of shape (m, n)
        Label number that each model gave each item; below 0 for one that is no label.
    truth : ndarray of shape (n,)
    n_labels : int
    most : int
        No more than so many labels are looked at closely.

    Returns
    -------
    list of LabelBeside
        Of the labels that occur.

    Examples
    --------
    >>> found = by_label(np.array([[0, 0, 0], [0, 1, 0]]), np.array([0, 1, 1]), 2, 9)
    >>> [(row.label, row.support, [share.value for share in row.recall]) for row in found]
    [(1, 2, [0.0, 0.5]), (0, 1, [1.0, 1.0])]
    """
    right = answers == truth
    support = np.bincount(truth, minlength=n_labels)
    hits = np.array([np.bincount(truth[row], minlength=n_labels) for row in right])
    claims = np.array([np.bincount(row[row >= 0], minlength=n_labels) for row in answers])
    moves = [
        (
            np.bincount(truth[row & ~right[0]], minlength=n_labels),
            np.bincount(truth[right[0] & ~row], minlength=n_labels),
        )
        for row in right[1:]
    ]
    found = [
        (
            int(label),
            tuple(
                paired_difference(int(gained[label]), int(lost[label]), int(support[label])) for gained, lost in moves
            ),
        )
        for label in np.flatnonzero(support)
    ]
    found.sort(key=lambda row: (-max((_beyond_chance(each) for each in row[1]), default=0.0), row[0]))
    return [
        LabelBeside(
            label,
            int(support[label]),
            tuple(share(float(hits[model, label]), float(support[label])) for model in range(len(answers))),
            tuple(share(float(hits[model, label]), float(claims[model, label])) for model in range(len(answers))),
            differences,
        )
        for label, differences in found[:most]
    ]


def _beyond_chance(difference: Estimate) -> float:
    """How far its interval is from 0, or, below 0, how far it reaches over it."""
    return max(difference.low, -difference.high)


def who_is_right(right: BoolArray) -> IntArray:
    """Return for each item which models are right, shape (n,): bit ``m`` of the number stands for model ``m``.

    Examples
    --------
    >>> who_is_right(np.array([[True, True, False], [False, True, False]])).tolist()
    [1, 3, 0]
    """
    bits = (1 << np.arange(len(right)))[:, None]
    return np.asarray((right * bits).sum(axis=0))
