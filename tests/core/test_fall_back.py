"""A queue falls back to random questions where what it chose cannot be learned, and only there."""

import numpy as np
import pytest

from learning.core.cycle import Settings
from learning.core.evaluation.fall_back import MIN_CHOSEN, Explained, Grounds, who_asks
from learning.core.evaluation.learnable import explainable, explained_by_others, grounds_of
from learning.core.learners import one_hot
from learning.core.learners.evidence import row_losses_beside
from learning.core.learners.logistic import LogisticLearner
from learning.core.learners.own_evidence import RowLosses
from learning.core.simulated_people import Crowd, make_people
from learning.core.simulation import Bench, simulate

NOTHING = Explained(0.02, -0.06, 0.1, MIN_CHOSEN)
UNCLEAR = Explained(0.3, 0.2, 0.4, MIN_CHOSEN)
MUCH = Explained(0.4, 0.3, 0.5, MIN_CHOSEN)


def grounds(explained: Explained, explainable: float = 1.0, per_direction: float = 5.0) -> Grounds:
    return Grounds(explained, explainable, 0, per_direction)


@pytest.mark.parametrize(
    ("explained", "pays", "now", "then"),
    [
        (NOTHING, "unclear", "model", "random"),
        (NOTHING, "unclear", "random", "random"),
        (MUCH, "unclear", "model", "model"),
        (MUCH, "unclear", "random", "model"),
        # between the two nothing changes
        (UNCLEAR, "unclear", "model", "model"),
        (UNCLEAR, "unclear", "random", "random"),
        # too few, or nothing known: as it is
        (Explained(0.0, -0.2, 0.2, MIN_CHOSEN - 1), "unclear", "model", "model"),
        (Explained(0.9, 0.8, 1.0, MIN_CHOSEN - 1), "unclear", "random", "random"),
        (None, "unclear", "random", "random"),
        # the arms were compared: that is the thing itself
        (MUCH, "no", "model", "random"),
        (NOTHING, "yes", "random", "model"),
        (None, "no", "model", "random"),
    ],
)
def test_who_asks(explained, pays, now, then):
    assert who_asks(None if explained is None else grounds(explained), pays, now) == then


@pytest.mark.parametrize(
    ("explained", "explainable", "per_direction", "now", "then"),
    [
        # people err: little can be explained, and that little is not shown to be missing
        (NOTHING, 0.25, 5.0, "model", "model"),
        (NOTHING, 0.3, 5.0, "model", "random"),
        (NOTHING, 0.0, 5.0, "model", "model"),
        # it fell back before second answers showed that people err
        (Explained(0.1, -0.02, 0.22, MIN_CHOSEN), 0.25, 5.0, "random", "model"),
        (Explained(0.1, -0.02, 0.22, MIN_CHOSEN), 0.5, 5.0, "random", "random"),
        (NOTHING, 0.0, 5.0, "random", "model"),
        # fewer answers than it takes to know the directions there are
        (NOTHING, 1.0, 4.9, "model", "model"),
        # and it does not go to and fro for one direction more
        (NOTHING, 1.0, 4.9, "random", "random"),
        (NOTHING, 1.0, 2.4, "random", "model"),
    ],
)
def test_errors_of_people_and_what_was_not_seen_yet_are_no_ground_to_fall_back(
    explained, explainable, per_direction, now, then
):
    assert who_asks(grounds(explained, explainable, per_direction), "unclear", now) == then


def test_only_chosen_and_judged_rows_are_counted():
    """Row 5 was drawn at random, of row 3 nothing can be said."""
    rows, judged = np.array([1, 3, 5, 7]), np.array([1.0, 0.0, 1.0, 1.0])
    losses = RowLosses(rows, np.array([0.2, 9.0, 9.0, 0.4]), np.full(4, 0.6), judged)
    chosen = np.array([False, True, False, True, False, False, False, True])
    found = explained_by_others(losses, chosen)
    assert found is not None
    assert (round(found.value, 12), found.n) == (0.5, 2)
    assert explained_by_others(losses, np.zeros(8, bool)) is None
    assert explained_by_others(None, chosen) is None


