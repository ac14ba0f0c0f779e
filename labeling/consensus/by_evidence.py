"""A consensus by the rule there is evidence for: learning weighs it; without learning the majority counts."""

from collections.abc import Sequence
from typing import NamedTuple

from labeling.extensions import installed
from labeling.kinds.aggregate import plurality


class Ballots(NamedTuple):
    """People's answers of one label each, as numbers from 0: who gave which item which label.

    ``gold`` are items and their true labels; one that contradicts itself is none.
    """

    items: Sequence[int]
    people: Sequence[int]
    labels: Sequence[int]
    gold: Sequence[tuple[int, int]]
    n_items: int
    n_people: int
    n_labels: int
    machines: Sequence["MachineBallots"] = ()


class MachineBallots(NamedTuple):
    """What one version of a machine says of items that people have answered, and what gold has proven of it: of so many
    items so many right, and the share of the commonest true label among them."""

    name: str
    items: Sequence[int]
    labels: Sequence[int]
    right: int
    n_gold: int
    commonest: float


class WeighedConsensus(NamedTuple):
    """By which ``rule`` in which ``version`` and why; by item the label, None for a tie and where nobody answered, and
    how sure it is: a probability, or else only an order."""

    rule: str
    version: int
    reason: str
    is_probability: bool
    labels: Sequence[int | None]
    confidence: Sequence[float]
    #: of each of the machines in their order, beside one person's vote; 0 has no say
    machine_weights: Sequence[float] = ()


def weigh(ballots: Ballots) -> WeighedConsensus:
    """What the ballots come to."""
    by_evidence = installed().consensus
    return majority(ballots) if by_evidence is None else by_evidence(ballots)


def majority(ballots: Ballots) -> WeighedConsensus:
    """Every answer counts alike; confidence is the share of answers. Of machines nothing is proven."""
    said: list[list[str]] = [[] for _ in range(ballots.n_items)]
    for item, label in zip(ballots.items, ballots.labels, strict=True):
        said[item].append(str(label))
    found = [plurality(answers) if answers else None for answers in said]
    return WeighedConsensus(
        "majority",
        1,
        "The majority counts: nothing that weighs evidence is installed.",
        False,
        [None if one is None or one.tied else int(one.label) for one in found],
        [0.0 if one is None else one.confidence for one in found],
        [0.0] * len(ballots.machines),
    )
