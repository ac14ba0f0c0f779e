"""The majority until there is evidence: what counts as such, what does not, and what is said about it."""

import numpy as np
import pytest

from benchmarks.consensus_pool import simulated
from learning.core.aggregation import NO_LABEL, KnownTruth, Votes, gold_of, votes_of
from learning.core.aggregation.auto import choose
from learning.core.aggregation.confidence import LEAST_GOLD, fit_scale
from learning.core.aggregation.evidence import on_gold, on_held_out_answers, people_alike
from learning.core.aggregation.gold_weighted import GoldWeighted


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def known(votes: Votes, truth: np.ndarray, n_gold: int, beliefs: np.ndarray | None = None) -> KnownTruth:
    items = rng().choice(votes.n_items, n_gold, replace=False)
    return KnownTruth(gold_of(items, truth[items], votes.n_items), beliefs)


def test_without_known_truth_the_majority_counts_however_well_people_agree():
    """A clique that says the same everywhere makes every rule that learns from agreement sure of it."""
    truth = np.random.default_rng(1).integers(0, 2, 80)
    honest = np.where(np.random.default_rng(2).random((3, 80)) < 0.8, truth, 1 - truth)
    said = np.concatenate((honest, np.tile(np.random.default_rng(3).integers(0, 2, 80), (2, 1))))
    people, items = np.indices(said.shape)
    votes = votes_of(items.ravel(), people.ravel(), said.ravel(), n_items=80, n_people=5, n_labels=2)
    found = choose(votes, KnownTruth(np.full(80, NO_LABEL)), rng())
    assert (found.rule, found.version, found.scale) == ("majority", 1, None)
    assert found.reason == "The majority counts: of no item is the truth known."
    assert found.confidence.tolist() == found.result.confidence.tolist()


@pytest.mark.parametrize("mix", ["a third random", "a fifth inverted", "half with one bias", "everything"])
def test_a_hundred_gold_items_show_that_another_rule_is_better_and_it_is(mix):
    crowd = simulated(mix, n_labels=4, answers=5, seed=0)
    found = choose(crowd.votes, known(crowd.votes, crowd.truth, 100), rng())
    rest = np.arange(crowd.votes.n_items)
    majority = choose(crowd.votes, known(crowd.votes, crowd.truth, 0), rng())
    assert found.rule != "majority"
    assert found.result.loss(crowd.truth, rest).mean() < majority.result.loss(crowd.truth, rest).mean() - 0.03
    evidence = next(each for each in found.evidence if each.rule == found.rule)
    assert f"of 100 items whose truth is known it has {evidence.wrong:g} wrong" in found.reason
    assert f"the majority {evidence.majority_wrong:g}" in found.reason
    assert evidence.gain.low > 0


def test_where_people_are_alike_gold_moves_nothing():
    """Nobody better than others, nobody worse: fifty gold items are no reason to weigh anybody."""
    moved = 0
    for seed in range(10):
        drawn = np.random.default_rng(seed)
        truth = drawn.integers(0, 2, 100)
        said = np.where(drawn.random((6, 100)) < 0.8, truth, 1 - truth)
        people, items = np.indices(said.shape)
        votes = votes_of(items.ravel(), people.ravel(), said.ravel(), n_items=100, n_people=6, n_labels=2)
        found = choose(votes, known(votes, truth, 50), np.random.default_rng(seed))
        moved += found.rule != "majority"
        if found.rule == "majority":
            assert found.reason.startswith("The majority counts: on the 50 items whose truth is known (")
    assert moved <= 1


def test_people_are_told_apart_by_gold_as_often_as_luck_would_when_they_are_alike():
    """Hard and easy items are no difference between people: each of them meets the same ones."""
    low = 0
    for seed in range(60):
        drawn = np.random.default_rng(seed)
        truth, hard = drawn.integers(0, 2, 12), drawn.random(12)
        said = np.where(drawn.random((8, 12)) < hard, truth, 1 - truth)
        people, items = np.indices(said.shape)
        votes = votes_of(items.ravel(), people.ravel(), said.ravel(), n_items=12, n_people=8, n_labels=2)
        low += people_alike(votes, KnownTruth(truth), drawn) <= 0.05
    assert low <= 8  # 3 are expected, more than 8 in one of 300 such tests


def test_a_rule_is_measured_on_gold_it_did_not_learn():
    """One person, each label once: who learned the item's own truth would have it right."""
    truth = np.array([0, 1] * 4)
    votes = votes_of(range(8), [0] * 8, 1 - truth, n_items=8, n_people=1, n_labels=2)
    planted = GoldWeighted().aggregate(votes, KnownTruth(truth))
    honest = on_gold(GoldWeighted(), votes, KnownTruth(truth))
    assert (planted.confidence != honest.confidence).all()
    one = KnownTruth(gold_of([3], truth[[3]], 8))
    assert on_gold(GoldWeighted(), votes, one).labels[3] == 1 - truth[3]  # nothing is known of the person then


# answers that were held out


def taught(mix: str, answers: int, skill: float) -> tuple[Votes, np.ndarray, np.ndarray]:
    """A crowd and a model that is right in a share of the items, and otherwise says what it likes."""
    crowd = simulated(mix, n_labels=4, answers=answers, seed=1)
    drawn = np.random.default_rng(5)
    guess = np.where(drawn.random(600) < skill, crowd.truth, drawn.integers(0, 4, 600))
    return crowd.votes, crowd.truth, 0.1 + 0.6 * np.eye(4)[guess]


