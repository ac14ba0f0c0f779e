"""Fills labeling's port for a consensus by evidence."""

from collections.abc import Sequence

import numpy as np

from labeling.consensus import Ballots, MachineBallots, WeighedConsensus
from learning.core.aggregation import NO_LABEL, KnownTruth, gold_of, votes_of
from learning.core.aggregation.auto import choose
from learning.core.aggregation.machine_votes import proven_weight, with_machines

#: The same answers always come to the same: what is drawn are the tests by permutation.
SEED = 0


def weighed_consensus(ballots: Ballots) -> WeighedConsensus:
    """By the rule that gold shows to be better than the majority, else by the majority. The rule is that of people;
    then machines vote by what gold has proven of them."""
    sizes = {"n_items": ballots.n_items, "n_people": ballots.n_people, "n_labels": ballots.n_labels}
    votes = votes_of(ballots.items, ballots.people, ballots.labels, **sizes)
    gold = np.array(ballots.gold, dtype=np.int64).reshape(-1, 2)
    found = choose(votes, KnownTruth(gold_of(gold[:, 0], gold[:, 1], ballots.n_items)), np.random.default_rng(SEED))
    result, confidence, is_probability = found.result, found.confidence, found.scale is not None
    machines = ballots.machines
    weights = [proven_weight(one.right, one.n_gold, one.commonest) for one in machines]
    if any(weights):
        said = [np.concatenate([getattr(one, part) for one in machines]) for part in ("items", "labels")]
        of_row = np.repeat(weights, [len(one.items) for one in machines])
        result = with_machines(result, votes, said[0].astype(np.int64), said[1].astype(np.int64), of_row)
        confidence, is_probability = result.confidence, False  # the scale is that of people's votes
    labels = [None if label == NO_LABEL else label for label in result.labels.tolist()]
    reason = f"{found.reason}{_told(machines, weights)}"
    return WeighedConsensus(found.rule, found.version, reason, is_probability, labels, confidence.tolist(), weights)


def _told(machines: Sequence[MachineBallots], weights: Sequence[float]) -> str:
    """What the machines weigh, a sentence each."""
    return "".join(
        f" {one.name} votes on {len(one.items):,} items by {weight:.2f} of a person: {one.right:,} of {one.n_gold:,}"
        " gold items right."
        if weight
        else f" {one.name} has no vote: {one.right:,} of {one.n_gold:,} gold items right prove nothing."
        for one, weight in zip(machines, weights, strict=True)
    )