def test_what_can_be_explained_is_what_the_second_answers_leave():
    """Four of twenty items answered twice have two answers: one answer in nine is wrong, or somewhat more."""
    losses = RowLosses(np.arange(80), np.full(80, 0.6), np.full(80, np.log(2)), np.ones(80))
    features, twice = np.random.default_rng(0).normal(size=(80, 4)), np.repeat([1.0, 0.0], [16, 4])
    agreement = np.append(twice, [np.nan] * 30)
    found = grounds_of(losses, np.ones(80, bool), features, agreement, 2)
    assert found is not None
    assert (found.n_twice, found.per_direction) == (20, 20.0)
    assert 0.4 < found.explainable < explainable(1 / 9, np.log(2), 2)
    # with two more opinions an answer is the majority's, which errs less often
    three = grounds_of(losses, np.ones(80, bool), features, agreement, 2, overlap=3)
    assert three is not None
    assert three.explainable > found.explainable
    # nobody was asked twice: nothing is known of errors, and none are assumed
    alone = grounds_of(losses, np.ones(80, bool), features, np.full(30, np.nan), 2)
    assert alone is not None
    assert (alone.n_twice, alone.explainable) == (0, 1.0)


def labeled(noise: float, n: int = 900, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two of six columns tell the label; ``noise`` is how much of its logit is chance."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 6)).astype(np.float32)
    return x, (x[:, 0] + x[:, 1] + noise * rng.logistic(size=n) > 0).astype(int)


def test_a_model_keeps_its_out_of_fold_losses_beside_it_and_not_in_its_file():
    x, y = labeled(0.5, 80)
    model = LogisticLearner().fit(x, one_hot(y, 2), kind="classification", rng=np.random.default_rng(0))
    losses = row_losses_beside(model)
    assert losses is not None
    assert np.average(losses.model, weights=losses.judged) == pytest.approx(model.facts["loss_out_of_fold"])
    assert np.average(losses.constant, weights=losses.judged) == pytest.approx(model.facts["loss_of_constant"])
    assert row_losses_beside(LogisticLearner().load(model.dump())) is None


@pytest.mark.parametrize(("noise", "falls"), [(2.0, True), (0.05, False)])
def test_a_simulated_queue_falls_back_where_labels_are_chance_and_not_where_they_can_be_learned(noise, falls):
    x, y = labeled(noise)
    bench = Bench(x[:600], one_hot(y[:600], 2), x[600:], one_hot(y[600:], 2))
    settings = Settings("classification", 2, learner="logistic")
    curve = simulate(bench, settings, seed=0, budget=160, random_share=0.1, falls_back=True)
    assert bool(curve.fell_back) == falls
    kept = simulate(bench, settings, seed=0, budget=160, random_share=0.1)
    assert kept.fell_back == 0
    # until it falls back the queue is the same, and it is another one afterwards
    before = curve.fell_back or 160
    assert curve.rows[:before] == kept.rows[:before]
    assert (curve.rows == kept.rows) != falls


def test_a_strategy_that_was_chosen_is_followed():
    x, y = labeled(2.0)
    bench = Bench(x[:600], one_hot(y[:600], 2), x[600:], one_hot(y[600:], 2))
    settings = Settings("classification", 2, strategy="margin", learner="logistic")
    assert simulate(bench, settings, seed=0, budget=160, falls_back=True).fell_back == 0


@pytest.mark.parametrize("errs", [0.2, 0.0])
def test_a_simulated_queue_of_erring_people_goes_on_where_second_answers_show_it(errs):
    """Six columns of which two tell the label; a fifth of the answers is wrong, or labels are as much of a chance."""
    x, y = labeled(0.05 if errs else 2.0, 1_500)
    bench = Bench(x[:1_200], one_hot(y[:1_200], 2), x[1_200:], one_hot(y[1_200:], 2))
    people = make_people("uniform", Crowd(y[:1_200], np.full((1_200, 2), 0.5), errs, 5), seed=0)
    settings = Settings("classification", 2, learner="logistic")
    told = {"seed": 0, "budget": 240, "random_share": 0.1, "people": people, "falls_back": True}
    assert bool(simulate(bench, settings, eval_share=0.2, **told).fell_back) == (not errs)
    # without second answers the two look alike
    assert simulate(bench, settings, **told).fell_back


def test_texts_of_more_words_than_answers_do_not_fall_back():
    x, y = labeled(2.0)
    wide = np.hstack((x, np.random.default_rng(1).normal(size=(900, 200)).astype(np.float32)))
    bench = Bench(wide[:600], one_hot(y[:600], 2), wide[600:], one_hot(y[600:], 2))
    settings = Settings("classification", 2, learner="logistic")
    assert simulate(bench, settings, seed=0, budget=160, random_share=0.1, falls_back=True).fell_back == 0
