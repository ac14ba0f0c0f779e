"""MACE: on each item a person either knows the label, or says one from a habit that has nothing to do with it.

D. Hovy, T. Berg-Kirkpatrick, A. Vaswani, E. Hovy, "Learning whom to trust with MACE", NAACL-HLT 2013.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learning.core.aggregation.base import Aggregated, decided, has_settled, normalised
from learning.core.aggregation.dawid_skene import STEPS, TOLERANCE, shares_of
from learning.core.aggregation.votes import KnownTruth, Votes


@dataclass(frozen=True)
class Mace:
    """Competence and habit of each person by expectation maximisation with priors.

    The authors start ten times at random and keep the likeliest; this starts once, from the shares of votes, so that it
    depends on nothing but the votes.

    Parameters
    ----------
    prior_answers : float
        Half of it believes that a person knows, half that not.
    prior_habit : float
        What an even habit is worth, in answers by label.
    steps : int
    tolerance : float
    """

    prior_answers: float = 2.0
    prior_habit: float = 1.0
    steps: int = STEPS
    tolerance: float = TOLERANCE
    name: str = "mace"
    title: str = "Votes are weighed by MACE"
    version: int = 1
    uses_gold: bool = False

    def fits(self, known: KnownTruth) -> bool:
        """Return True: it needs nothing."""
        return True

    def aggregate(self, votes: Votes, known: KnownTruth) -> Aggregated:
        """Learn both.

        Examples
        --------
        >>> from learning.core.aggregation.votes import votes_of
        >>> truth = np.random.default_rng(0).integers(0, 2, 60)
        >>> said = np.concatenate((truth, truth, np.ones(60, int)))  # the third always says the same
        >>> votes = votes_of(np.tile(range(60), 3), np.repeat(range(3), 60), said, n_items=60, n_people=3, n_labels=2)
        >>> float((Mace().aggregate(votes, KnownTruth(np.full(60, -1))).labels == truth).mean())
        1.0
        """
        k, people = votes.n_labels, votes.people
        at = people * k + votes.labels
        posterior = shares_of(votes)
        competence, habit = np.full(votes.n_people, 0.5), np.full(votes.n_people * k, 1.0 / k)
        for _ in range(self.steps):
            by_habit = (1.0 - competence[people]) * habit[at]
            knew = posterior[votes.items, votes.labels] * competence[people] / (competence[people] + by_habit)
            known_answers = np.bincount(people, votes.weights * knew, votes.n_people)
            answers = np.bincount(people, votes.weights, votes.n_people)
            competence = (known_answers + self.prior_answers / 2) / (answers + self.prior_answers)
            habit = np.bincount(at, votes.weights * (1.0 - knew), votes.n_people * k) + self.prior_habit
            habit /= np.repeat(habit.reshape(-1, k).sum(axis=1), k)
            lead = np.log1p(competence[people] / ((1.0 - competence[people]) * habit[at]))
            before, posterior = posterior, normalised(votes.summed(lead))
            if has_settled(before, posterior, votes, self.tolerance):
                break
        return decided(posterior, votes)