@pytest.mark.parametrize("answers", [2, 3])
def test_a_model_that_foretells_held_out_answers_gets_its_vote(answers):
    votes, truth, beliefs = taught("a third random", answers, 0.95)
    found = choose(votes, KnownTruth(np.full(600, NO_LABEL), beliefs), rng())
    assert found.rule == "crowdlab"
    assert "answers that were held out" in found.reason
    assert found.scale is None  # an order: nothing says how often it is right
    right = 1 - found.result.loss(truth, np.arange(600)).mean()
    majority = choose(votes, KnownTruth(np.full(600, NO_LABEL)), rng())
    assert right > 1 - majority.result.loss(truth, np.arange(600)).mean() + 0.05


def test_a_model_that_knows_nothing_gets_none():
    votes, _, beliefs = taught("a third random", 3, 0.0)
    assert choose(votes, KnownTruth(np.full(600, NO_LABEL), beliefs), rng()).rule == "majority"


def test_a_model_that_learned_everybodys_bias_gets_none():
    """Of label 1 most people say 0, and so does the model: it foretells answers better and has all of 1 wrong."""
    drawn = np.random.default_rng(8)
    truth = np.repeat([0, 1], 300)
    said = np.where((drawn.random((600, 3)) < 0.6) & (truth == 1)[:, None], 0, truth[:, None])
    items, people = np.indices(said.shape)
    votes = votes_of(items.ravel(), people.ravel(), said.ravel(), n_items=600, n_people=3, n_labels=2)
    beliefs = np.tile([0.95, 0.05], (600, 1))
    assert on_held_out_answers(votes, KnownTruth(np.full(600, NO_LABEL), beliefs), rng()) is None
    assert choose(votes, KnownTruth(np.full(600, NO_LABEL), beliefs), rng()).rule == "majority"


def test_a_clique_that_foretells_itself_moves_nothing():
    """Two who always say the same make answers easy to foretell; the model knows nothing, and so do they."""
    drawn = np.random.default_rng(9)
    truth = drawn.integers(0, 2, 400)
    honest = np.where(drawn.random((3, 400)) < 0.8, truth, 1 - truth)
    said = np.concatenate((honest, np.tile(drawn.integers(0, 2, 400), (2, 1))))
    people, items = np.indices(said.shape)
    votes = votes_of(items.ravel(), people.ravel(), said.ravel(), n_items=400, n_people=5, n_labels=2)
    for skill in (0.0, 0.6):
        guess = np.where(drawn.random(400) < skill, truth, drawn.integers(0, 2, 400))
        beliefs = 0.2 + 0.6 * np.eye(2)[guess]
        assert choose(votes, KnownTruth(np.full(400, NO_LABEL), beliefs), rng()).rule == "majority"


def test_held_out_answers_do_not_outweigh_gold():
    """A model that foretells what people say, and has every gold item wrong that the majority has right."""
    votes, _, beliefs = taught("a third random", 3, 0.95)
    nothing = KnownTruth(np.full(600, NO_LABEL), beliefs)
    by_majority = choose(votes, KnownTruth(nothing.gold), rng()).result
    by_model = choose(votes, nothing, rng()).result
    differ = np.flatnonzero((by_majority.labels != NO_LABEL) & (by_majority.labels != by_model.labels))[:5]
    gold = KnownTruth(gold_of(differ, by_majority.labels[differ], 600), beliefs)
    assert len(differ) == 5
    assert choose(votes, gold, rng()).rule != "crowdlab"


# confidence


def test_confidence_is_an_order_below_a_hundred_gold_items_and_a_probability_from_there():
    crowd = simulated("a fifth inverted", n_labels=4, answers=5, seed=2, n_items=2_000)
    few = choose(crowd.votes, known(crowd.votes, crowd.truth, LEAST_GOLD - 1), rng())
    assert few.scale is None
    truth = known(crowd.votes, crowd.truth, LEAST_GOLD)
    found = choose(crowd.votes, truth, rng())
    assert found.scale is not None
    rest = np.flatnonzero(truth.gold == NO_LABEL)
    right = 1 - found.result.loss(crowd.truth, rest)
    bins = np.minimum(found.confidence[rest] * 15, 14).astype(int)
    assert np.abs(np.bincount(bins, right - found.confidence[rest], 15)).sum() / len(rest) <= 0.05
    order = np.argsort(found.result.confidence[rest], kind="stable")
    assert (np.diff(found.confidence[rest][order]) >= 0).all()


def test_a_rule_that_is_sure_and_wrong_is_not_believed():
    """Posteriors of .999 that are right in six of ten: what is shown is .6."""
    scale = fit_scale(np.full(200, 0.9999), np.tile([1.0, 1.0, 1.0, 0.0, 0.0], 40))
    assert scale is not None
    assert scale.probabilities(np.array([0.9999])) == pytest.approx(0.6, abs=0.02)
    backwards = fit_scale(np.repeat([0.6, 0.99], 100), np.repeat([1.0, 0.0], [90, 110]))
    assert backwards is not None
    assert backwards.slope == 0.0


def test_an_item_nobody_answered_has_no_confidence_on_any_scale():
    crowd = simulated("good", n_labels=4, answers=3, seed=0)
    votes = crowd.votes.where(crowd.votes.items != 7)
    found = choose(votes, known(votes, crowd.truth, 120), rng())
    assert found.scale is not None
    assert found.confidence[7] == 0.0
