"""Crowds cleanlab was asked about for ActiveLab (``benchmarks/active_lab_golden.py``): answers by item and person."""

from pathlib import Path

import numpy as np

from learning.core.aggregation import NO_LABEL
from tests.core.aggregation.crowds import LABELS, matrix

GOLDEN = Path(__file__).parent / "active_lab_golden.npz"


def alone(said: np.ndarray) -> np.ndarray:
    """Keep one answer of each item, of one person after the other where it has theirs."""
    answered = said != NO_LABEL
    turn = np.arange(len(said))[:, None] + np.arange(said.shape[1])
    kept = np.where(answered, turn % said.shape[1], said.shape[1]).argmin(axis=1)
    return np.where(np.arange(said.shape[1]) == kept[:, None], said, NO_LABEL)


CASES = {f"{seed} {missing}": matrix(seed, missing, 60) for seed in range(4) for missing in (0.1, 0.5, 0.75)}
CASES |= {f"{seed} alone": alone(matrix(seed, 0.3, 60)) for seed in range(2)}


def new_beliefs(said: np.ndarray) -> np.ndarray:
    """What a model might say of items nobody answered."""
    return np.random.default_rng((said + 1).sum()).dirichlet(np.ones(LABELS), 20)
