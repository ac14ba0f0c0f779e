"""Answers of people who err far more than the others count for less.

Each answer is held against a model that did not learn it. The model errs, too, but for everybody alike: what speaks
against a person is to contradict it significantly more often than the others do. Whoever does not keeps the full weight
of 1, so that where people are as good as one another nothing changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from learning.core.arrays import DoubleArray, FloatMatrix, IntArray
from learning.core.learners.evidence import Answered
from learning.core.learners.logistic import LogisticLearner

#: Who gave an answer that is nobody's in particular: imported, or what several people came to.
NOBODY = -1
#: Answers a person must have given before anything is said of them.
LEAST_ANSWERS = 25
#: Chance that somebody among people who are all alike is taken for worse.
FALSE_ALARM = 0.03
#: How many answers of everybody a person's own rate is mixed with.
SHRINKAGE = 8.0
#: No answer counts for less than this.
LEAST_WEIGHT = 0.05
#: At most so many answers times labels are compared, so that the next question need not wait.
_CELLS = 40_000


@dataclass(frozen=True)
class Contradictions:
    """How often the answers of one person, and those of all others, contradict a model that did not learn them."""

    own: int
    answers: int
    others: int
    others_answers: int

    def is_worse(self, n_people: int) -> bool:
        """Say whether the person contradicts more often than the others, by more than luck among so many people."""
        if self.answers < LEAST_ANSWERS or not self.others_answers:
            return False
        usual = self.others / self.others_answers
        spread = np.sqrt(max(usual * (1 - usual), 0.02) * (1 / self.answers + 1 / self.others_answers))
        return bool((self.own / self.answers - usual) / spread > norm.isf(FALSE_ALARM / n_people))


def person_weights(
    features: FloatMatrix,
    targets: DoubleArray,
    people: IntArray,
    groups: IntArray | None,
    rng: np.random.Generator,
) -> DoubleArray | None:
    """Weigh answers by who gave them.

    Parameters
    ----------
    features : ndarray of float32, shape (n, d)
    targets : ndarray of shape (n, n_labels)
    people : ndarray of int, shape (n,)
        :data:`NOBODY` for what no single person answered; it keeps its weight.
    groups : ndarray of int, shape (n,), optional
        Rows of one group are never on both sides of a fold.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of float64, shape (n,), range (0, 1], or None
        None where nobody is significantly worse than the others: then every answer weighs 1.

    Examples
    --------
    >>> one = np.zeros(60, int)
    >>> person_weights(np.eye(60, dtype=np.float32), np.eye(2)[one], one, None, np.random.default_rng(0)) is None
    True
    """
    numbers, counts = np.unique(people[people != NOBODY], return_counts=True)
    if numbers.size < 2 or counts.max() < LEAST_ANSWERS:
        return None
    rows = np.arange(len(features))
    most = max(_CELLS // targets.shape[1], 200)
    if rows.size > most:
        rows = np.sort(rng.choice(rows, most, replace=False))
    kept_together = rows if groups is None else groups[rows]
    answered = Answered(features[rows], targets[rows], np.ones(rows.size), kept_together, "classification", rng)
    model, evidence = LogisticLearner().fit_with_evidence(answered)
    if evidence is None:
        return None
    compared = rows[evidence.rows][evidence.judged > 0]
    said = model.learned[evidence.probabilities[evidence.judged > 0].argmax(axis=1)]
    contradicts = said != targets[compared].argmax(axis=1)
    return _weights(contradicts, people[compared], people, targets.shape[1])


def _weights(contradicts: np.ndarray, compared: IntArray, people: IntArray, n_labels: int) -> DoubleArray | None:
    known = compared != NOBODY
    if not known.any():
        return None
    numbers = np.unique(compared[known])
    usual = float(contradicts[known].mean())
    shown: dict[int, Contradictions] = {}
    for person in numbers.tolist():
        own, others = compared == person, known & (compared != person)
        shown[person] = Contradictions(
            int(contradicts[own].sum()), int(own.sum()), int(contradicts[others].sum()), int(others.sum())
        )
    worse = [person for person in shown if shown[person].is_worse(numbers.size)]
    if not worse:
        return None
    # what is left of somebody's answers beyond chance, of what is left of the best one's; its square is the weight
    chance = 1.0 - 1.0 / n_labels
    left = {
        person: max(1.0 - (each.own + SHRINKAGE * usual) / (each.answers + SHRINKAGE) / chance, LEAST_WEIGHT)
        for person, each in shown.items()
    }
    weights = np.ones(len(people))
    for person in worse:
        weights[people == person] = max((left[person] / max(left.values())) ** 2, LEAST_WEIGHT)
    return weights
