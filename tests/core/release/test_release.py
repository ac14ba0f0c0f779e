"""A difference of two arms that may be looked at after every outcome, and what throws a candidate out at once."""

import numpy as np
import pytest

from learning.core.release.assignment import in_candidate_arm
from learning.core.release.counts import Counts
from learning.core.release.difference import BETS, LAID, evidence, interval, is_worse, lowest
from learning.core.release.pairing import MOST_WAITING, paired_up
from learning.core.release.rules import ALPHA_BETTER, ALPHA_OUTLIERS, ALPHA_WORSE, Proven, proven
from learning.core.release.watch import Fault, Said, Watch, alike_allowed, is_slow


def test_evidence_is_the_capital_of_the_bets_won_one_by_one():
    """By hand: three contents that only the candidate had wrong, one that both had right, one that the champion had."""
    for beyond in (0.0, 0.1, -0.1):
        capital = LAID.copy()
        for outcome in (1, 0, 1, -1, 1):
            capital *= 1 + BETS * (outcome - beyond) / (1 + beyond)
        found = evidence(np.array(3.0), np.array(1.0), np.array(1.0), beyond)
        assert float(np.exp(found)) == pytest.approx(capital.sum())
    assert LAID.sum() == pytest.approx(1)
    assert BETS.max() < 1, "nothing that happens once takes all"


def test_while_nothing_is_worse_the_capital_hardly_ever_grows():
    """Ville: of 1,000 candidates that are equal, watched for 500 outcomes, at most alpha ever seem worse. The bound is
    on the mean: at most 3 standard errors above it."""
    n, steps = 1_000, 500
    drawn = np.random.default_rng(0).choice(np.array([1, -1, 0], np.int8), (n, steps), p=[0.2, 0.2, 0.6])
    lost, won = (drawn > 0).cumsum(axis=1, dtype=np.int32), (drawn < 0).cumsum(axis=1, dtype=np.int32)
    looks = np.unique(np.geomspace(1, steps, 60).astype(int)) - 1
    seen = looks + 1 - lost[:, looks] - won[:, looks]
    highest = evidence(lost[:, looks], seen, won[:, looks]).max(axis=1)
    for alpha in (0.2, 0.025):
        share = float((highest >= -np.log(alpha)).mean())
        assert 0 < share <= alpha + 3 * np.sqrt(alpha / n)
    assert ALPHA_WORSE + ALPHA_BETTER + ALPHA_OUTLIERS <= 0.05


def test_the_interval_lies_beside_zero_exactly_when_something_is_proven():
    for counts in (Counts(), Counts(40, 900, 10), Counts(10, 900, 40), Counts(20, 900, 20), Counts(0, 5_000, 0)):
        low, high = interval(counts, ALPHA_WORSE, ALPHA_BETTER)
        assert low <= counts.difference <= high
        assert (low > 0) == is_worse(counts, ALPHA_WORSE)
        assert (high < 0) == is_worse(counts.turned(), ALPHA_BETTER)
        if counts.n:
            at = max(lowest(counts, 0.025), -0.99)
            assert not is_worse(counts, 0.025, at + 1e-3), "the end of it is where the evidence is just enough"
    assert proven(Counts(40, 900, 10), Counts()) is Proven.WORSE
    assert proven(Counts(10, 900, 40), Counts()) is Proven.BETTER
    assert proven(Counts(), Counts(60, 100, 0)) is Proven.MORE_OUTLIERS
    assert proven(Counts(), Counts(40, 960, 0)) is None, "four points more are what a detector strays by"


def test_verdicts_on_one_arm_are_held_against_those_on_the_other_in_their_order():
    waiting, found = paired_up("", [(True, True), (True, False), (False, True), (False, True), (False, False)])
    assert (waiting, found) == ("h", Counts(worse=0, same=1, better=1))
    assert paired_up(waiting, [(True, True)]) == ("", Counts(worse=1))
    waiting, _ = paired_up("", [(False, number % 2 == 0) for number in range(3 * MOST_WAITING)])
    assert len(waiting) == MOST_WAITING


def test_the_same_caller_meets_the_same_arm_and_a_larger_share_keeps_those_of_a_smaller_one():
    callers = [f"token {number}" for number in range(1_000)]
    half, third = ({one for one in callers if in_candidate_arm("s", one, share)} for share in (0.5, 0.3))
    assert 470 <= len(half) <= 530
    assert third < half
    other = {one for one in callers if in_candidate_arm("t", one, 0.5)}
    assert 150 < len(half & other) < 350, "another release, other callers"


def test_what_is_broken_is_out_and_what_is_honest_stays():
    def out_after(said, n=50, slow=lambda at: False, watch=None):
        watch = watch or Watch()
        return next((at + 1 for at in range(n) if watch.request([said(at)], is_slow=slow(at))), None)

    def honest(at):
        return Said(f"ham {at}", f"ham {at / 2}", "ham", "ham")

    assert out_after(lambda at: Said("", "ham 1", "", "ham")) == 3
    assert out_after(lambda at: Said("ham", f"ham {at}", "ham", "ham")) == 30, "on traffic of one label"
    assert out_after(lambda at: Said(f"ham {at}", f"{at}", "ham", "ham" if at % 2 else "spam"), 50) == 23
    assert out_after(honest, slow=lambda at: True) == 6
    assert out_after(honest, n=2_000, slow=lambda at: at % 4 == 0) is None
    assert out_after(lambda at: Said("ham", "ham", "ham", "ham"), n=2_000) is None, "both are asked the same thing"
    few = Watch(most_alike=alike_allowed(0.9))
    assert out_after(lambda at: Said("ham", f"ham {at}", "ham", "ham"), 200, watch=few) is None
    rare = Said("", "ham 1", "", "ham")
    assert out_after(lambda at: honest(at) if at % 300 else rare, n=2_000) is None, "a failure now and then"
    watch = Watch()
    for at in range(500):
        assert watch.request([honest(at)], is_slow=False) is None
    assert out_after(lambda at: Said("ham", f"{at}", "ham", "ham"), watch=Watch(**vars(watch))) == 30, "it broke late"
    assert watch.request([Said("", "x")] * 3, is_slow=False) is Fault.FAILS, "a request of many rows at once"
    assert is_slow(100.0, 10.0, 1)
    assert not is_slow(100.0, 60.0, 1)
    assert is_slow(100.0, 60.0, 10, limit_ms=9.0)
