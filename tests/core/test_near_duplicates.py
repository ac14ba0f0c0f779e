"""Near-duplicates: what two neighbourhoods a row find, beside comparing everything with everything."""

import numpy as np

from learning.core.pools import ArrayPool
from learning.core.projection.near_duplicates import NEAR, near_duplicates


def test_planted_repeats_are_found_and_each_is_near_the_first_of_its_group():
    rng = np.random.default_rng(5)
    rows = rng.normal(size=(3_000, 24)).astype(np.float32) + rng.normal(size=24).astype(np.float32)
    of = rng.choice(2_500, 200, replace=False)
    # other lengths, and a little beside: a hundredth of the distance of strangers
    rows[2_500:2_700] = 3 * rows[of] + rng.normal(scale=0.2, size=(200, 24)).astype(np.float32)
    rows[2_990:] = 0
    axes = np.linalg.qr(rng.normal(size=(24, 8)))[0].astype(np.float32)
    found, first = near_duplicates(ArrayPool(rows), axes)
    pairs = set(zip(found.tolist(), first.tolist(), strict=True))
    planted = sum((number, one) in pairs for number, one in zip(range(2_500, 2_700), of.tolist(), strict=True))
    unit = rows[:2_990] / np.linalg.norm(rows[:2_990], axis=1, keepdims=True)
    apart = 2 - 2 * unit @ unit.T
    reach = NEAR * apart[np.triu_indices(2_990, 1)].mean()
    exactly = int((np.triu(apart < reach, 1).any(axis=0)).sum())
    assert planted >= 196
    assert (found != first).sum() >= 0.98 * exactly
    assert (apart[found, first] <= 1.05 * reach).all()
    assert len(set(found.tolist())) == len(found)
    assert found.max() < 2_990


def test_copies_are_one_group_and_a_chain_of_small_steps_is_none():
    copies = np.repeat(np.eye(6, dtype=np.float32), 400, axis=0)
    found, first = near_duplicates(ArrayPool(copies), np.eye(6, dtype=np.float32))
    assert len(found) == 2_400
    assert set(first.tolist()) == set(range(0, 2_400, 400))
    turns = np.linspace(0, np.pi, 200)
    chain = np.stack([np.cos(turns), np.sin(turns)], axis=1).astype(np.float32)
    found, first = near_duplicates(ArrayPool(chain), np.eye(2, dtype=np.float32))
    assert (np.abs(turns[found] - turns[first]) < 0.7).all()
    assert len(set(first.tolist())) > 3
