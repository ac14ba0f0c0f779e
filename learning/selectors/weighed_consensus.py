"""Fills labeling's port for a consensus by evidence."""

import numpy as np

from labeling.consensus import Ballots, WeighedConsensus
from learning.core.aggregation import NO_LABEL, KnownTruth, gold_of, votes_of
from learning.core.aggregation.auto import choose

#: The same answers always come to the same: what is drawn are the tests by permutation.
SEED = 0


def weighed_consensus(ballots: Ballots) -> WeighedConsensus:
    """By the rule that gold shows to be better than the majority, else by the majority."""
    sizes = {"n_items": ballots.n_items, "n_people": ballots.n_people, "n_labels": ballots.n_labels}
    votes = votes_of(ballots.items, ballots.people, ballots.labels, **sizes)
    gold = np.array(ballots.gold, dtype=np.int64).reshape(-1, 2)
    found = choose(votes, KnownTruth(gold_of(gold[:, 0], gold[:, 1], ballots.n_items)), np.random.default_rng(SEED))
    labels = [None if label == NO_LABEL else label for label in found.result.labels.tolist()]
    is_probability = found.scale is not None
    return WeighedConsensus(found.rule, found.version, found.reason, is_probability, labels, found.confidence.tolist())
