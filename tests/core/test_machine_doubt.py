"""A machine's doubts move ranks, through every strategy that chooses, and no chance gets lost by it."""

from dataclasses import replace

import numpy as np

from learning.core.machine_doubt import LEAST, doubts, factors_of_doubts
from learning.core.strategies import STRATEGIES, make_strategy
from tests.core.test_skips import request_of


def test_what_is_doubted_comes_first_and_every_draw_has_its_chance() -> None:
    for name in (name for name in STRATEGIES.names() if name != "random"):
        request, _ = request_of(name)
        eligible = np.flatnonzero(request.eligible)
        doubted = eligible[3::20]
        factors = np.full(request.pool.n_rows, LEAST)
        factors[doubted] = 1.0
        plain = make_strategy(name).rank(replace(request, skips=None, rng=np.random.default_rng(0)))
        moved = make_strategy(name).rank(replace(request, skips=None, rng=np.random.default_rng(0), doubt=factors))
        share = [np.isin(found.rows[: doubted.size], doubted).mean() for found in (plain, moved)]
        assert share[1] > share[0], name
        assert len(set(moved.rows.tolist())) == len(plain.rows), name
        assert ((moved.propensities > 0) & (moved.propensities <= 1)).all(), name


def test_several_labels_are_doubted_by_the_one_that_differs_most() -> None:
    model = np.array([[0.9, 0.1], [0.2, 0.1]])
    found = doubts(model, np.array([[1.0, 1.0], [0.0, 0.0]]), one_answer=False)
    np.testing.assert_allclose(found, [0.9, 0.2])
    assert factors_of_doubts(np.array([1.0])).tolist() == [1.0]
