"""What speaks for another rule than the majority: known truth, and answers that were held out. Never agreement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learning.core.aggregation.base import Aggregated, ConsensusRule
from learning.core.aggregation.crowdlab import Crowdlab
from learning.core.aggregation.majority import Majority
from learning.core.aggregation.votes import NO_LABEL, KnownTruth, Votes, judged_items
from learning.core.arrays import DoubleArray, IntArray
from learning.core.distributions import binomial_tail
from learning.core.evaluation.intervals import Estimate
from learning.core.evaluation.paired import PairedLoss, paired_loss_test

#: Parts into which gold is cut for a rule that learns from it.
FOLDS = 20
PERMUTATIONS = 199
#: Gold answers that are compared at most when people are.
_MOST_ANSWERS = 20_000
#: Held-out answers there must be, and of one label or person before they can object.
LEAST_HELD_OUT, LEAST_OF_ONE = 100, 20
#: How likely luck may be to make one object.
OBJECTION = 0.05


@dataclass(frozen=True)
class RuleEvidence:
    """A rule beside the majority on the same items.

    Parameters
    ----------
    rule : str
    wrong, majority_wrong : float
        Items each has wrong; a tie of two the truth is among counts 1/2.
    gain : Estimate
        Share of the items by which the rule is better.
    p_better : float
        How likely so much is if swapping the two on any item changed nothing.
    """

    rule: str
    wrong: float
    majority_wrong: float
    gain: Estimate
    p_better: float


def on_gold(rule: ConsensusRule, votes: Votes, known: KnownTruth) -> Aggregated:
    """Return what a rule says of the gold items without knowing their truth; rows of other items are of no use.

    Parameters
    ----------
    rule : ConsensusRule
    votes : Votes
    known : KnownTruth

    Returns
    -------
    Aggregated
        Of all items; a rule that learns from gold learned each row's truth from other items.
    """
    if not rule.uses_gold:
        return rule.aggregate(votes, known)
    tested = judged_items(votes, known)
    of_gold = votes.where(known.gold[votes.items] != NO_LABEL)
    posterior = np.zeros((votes.n_items, votes.n_labels))
    labels = np.full(votes.n_items, NO_LABEL)
    folds = np.arange(len(tested)) % FOLDS
    for fold in range(min(FOLDS, len(tested))):
        out = tested[folds == fold]
        found = rule.aggregate(of_gold, known.without(out))
        posterior[out], labels[out] = found.posterior[out], found.labels[out]
    return Aggregated(posterior, labels)


def compare(rule: str, losses: DoubleArray, majority: DoubleArray, rng: np.random.Generator) -> RuleEvidence:
    """Hold the losses of a rule against those of the majority, at least one each.

    Examples
    --------
    >>> found = compare("mace", np.zeros(10), np.ones(10), np.random.default_rng(0))
    >>> found.majority_wrong, found.gain.value, found.p_better < 0.01
    (10.0, 1.0, True)
    """
    test = paired_loss_test(losses, majority, rng, worst=1.0)
    gain = Estimate(test.difference, test.low, test.high, test.n)
    return RuleEvidence(rule, float(losses.sum()), float(majority.sum()), gain, test.p_better)


def people_alike(votes: Votes, known: KnownTruth, rng: np.random.Generator) -> float:
    """How likely people differ so much, in what they said to gold, if it was luck who said what.

    Answers are dealt anew among those who answered an item: what is hard or easy about it stays. Compared is how often
    each person said each label where each was true.

    Parameters
    ----------
    votes : Votes
    known : KnownTruth
    rng : numpy.random.Generator

    Returns
    -------
    float
        In (0, 1]; 1 where no two people answered one gold item.

    Examples
    --------
    >>> from learning.core.aggregation.votes import votes_of
    >>> items, people = np.tile(range(8), 6), np.repeat(range(6), 8)
    >>> said = (people < 3).astype(int)  # three always say one label, three the other
    >>> votes = votes_of(items, people, said, n_items=8, n_people=6, n_labels=2)
    >>> people_alike(votes, KnownTruth(np.tile([0, 1], 4)), np.random.default_rng(0))
    0.005
    """
    rows = np.flatnonzero((known.gold[votes.items] != NO_LABEL) & (votes.weights == 1.0))
    if len(rows) > _MOST_ANSWERS:
        rows = np.sort(rng.choice(rows, _MOST_ANSWERS, replace=False))
    if not len(rows):
        return 1.0
    k, items, labels = votes.n_labels, votes.items[rows], votes.labels[rows]
    cells, cell = np.unique(votes.people[rows] * k + known.gold[items], return_inverse=True)
    size = np.bincount(cell)
    item = np.unique(items, return_inverse=True)[1]
    shares = np.bincount(item * k + labels, minlength=(item.max() + 1) * k).reshape(-1, k) / np.bincount(item)[:, None]
    expected = np.zeros((len(cells), k))
    np.add.at(expected, cell, shares[item])

    def spread(said: IntArray) -> float:
        seen = np.bincount(cell * k + said, minlength=expected.size).reshape(expected.shape)
        return float((((seen - expected) ** 2).sum(axis=1) / size).sum())

    found = spread(labels) - 1e-9
    as_far = sum(spread(labels[np.lexsort((rng.random(len(rows)), item))]) >= found for _ in range(PERMUTATIONS))
    return (as_far + 1) / (PERMUTATIONS + 1)


def gold_answers_a_vote(votes: Votes, known: KnownTruth) -> float:
    """Return how many answers to gold the person behind a vote has given, on average."""
    tested = known.gold[votes.items] != NO_LABEL
    given = np.bincount(votes.people[tested], votes.weights[tested], votes.n_people)
    return float(np.average(given[votes.people], weights=votes.weights)) if len(votes) else 0.0


def on_held_out_answers(votes: Votes, known: KnownTruth, rng: np.random.Generator) -> RuleEvidence | None:
    """Hold CROWDLAB against the majority by one answer of half of the items that neither has seen.

    The other half keeps its answers: with two an item nothing else would tell how reliable people are.

    An answer is no truth: people who err alike make a model that errs like them, and both then foretell what they say;
    and who says what others say is foretold whatever is true. What cannot be had that way is to foretell every label
    and everybody's answers better. So there is no evidence where those of any label are foretold worse, be it by luck,
    or those of anybody by more than luck, or where the rule does as well without the model.

    Parameters
    ----------
    votes : Votes
    known : KnownTruth
    rng : numpy.random.Generator

    Returns
    -------
    RuleEvidence or None
        None where there is no model, too few answers, or somebody or something that objects.
    """
    rule = Crowdlab()
    whole = (votes.weights == 1.0) & (votes.people_per_item[votes.items] > 1)
    if not rule.fits(known) or not whole.any():
        return None
    rows = np.flatnonzero(whole)
    mixed = rows[np.lexsort((rng.random(len(rows)), votes.items[rows]))]
    items, first = np.unique(votes.items[mixed], return_index=True)
    kept = np.sort(rng.permutation(len(items))[: len(items) // 2])
    items, held_out = items[kept], mixed[first[kept]]
    if len(items) < LEAST_HELD_OUT:
        return None
    rest = np.ones(len(votes), dtype=np.bool_)
    rest[held_out] = False
    truth = np.full(votes.n_items, NO_LABEL)
    truth[items] = votes.labels[held_out]
    others = votes.where(rest)
    alone = KnownTruth(known.gold, np.zeros((votes.n_items, votes.n_labels)))
    ours, alike, theirs = (
        found.aggregate(others, given).loss(truth, items)
        for found, given in ((rule, known), (rule, alone), (Majority(), known))
    )
    by_label = _by_group(ours, theirs, truth[items], rng)
    by_person = _by_group(ours, theirs, votes.people[held_out], rng)
    a_label_loses = any(found.difference < 0 for found in by_label if found.n >= LEAST_OF_ONE)
    if a_label_loses or _objects([*by_label, *by_person]) or compare("", ours, alike, rng).gain.low <= 0:
        return None
    return compare(rule.name, ours, theirs, rng)


def _by_group(ours: DoubleArray, theirs: DoubleArray, groups: IntArray, rng: np.random.Generator) -> list[PairedLoss]:
    """Compare the two on the items of each group."""
    masks = (groups == group for group in np.unique(groups))
    return [paired_loss_test(ours[of], theirs[of], rng, worst=1.0) for of in masks]


def _objects(groups: list[PairedLoss]) -> bool:
    """Say whether one group is worse off by more than luck explains among so many, or more are than luck explains."""
    heard = [found for found in groups if found.n >= LEAST_OF_ONE]
    if not heard:
        return False
    worse = sum(found.p_worse <= OBJECTION for found in heard)
    if min(found.p_worse for found in heard) * len(heard) <= OBJECTION:
        return True
    return binomial_tail(worse, len(heard), OBJECTION) <= OBJECTION
