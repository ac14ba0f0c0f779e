"""Every interval by a second route, by its properties, and by how often it holds the truth."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from learning.core.evaluation.interval_words import around
from learning.core.evaluation.intervals import Estimate, bounded_mean, mean_of_few, normal, share
from learning.core.evaluation.intervals_calibration import calibration
from learning.core.evaluation.intervals_difference import mean_gain, paired_difference, ratio_of_means
from learning.core.evaluation.intervals_f1 import f1_of_label, macro_f1, micro_f1
from learning.core.evaluation.losses import second_choice
from learning.core.evaluation.objectives import OBJECTIVES, make_objective
from learning.core.evaluation.ordinal import kappa_estimate, quadratic_kappa
from learning.core.evaluation.paired import paired_loss_test
from learning.core.learners import one_hot

ROOT = Path(__file__).resolve().parents[2]


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def ends(found: Estimate) -> tuple[float, float]:
    return found.low, found.high


# A second route


@pytest.mark.parametrize(("hits", "n"), [(0, 1), (0, 5), (5, 5), (3, 17), (180, 200), (1, 1)])
def test_a_share_has_the_exact_interval_of_scipy(hits, n):
    theirs = stats.binomtest(hits, n).proportion_ci(0.95, method="exact")
    assert ends(share(hits, n)) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_a_share_of_textbooks():
    """Agresti, Categorical Data Analysis: 0 of 25 vegetarians is 0 to .137; the rule of three for 0 of 100."""
    assert share(0, 25).high == pytest.approx(0.137, abs=5e-4)
    assert share(0, 100).high == pytest.approx(3.69 / 100, abs=1e-3)
    assert share(0, 0).as_dict() == {"value": 0.0, "low": 0.0, "high": 1.0, "n": 0}


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 300), st.data())
def test_a_mean_of_zeros_and_ones_is_a_share(n, data):
    hits = data.draw(st.integers(0, n))
    values = np.arange(n) < hits
    assert ends(bounded_mean(values, 1.0)) == pytest.approx(ends(share(hits, n)), abs=1e-9)


def test_a_mean_is_that_of_dirichlet_weights():
    """Gaffke's bound by drawing the weights; for a skewed sample the beta distribution is within 4 % of its width."""
    values = np.minimum(seeded(3).exponential(size=80), 5.0)
    weights = seeded(4).dirichlet(np.ones(81), size=40_000)
    low, high = (
        np.quantile(weights @ np.append(values, another), tail) for another, tail in ((0.0, 0.025), (5.0, 0.975))
    )
    found = bounded_mean(values, 5.0)
    assert ends(found) == pytest.approx((low, high), abs=0.04 * (high - low))


def test_an_f1_is_a_share_of_the_items_that_have_the_label_or_were_given_it():
    theirs = stats.binomtest(7, 12).proportion_ci(0.95, method="exact")
    found = f1_of_label(7, 2, 3)
    assert found.value == pytest.approx(2 * 7 / (9 + 10))
    assert ends(found) == pytest.approx([2 * end / (1 + end) for end in (theirs.low, theirs.high)])
    assert found.n == 12


@pytest.mark.parametrize("jaccard", [0.02, 0.2, 0.5, 0.8, 0.95, 0.995])
@pytest.mark.parametrize("union", [1, 3, 6, 12, 40])
def test_an_f1_holds_the_truth_by_enumeration(jaccard, union):
    """Every outcome there is, with its probability: no draw and no luck."""
    truth = 2 * jaccard / (1 + jaccard)
    chances = stats.binom.pmf(np.arange(union + 1), union, jaccard)
    held = [found.low <= truth <= found.high for found in (f1_of_label(h, union - h, 0) for h in range(union + 1))]
    assert chances @ held >= 0.95


def test_the_mean_f1_of_two_labels_that_share_every_error_is_as_wide_as_the_delta_method_says():
    rng = seeded(1)
    truth = rng.integers(2, size=2_000)
    answers = np.where(rng.random(2_000) < 0.85, truth, 1 - truth)
    again = rng.integers(2_000, size=(2_000, 2_000))
    scores = [np.mean([_f1(answers[rows], truth[rows], label) for label in (0, 1)]) for rows in again[:600]]
    found = macro_f1(one_hot(answers, 2), one_hot(truth, 2))
    assert found.high - found.low == pytest.approx(3.92 * np.std(scores), rel=0.15)


