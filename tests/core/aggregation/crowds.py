"""Drawn crowds, and those cleanlab was asked about (``benchmarks/consensus_golden.py``)."""

from pathlib import Path

import numpy as np

from learning.core.aggregation import NO_LABEL, Votes, votes_of

GOLDEN = Path(__file__).parent / "cleanlab_golden.npz"
ITEMS, PEOPLE, LABELS = 25, 5, 3
#: Seed, share of missing answers and items of each.
CASES = {f"{seed} {missing}": (seed, missing, 80) for seed in range(6) for missing in (0.1, 0.5, 0.75)}


def matrix(seed: int, missing: float = 0.3, n_items: int = ITEMS) -> np.ndarray:
    """Answers of people of differing accuracy, shape (items, people); at least one an item."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, LABELS, n_items)
    right = rng.random((n_items, PEOPLE)) < np.linspace(0.4, 0.95, PEOPLE)
    said = np.where(right, truth[:, None], rng.integers(0, LABELS, (n_items, PEOPLE)))
    gone = rng.random(said.shape) < missing
    gone[np.arange(n_items), rng.integers(0, PEOPLE, n_items)] = False
    return np.where(gone, NO_LABEL, said)


def beliefs(said: np.ndarray) -> np.ndarray:
    """What a model might say of these items, right rather often."""
    rng = np.random.default_rng(len(said))
    likely = np.where(rng.random(len(said)) < 0.7, said.max(axis=1), rng.integers(0, LABELS, len(said)))
    drawn = rng.dirichlet(np.ones(LABELS), len(said)) + np.eye(LABELS)[likely]
    return drawn / drawn.sum(axis=1, keepdims=True)


def votes_in(said: np.ndarray) -> Votes:
    items, people = np.indices(said.shape)
    columns = items.ravel(), people.ravel(), said.ravel()
    return votes_of(*columns, n_items=said.shape[0], n_people=said.shape[1], n_labels=LABELS)
