"""The majority until there is evidence, then the rule for which there is, with a sentence that says which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learning.core.aggregation import RULES
from learning.core.aggregation.base import Aggregated
from learning.core.aggregation.confidence import ConfidenceScale, fit_scale
from learning.core.aggregation.evidence import (
    RuleEvidence,
    compare,
    gold_answers_a_vote,
    on_gold,
    on_held_out_answers,
    people_alike,
)
from learning.core.aggregation.majority import Majority
from learning.core.aggregation.votes import KnownTruth, Votes, judged_items
from learning.core.arrays import DoubleArray, IntArray
from learning.core.evaluation.interval_words import interval_words

#: How likely luck may be at most that all rules together are preferred to the majority though none is better.
LEVEL = 0.05
#: Answers to gold a person must have given, on average over the votes, before differences between people are enough.
LEAST_ANSWERS = 5.0


@dataclass(frozen=True)
class ChosenConsensus:
    """What the votes come to, by which rule and why.

    Parameters
    ----------
    rule : str
    version : int
    result : Aggregated
    reason : str
        One sentence for a person.
    scale : ConfidenceScale or None
        None where confidence is an order.
    evidence : tuple of RuleEvidence
        Of every rule that was held against the majority on known truth.
    """

    rule: str
    version: int
    result: Aggregated
    reason: str
    scale: ConfidenceScale | None
    evidence: tuple[RuleEvidence, ...]

    @property
    def confidence(self) -> DoubleArray:
        """Of each item's label, shape (n_items,); a probability where there is a scale, else an order; 0 unanswered."""
        found = self.result.confidence
        return found if self.scale is None else np.where(found > 0, self.scale.probabilities(found), 0.0)


def choose(votes: Votes, known: KnownTruth, rng: np.random.Generator) -> ChosenConsensus:
    """Come to a consensus by the rule there is evidence for.

    Evidence is that a rule has fewer items of known truth wrong than the majority, by more than luck explains among so
    many rules. For votes weighed by gold it is enough that people gave :data:`LEAST_ANSWERS` answers to gold each, that
    they differ by more than luck in them, and that the weighed votes have no more wrong. For CROWDLAB answers that
    were held out speak, too, unless gold speaks against it. That people agree is no evidence.

    Parameters
    ----------
    votes : Votes
    known : KnownTruth
    rng : numpy.random.Generator
        For tests by permutation.

    Returns
    -------
    ChosenConsensus

    Examples
    --------
    >>> from learning.core.aggregation.votes import votes_of
    >>> votes = votes_of([0, 0, 0], [0, 1, 2], [1, 1, 0], n_items=1, n_people=3, n_labels=2)
    >>> found = choose(votes, KnownTruth(np.array([-1])), np.random.default_rng(0))
    >>> found.rule, found.reason
    ('majority', 'The majority counts: of no item is the truth known.')
    """
    gold = judged_items(votes, known)
    majority = Majority().aggregate(votes, known)
    said = {"majority": majority}
    evidence: tuple[RuleEvidence, ...] = ()
    if len(gold):
        rules = [rule for rule in map(RULES.make, RULES.names_for("classification")) if rule.fits(known)]
        said = {rule.name: on_gold(rule, votes, known) for rule in rules}
        losses = {name: found.loss(known.gold, gold) for name, found in said.items()}
        evidence = tuple(compare(name, losses[name], losses["majority"], rng) for name in losses if name != "majority")
    name, reason = _preferred(votes, known, evidence, rng)
    rule = RULES.make(name)
    result = majority if name == "majority" else rule.aggregate(votes, known)
    scale = _scale(said[name], known, gold) if name in said else None
    return ChosenConsensus(name, rule.version, result, reason, scale, evidence)


def _preferred(
    votes: Votes, known: KnownTruth, evidence: tuple[RuleEvidence, ...], rng: np.random.Generator
) -> tuple[str, str]:
    """Return the name of the rule and the reason."""
    better = [found for found in evidence if found.p_better * len(evidence) <= LEVEL]
    weighed = next((found for found in evidence if found.rule == "gold_weighted"), None)
    differ = ""
    if (
        weighed is not None
        and weighed.wrong <= weighed.majority_wrong
        and gold_answers_a_vote(votes, known) >= LEAST_ANSWERS
        and people_alike(votes, known, rng) <= LEVEL
    ):
        differ = "; people differ in what they said to them by more than luck"
        better.append(weighed)
    if better:
        best = min(better, key=lambda found: found.wrong)
        return best.rule, _sentence(best, differ if best is weighed else "")
    spoken_against = any(found.rule == "crowdlab" and found.wrong > found.majority_wrong for found in evidence)
    foretold = None if spoken_against else on_held_out_answers(votes, known, rng)
    if foretold is not None and foretold.p_better <= LEVEL:
        return foretold.rule, (
            f"{RULES.make(foretold.rule).title}: of answers that were held out it foretold more than the"
            f" majority of the others, {100 * foretold.gain.value:.1f} in a hundred of {foretold.gain.n:,}"
            f" ({interval_words(100 * foretold.gain.low, 100 * foretold.gain.high, foretold.gain.n, 1)})."
        )
    if not evidence:
        return "majority", "The majority counts: of no item is the truth known."
    n = evidence[0].gain.n
    return "majority", (
        f"The majority counts: on the {n:,} items whose truth is known ({evidence[0].majority_wrong:g} wrong) no other"
        " rule is better by more than luck."
    )


def _sentence(found: RuleEvidence, differ: str) -> str:
    words = interval_words(found.gain.low, found.gain.high, found.gain.n, 2, signed=True)
    return (
        f"{RULES.make(found.rule).title}: of {found.gain.n:,} items whose truth is known it has {found.wrong:g}"
        f" wrong, the majority {found.majority_wrong:g} (difference of shares {words}){differ}."
    )


def _scale(said: Aggregated, known: KnownTruth, gold: IntArray) -> ConfidenceScale | None:
    return fit_scale(said.confidence[gold], 1.0 - said.loss(known.gold, gold)) if len(gold) else None