def _f1(answers, truth, label):
    hits = ((answers == label) & (truth == label)).sum()
    return 2 * hits / ((answers == label).sum() + (truth == label).sum())


def test_kappa_is_as_wide_as_a_bootstrap_says_where_items_are_many():
    rng = seeded(2)
    truth = rng.integers(5, size=800)
    answers = np.clip(truth + rng.integers(-1, 2, size=800), 0, 4)
    targets = one_hot(truth, 5)
    again = rng.integers(800, size=(1_000, 800))
    scores = [quadratic_kappa(answers[rows], targets[rows]) for rows in again]
    found = kappa_estimate(answers, targets, one_hot(np.clip(answers + 1, 0, 4), 5))
    assert found.high - found.low == pytest.approx(3.92 * np.std(scores), rel=0.1)
    assert found.low < np.mean(scores) < found.high


def test_a_paired_difference_of_textbooks():
    """Agresti: 1,600 people asked twice about the prime minister, 150 turned away and 86 turned to: .02 to .06."""
    found = paired_difference(150, 86, 1_600)
    assert found.value == pytest.approx(0.04)
    assert ends(found) == pytest.approx((0.021, 0.059), abs=1e-3)


def test_a_mean_of_few_is_student_s():
    values = [0.81, 0.84, 0.79, 0.83, 0.86]
    theirs = stats.t.interval(0.95, 4, loc=np.mean(values), scale=stats.sem(values))
    assert ends(mean_of_few(values)) == pytest.approx(theirs)
    assert mean_of_few([0.5]).high == np.inf


def test_a_normal_interval_is_scipy_s():
    assert ends(normal(1.5, 0.2, 9)) == pytest.approx(stats.norm.interval(0.95, 1.5, 0.2), abs=1e-6) == around(1.5, 0.2)


# Properties


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(OBJECTIVES.names()),
    st.integers(5, 60),
    st.integers(2, 6),
    st.sampled_from(["sure and right", "sure and wrong", "alike", "any"]),
    st.integers(0, 10_000),
)
def test_no_interval_of_an_evaluation_has_width_zero_leaves_its_range_or_misses_its_value(name, n, k, how, seed):
    rng = seeded(seed)
    truth = rng.integers(k, size=n)
    given_ = {
        "sure and right": one_hot(truth, k),
        "sure and wrong": one_hot((truth + 1) % k, k),
        "alike": np.full((n, k), 1.0 / k),
        "any": rng.dirichlet(np.ones(k), size=n),
    }[how]
    found = make_objective(name).evaluate(given_.astype(np.float32), one_hot(truth, k), rng)
    told = dict(found.metrics)
    for scores in found.labels:
        told |= {f"{measure} {scores.label}": getattr(scores, measure) for measure in ("precision", "recall", "f1")}
    for measure, one in told.items():
        least = -1.0 if "kappa" in measure else 0.0
        most = np.inf if measure.endswith(("_loss", "mean_absolute_error")) else 1.0
        assert one.high - one.low > 1e-6, measure
        assert least <= one.low <= one.value <= one.high <= most, measure


@settings(max_examples=60, deadline=None)
@given(st.integers(5, 40), st.integers(2, 4), st.integers(0, 10_000))
def test_the_same_answers_four_times_are_known_better(n, k, seed):
    rng = seeded(seed)
    given_, truth = rng.dirichlet(np.ones(k), size=n), one_hot(rng.integers(k, size=n), k)
    once = make_objective("classification").evaluate(given_, truth, seeded())
    often = make_objective("classification").evaluate(given_.repeat(4, 0), truth.repeat(4, 0), seeded())
    for measure, one in once.metrics.items():
        four = often.metrics[measure]
        # a calibration error's bootstrap may come out a little wider for few answers: 1.08 times in 6 of 1,500 drawn
        room = 1.25 if measure == "calibration_error" else 1.0
        assert four.high - four.low < room * (one.high - one.low), measure


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-2, 2), min_size=1, max_size=40), st.integers(0, 100))
def test_a_difference_of_losses_has_width_also_where_nothing_differs(gains, seed):
    both = np.abs(np.array(gains)) + 0.1
    same = paired_loss_test(both, both, seeded(seed))
    assert same.low < 0.0 < same.high
    found = mean_gain(np.array(gains), 2.0)
    assert found.low <= found.value <= found.high
    assert found.high > found.low


