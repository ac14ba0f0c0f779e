"""Whether a machine may stand in for a person: the alternative-annotator test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learning.core.arrays import DoubleArray, IntArray
from learning.core.distributions import t_cdf
from learning.core.evaluation.intervals import Estimate
from learning.core.evaluation.intervals_difference import mean_gain

LEAST_PEOPLE = 3
LEAST_ITEMS = 30
#: What a person costs more than the machine: the least of the paper's three, for people of whom nothing is known.
EPSILON = 0.1
FALSE_DISCOVERIES = 0.05
#: Share of the people the machine must be no worse than.
WINS = 0.5


@dataclass(frozen=True)
class BesidePerson:
    """The machine and one ``person`` beside the others who answered the same ``items``.

    ``machine`` and ``human`` are how often either is at least as near to the others as the other one is, both where
    they are equally near; ``lead`` is the difference with its interval. ``is_won``: the machine is no worse than the
    person, with all people reckoned with.
    """

    person: int
    items: int
    machine: float
    human: float
    lead: Estimate
    p_value: float
    is_won: bool


@dataclass(frozen=True)
class AlternativeAnnotator:
    """``winning_rate`` is the share of the ``people`` the machine is no worse than; None where there are too few of
    them to say. ``advantage`` is the mean of ``BesidePerson.machine``."""

    people: tuple[BesidePerson, ...]
    winning_rate: float | None
    advantage: float | None

    @property
    def passes(self) -> bool | None:
        return None if self.winning_rate is None else self.winning_rate >= WINS


def alternative_annotator(
    said: IntArray, answers: IntArray, likeness: DoubleArray | None = None, *, epsilon: float = EPSILON
) -> AlternativeAnnotator:
    """Return whether the machine is no worse than people, from answers that several of them gave.

    Every person is left out in turn, and the machine and the person are held against the others: who is nearer to
    them, item by item. That the machine is worse by ``epsilon`` or more is tested by a paired t-test, one for each
    person, with the false discovery rate of Benjamini and Yekutieli, which holds whatever the tests share.

    Parameters
    ----------
    said : ndarray of shape (items,)
        The machine's answers as numbers from 0; -1 where it gave none.
    answers : ndarray of shape (items, people)
        People's, -1 where somebody gave none.
    likeness : ndarray of shape (answers, answers), optional
        How near two answers are, larger is nearer; without it equal or not.
    epsilon : float
        By how much the machine may be worse, as a difference of shares: what it saves is worth that.

    Returns
    -------
    AlternativeAnnotator
        Of the people with 30 items or more that somebody else and the machine answered; undecided below three of them.

    References
    ----------
    N. Calderon, R. Reichart, R. Dror, "The alternative annotator test for LLM-as-a-judge", ACL 2025, section 3; Y.
    Benjamini, D. Yekutieli, "The control of the false discovery rate in multiple testing under dependency", Annals of
    Statistics 29, 2001.

    Examples
    --------
    >>> people = np.tile([[0, 0, 0], [1, 1, 0], [1, 0, 1], [0, 1, 1]], (15, 1))
    >>> majority = (people.sum(axis=1) > 1).astype(int)
    >>> alternative_annotator(majority, people).passes, alternative_annotator(1 - majority, people).passes
    (True, False)
    """
    size = int(max(said.max(initial=0), answers.max(initial=0))) + 1
    near = np.eye(size) if likeness is None else likeness
    found, leads = [], []
    for person in range(answers.shape[1]):
        lead = _lead(said, answers, near, person)
        if lead.size >= LEAST_ITEMS:
            found.append(person)
            leads.append(lead)
    p_values = np.array([_p_value(-lead, epsilon) for lead in leads])
    won = benjamini_yekutieli(p_values, FALSE_DISCOVERIES)
    people = tuple(
        BesidePerson(
            person=person,
            items=lead.size,
            machine=float((lead >= 0).mean()),
            human=float((lead <= 0).mean()),
            lead=mean_gain(lead, 1.0),
            p_value=float(p_value),
            is_won=bool(is_won),
        )
        for person, lead, p_value, is_won in zip(found, leads, p_values, won, strict=True)
    )
    if len(people) < LEAST_PEOPLE:
        return AlternativeAnnotator(people, None, None)
    return AlternativeAnnotator(people, float(won.mean()), float(np.mean([one.machine for one in people])))


def _lead(said: IntArray, answers: IntArray, near: DoubleArray, person: int) -> DoubleArray:
    """Return by item 1 where the machine is nearer to the others than the person, -1 where it is farther, else 0."""
    others = np.delete(answers, person, axis=1)
    there = (said >= 0) & (answers[:, person] >= 0) & (others >= 0).any(axis=1)
    others, machine, human = others[there], said[there], answers[there, person]
    answered = others >= 0
    safe = np.where(answered, others, 0)
    apart = np.where(answered, near[machine[:, None], safe] - near[human[:, None], safe], 0.0).sum(axis=1)
    return np.asarray(np.sign(np.round(apart, 9)), dtype=np.float64)


def _p_value(behind: DoubleArray, epsilon: float) -> float:
    """Return the probability of a machine that is so little behind if it were ``epsilon`` behind.

    Where all items are alike there is no spread to test with: one item that went the other way is supposed, which is
    against the machine.
    """
    if np.all(behind == behind[0]):
        if behind[0] > 0:
            return 1.0
        behind = np.append(behind, 1.0)
    n = behind.size
    return t_cdf(float((behind.mean() - epsilon) / (behind.std(ddof=1) / n**0.5)), n - 1)


def benjamini_yekutieli(p_values: DoubleArray, rate: float) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Return which hypotheses are rejected at a false discovery rate, whatever their tests share.

    Examples
    --------
    >>> benjamini_yekutieli(np.array([0.009, 0.5, 0.018]), 0.05).tolist()
    [True, False, True]
    """
    m = p_values.size
    order = np.argsort(p_values, kind="stable")
    limits = np.arange(1, m + 1) * rate / (m * (1.0 / np.arange(1, m + 1)).sum()) if m else p_values
    below = np.flatnonzero(p_values[order] <= limits)
    rejected = np.zeros(m, dtype=np.bool_)
    rejected[order[: below[-1] + 1 if below.size else 0]] = True
    return rejected
