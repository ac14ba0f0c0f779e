"""What ballots come to by the rule there is evidence for. Fills labeling's port, and says to a run what it learns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.consensus import Ballots, MachineBallots, WeighedConsensus
from learning.core.aggregation import NO_LABEL, KnownTruth, gold_of, votes_of
from learning.core.aggregation.auto import choose
from learning.core.aggregation.machine_votes import proven_weight, with_machines

#: The same answers always come to the same: what is drawn are the tests by permutation.
SEED = 0


@dataclass(frozen=True)
class WeighedBallots:
    """By ``rule`` in ``version``, and why. ``posterior`` of shape (items, labels), its rows sum to 1; ``labels`` of
    shape (items,) are ``NO_LABEL`` for a tie; ``confidence`` is a probability or an order. ``machine_weights`` and
    ``machine_votes`` (how many have a say on each item): of the machines that vote."""

    rule: str
    version: int
    reason: str
    is_probability: bool
    posterior: NDArray[np.float64]
    labels: NDArray[np.int64]
    confidence: NDArray[np.float64]
    machine_weights: tuple[float, ...]
    machine_votes: NDArray[np.int64]


def weigh_ballots(ballots: Ballots) -> WeighedBallots:
    """By the rule that gold shows to be better than the majority, else by the majority. The rule is that of people;
    then machines vote by what gold has proven of them."""
    sizes = {"n_items": ballots.n_items, "n_people": ballots.n_people, "n_labels": ballots.n_labels}
    votes = votes_of(ballots.items, ballots.people, ballots.labels, **sizes)
    gold = np.array(ballots.gold, dtype=np.int64).reshape(-1, 2)
    found = choose(votes, KnownTruth(gold_of(gold[:, 0], gold[:, 1], ballots.n_items)), np.random.default_rng(SEED))
    result, confidence, is_probability = found.result, found.confidence, found.scale is not None
    machines = ballots.machines
    weights = [proven_weight(one.right, one.n_gold, one.commonest) for one in machines]
    cast = np.zeros(ballots.n_items, dtype=np.int64)
    if any(weights):
        items, labels = (np.concatenate([getattr(one, part) for one in machines]) for part in ("items", "labels"))
        of_row = np.repeat(weights, [len(one.items) for one in machines])
        result = with_machines(result, votes, items.astype(np.int64), labels.astype(np.int64), of_row)
        confidence, is_probability = result.confidence, False  # the scale is that of people's votes
        cast = np.bincount(items[of_row > 0].astype(np.int64), minlength=ballots.n_items)
    reason = f"{found.reason}{_told(machines, weights)}"
    return WeighedBallots(
        found.rule,
        found.version,
        reason,
        is_probability,
        result.posterior,
        result.labels,
        confidence,
        tuple(weights),
        cast,
    )


def weighed_consensus(ballots: Ballots) -> WeighedConsensus:
    """As labeling is told it."""
    found = weigh_ballots(ballots)
    labels = [None if label == NO_LABEL else label for label in found.labels.tolist()]
    told = (found.rule, found.version, found.reason, found.is_probability)
    return WeighedConsensus(*told, labels, found.confidence.tolist(), found.machine_weights)


def _told(machines: Sequence[MachineBallots], weights: Sequence[float]) -> str:
    """What the machines weigh, a sentence each."""
    return "".join(
        f" {one.name} votes on {len(one.items):,} items by {weight:.2f} of a person: {one.right:,} of {one.n_gold:,}"
        " gold items right."
        if weight
        else f" {one.name} has no vote: {one.right:,} of {one.n_gold:,} gold items right prove nothing."
        for one, weight in zip(machines, weights, strict=True)
    )