def test_micro_f1_counts_items_not_cells():
    """Cells that are right or wrong together are worth one."""
    rng = seeded(5)
    right = (rng.random(60) < 0.7).astype(float)[:, None]
    together = micro_f1(np.tile(right, 8), np.ones((60, 8)))
    alone = micro_f1((rng.random((60, 8)) < 0.7).astype(float), np.ones((60, 8)))
    one = micro_f1(right, np.ones((60, 1)))
    assert together.high - together.low > 2 * (alone.high - alone.low)
    assert ends(together) == pytest.approx(ends(one), abs=0.01)


def test_arms_with_the_same_need_in_every_seed_are_known_to_a_step():
    found = ratio_of_means(np.full(5, 40.0), np.full(5, 80.0), 20.0)
    assert found.low < 0.5 < found.high
    one = ratio_of_means(np.array([40.0]), np.array([80.0]), 20.0)
    assert (one.low, one.high) == (0.0, np.inf)


# How often they hold the truth, on fixed seeds; the benchmark ``interval_coverage`` does it on real sets.


def share_held(found: Iterator[Estimate], truth: float) -> float:
    held = [one.low <= truth <= one.high for one in found]
    return float(np.mean(held))


def skewed(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """A rare label that is often missed: what few eval items say least about."""
    truth = rng.choice(4, size=n, p=[0.8, 0.1, 0.06, 0.04])
    answers = np.where(rng.random(n) < np.array([0.99, 0.9, 0.8, 0.6])[truth], truth, 0)
    return answers, truth


def bootstrapped(score: Callable[[np.ndarray], float], n: int, rng: np.random.Generator) -> Estimate:
    """What was here before: percentiles over resamples."""
    scores = [score(rng.integers(n, size=n)) for _ in range(200)]
    return Estimate(score(np.arange(n)), *np.quantile(scores, [0.025, 0.975]), n)


def test_macro_f1_holds_the_truth_where_a_bootstrap_does_not():
    rng = seeded(6)
    answers, truth = skewed(rng, 200_000)
    whole = macro_f1(one_hot(answers, 4), one_hot(truth, 4)).value
    draws = [rng.integers(200_000, size=50) for _ in range(300)]

    def plain(rows):
        return float(np.mean([_f1(answers[rows], truth[rows], label) for label in np.unique(truth[rows])]))

    ours = share_held((macro_f1(one_hot(answers[rows], 4), one_hot(truth[rows], 4)) for rows in draws), whole)
    theirs = share_held((bootstrapped(lambda again, r=r: plain(r[again]), 50, rng) for r in draws[:150]), whole)
    assert ours >= 0.93
    assert theirs < 0.92, "the planted fault: percentiles of a bootstrap pass here, so this test would notice nothing"


def test_a_rare_large_loss_is_reckoned_with():
    """One item of a hundred costs fifty times the others: of fifty items most draws have none."""
    rng = seeded(7)
    losses = np.where(rng.random(100_000) < 0.01, 2.0, 0.04)
    draws = [losses[rng.integers(100_000, size=50)] for _ in range(300)]
    assert share_held((bounded_mean(each, 2.0) for each in draws), float(losses.mean())) >= 0.95
    theirs = (bootstrapped(lambda rows, e=each: float(e[rows].mean()), 50, rng) for each in draws[:100])
    assert share_held(theirs, float(losses.mean())) < 0.7


@pytest.mark.parametrize(("n", "off"), [(50, 0.0), (50, 0.15), (200, 0.0), (200, 0.08)])
def test_the_calibration_error_holds_the_truth_and_does_not_overstate_it(n, off):
    rng = seeded(8)
    sure = rng.beta(6, 2, size=100_000)
    right = rng.random(100_000) < np.clip(sure - off, 0, 1)
    bins = np.minimum((sure * 15).astype(int), 14)
    truth = float(np.abs(np.bincount(bins, right - sure, 15)).sum() / 100_000)
    found = []
    for _ in range(200):
        rows = rng.integers(100_000, size=n)
        found.append(calibration(sure[rows][:, None], right[rows].astype(float)[:, None], rng)[0])
    assert share_held(iter(found), truth) >= 0.93
    assert abs(np.mean([one.value for one in found]) - truth) < 0.03


def test_kappa_holds_the_truth():
    rng = seeded(9)
    truth = rng.choice(5, size=100_000, p=[0.6, 0.2, 0.1, 0.06, 0.04])
    given_ = np.exp(-np.abs(np.arange(5) - (truth + rng.normal(scale=1.2, size=100_000))[:, None]))
    given_ /= given_.sum(axis=1, keepdims=True)
    answers, targets = given_.argmax(axis=1), one_hot(truth, 5)
    whole = quadratic_kappa(answers, targets)
    surprise = second_choice(given_)
    draws = (rng.integers(100_000, size=50) for _ in range(300))
    found = (kappa_estimate(answers[rows], targets[rows], surprise[rows]) for rows in draws)
    assert share_held(found, whole) >= 0.93


@pytest.mark.parametrize("seeds", [5, 10])
def test_a_ratio_over_few_seeds_holds_the_truth(seeds):
    rng = seeded(10)
    found = []
    for _ in range(400):
        pool = rng.normal(scale=0.15, size=seeds)  # both arms of a seed have the same pool
        ours, theirs = (mean * np.exp(pool + rng.normal(scale=0.3, size=seeds)) for mean in (60.0, 100.0))
        found.append(ratio_of_means(ours, theirs, 20.0))
    assert share_held(iter(found), 0.6) >= 0.93


# No interval anywhere else

#: Quantiles of distributions and of resamples: whoever calls one makes an interval of their own.
OWN = re.compile(
    r"1\.95996|1\.96\b|\bndtri\b|\bstdtrit\b|\bbetaincinv\b|\.ppf\(|\bbtdtri\b|bootstrap|0\.975|97\.5|_quantile\("
)
#: ``labeling`` may import nothing of learning: its interval of a median is counted out, exactly, from binomials.
#: The quantiles themselves are made in one place.
ALLOWED = {"labeling/kinds/rating/median.py", "learning/core/distributions.py"}


def intervals_of_their_own(path: Path) -> list[str]:
    """Lines that make an interval; docstrings may speak of them."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    prose: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            prose |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return [
        f"{path.name}:{number}: {line.strip()}"
        for number, line in enumerate(text.splitlines(), 1)
        if number not in prose and OWN.search(line.split("#")[0])
    ]


def test_no_interval_is_made_anywhere_else():
    found = []
    for path in sorted([*(ROOT / "learning").rglob("*.py"), *(ROOT / "labeling").rglob("*.py")]):
        name = path.relative_to(ROOT).as_posix()
        if "/migrations/" not in name and "/core/evaluation/interval" not in f"/{name}" and name not in ALLOWED:
            found += intervals_of_their_own(path)
    assert not found, "make intervals in learning/core/evaluation/intervals*.py, where their coverage is measured"


@pytest.mark.parametrize(
    "line",
    [
        "half = 1.96 * error",
        "low, high = np.quantile(again, [0.025, 0.975])",
        "z = float(ndtri(0.975))",
        "beta.ppf(p)",
        "t_quantile(p, n)",
    ],
)
def test_the_search_finds_a_planted_interval(tmp_path, line):
    planted = tmp_path / "planted.py"
    planted.write_text(f'"""1.96 may stand in prose."""\n\n{line}\n')
    assert len(intervals_of_their_own(planted)) == 1
