"""The live cycle replayed on labeled data: does active learning pay here, and how much?

The functions of :mod:`learning.core.cycle` choose and fit exactly as the worker does; only the annotator is replaced by
the known labels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np

from learning.core import cycle
from learning.core.arrays import BoolArray, DoubleArray, FloatMatrix
from learning.core.evaluation.intervals_difference import ratio_of_means
from learning.core.evaluation.objectives import make_objective
from learning.core.evaluation.ordinal import quadratic_kappa
from learning.core.pools import ArrayPool
from learning.core.second_opinions import SecondOpinions
from learning.core.simulated_answers import AskedSoFar
from learning.core.simulated_asking import SimulatedAsking, again, believed
from learning.core.simulated_eval import SimulatedEval
from learning.core.simulated_people import SimulatedPeople


@dataclass(frozen=True)
class Curve:
    """Scores of one arm and seed.

    Parameters
    ----------
    arm : str
        The strategy's name.
    seed : int
    labels : tuple of int
        Answers given, rising.
    scores : tuple of float
        Score of the model after as many answers; higher is better.
    wrong : tuple of int
        Wrong labels of the items that as many answers were about.
    seconds : float
        What all of them cost the people; 0 where nobody is simulated.
    rows : tuple of int
        What was asked, in the order of first answers.
    fell_back : int
        Answers after which chance picked the questions for the first time; 0: the model always did.
    items : tuple of int
        What as many answers were about: fewer where items were asked again.
    """

    arm: str
    seed: int
    labels: tuple[int, ...]
    scores: tuple[float, ...]
    wrong: tuple[int, ...] = ()
    seconds: float = 0.0
    rows: tuple[int, ...] = ()
    fell_back: int = 0
    items: tuple[int, ...] = ()


@dataclass(frozen=True)
class Saving:
    """Answers one arm needs to reach a share of the full score, over what the other needs.

    Parameters
    ----------
    share : float
        Of the score with every pool item labeled.
    target : float
        The score to reach.
    labels, labels_random : float
        Mean answers needed by the arm and by random.
    ratio, low, high : float
        ``labels / labels_random`` with its 95 % interval over seeds; below 1 the arm saves answers.
    censored : int
        Curves (of both arms) that ended before the target; they count with one step beyond their last point, so the
        ratio is a bound when this is not 0.
    """

    share: float
    target: float
    labels: float
    labels_random: float
    ratio: float
    low: float
    high: float
    censored: int


def accuracy(probabilities: FloatMatrix, targets: DoubleArray, kind: str) -> float:
    """Return the share of items answered right (multilabel: with every label right).

    Examples
    --------
    >>> accuracy(np.array([[0.9, 0.1]], np.float32), np.array([[1.0, 0.0]]), "classification")
    1.0
    """
    return float((_answered(probabilities, kind) == (targets >= 0.5)).all(axis=1).mean())


def macro_f1(probabilities: FloatMatrix, targets: DoubleArray, kind: str) -> float:
    """Return the mean F1 over the labels that occur in ``targets``.

    Examples
    --------
    >>> macro_f1(np.array([[0.9, 0.1], [0.8, 0.2]], np.float32), np.eye(2), "classification").__round__(3)
    0.333
    """
    predicted = _answered(probabilities, kind)
    support = targets.sum(axis=0)
    f1 = 2 * (predicted * targets).sum(axis=0) / np.maximum(support + predicted.sum(axis=0), 1e-12)
    return float(f1[support > 0].mean())


def kappa(probabilities: FloatMatrix, targets: DoubleArray, kind: str) -> float:
    """Return quadratic weighted kappa, labels being the steps of a scale.

    Examples
    --------
    >>> kappa(np.array([[0.9, 0.1], [0.2, 0.8]], np.float32), np.eye(2), "ordinal")
    1.0
    """
    return quadratic_kappa(_answered(probabilities, kind).argmax(axis=1), targets)


def _answered(probabilities: FloatMatrix, kind: str) -> DoubleArray:
    """Return 1 for every label the answer holds, shape (n, k)."""
    decided = make_objective(kind).decide(probabilities)
    return np.eye(probabilities.shape[1])[decided] if decided.ndim == 1 else decided.astype(np.float64)


METRICS: dict[str, Callable[[FloatMatrix, DoubleArray, str], float]] = {
    "accuracy": accuracy,
    "macro_f1": macro_f1,
    "quadratic_kappa": kappa,
}


@dataclass(frozen=True)
class Bench:
    """Labeled data cut for a simulation.

    Parameters
    ----------
    features : ndarray of float32, shape (n, d)
        The pool.
    targets : ndarray of shape (n, n_labels)
        Its true answers, which the cycle sees only when it asks.
    held_out, held_out_targets : ndarray
        Rows that only measure.
    metric : {"accuracy", "macro_f1", "quadratic_kappa"}
    """

    features: FloatMatrix
    targets: DoubleArray
    held_out: FloatMatrix
    held_out_targets: DoubleArray
    metric: str = "accuracy"

    def score(self, answers: cycle.Answers, settings: cycle.Settings, seed: int) -> float:
        """Fit on ``answers`` alone and return the held-out score."""
        model = cycle.fit_model(answers, settings, cycle.step_rng(seed, "fit"))
        if model is None:
            return 0.0
        return METRICS[self.metric](model.predict(self.held_out), self.held_out_targets, settings.kind)

    def full_score(self, settings: cycle.Settings) -> float:
        """Return the score with every pool row labeled."""
        return self.score(cycle.Answers(self.features, self.targets), settings, 0)


class SimulatedPoint(NamedTuple):
    """A curve at one number of answers."""

    labels: int
    score: float
    wrong: int
    items: int


def simulate(
    bench: Bench,
    settings: cycle.Settings,
    *,
    seed: int,
    budget: int,
    random_share: float = 0.0,
    stop_at: float = np.inf,
    people: SimulatedPeople | None = None,
    eval_share: float = 0.0,
    falls_back: bool = False,
    second: SecondOpinions | None = None,
    overlap: int = 1,
    progress: Callable[[int, float], None] | None = None,
) -> Curve:
    """Replay one project: rank, answer a batch, fit, measure, until the budget is spent.

    Parameters
    ----------
    bench : Bench
    settings : Settings
        ``settings.batch`` answers are given between two rankings.
    seed : int
    budget : int
        Answers to give; the pool's size at most.
    random_share : float
        Share of every batch drawn at random as the live mixture does, in [0, 1].
    stop_at : float
        Stop early when the score has been at least this for three points in a row.
    people : SimulatedPeople, optional
        Who answers, of the pool's rows; without them every answer is the truth.
    eval_share : float
        Share of the pool's rows that are set apart and only measure how far people err, which makes the random share
        rise as it does live (:mod:`learning.core.evaluation.answer_errors`) where the strategy is ``auto``; 0 leaves it
        as it is.
    falls_back : bool
        Whether chance picks the questions where choosing teaches nothing (:mod:`learning.core.simulated_asking`).
    second : SecondOpinions, optional
        Part of the answers are further ones to items that have some (:mod:`learning.core.second_opinions`).
    overlap : int
        So many people answer every item, one after the other, before the next ranking.
    progress : callable, optional
        Told the number of answers and the score after every batch.

    Returns
    -------
    Curve

    Examples
    --------
    >>> from learning.core.learners import one_hot
    >>> x = np.linspace(0, 1, 60, dtype=np.float32)[:, None]
    >>> y = one_hot((x[:, 0] > 0.5).astype(int), 2)
    >>> settings = cycle.Settings("classification", 2, strategy="margin", batch=5)
    >>> curve = simulate(Bench(x, y, x, y), settings, seed=0, budget=20)
    >>> curve.labels, curve.scores[-1] > 0.9
    ((5, 10, 15, 20), True)
    """
    pool = ArrayPool(bench.features)
    most_answers = max(overlap, second.most_answers if second else 1)
    asked = AskedSoFar(bench.features, bench.targets, people, most_answers)
    settings = replace(settings, head=settings.batch)
    eligible = np.ones(pool.n_rows, dtype=bool)
    measured = SimulatedEval(bench.features, asked.said, people, settings, eval_share, cycle.step_rng(seed, "eval"))
    eligible[measured.rows] = False
    asking = SimulatedAsking(settings, falls_back)
    points: list[SimulatedPoint] = []
    model = None
    while asked.n_answers < budget and eligible.any():
        turn_seed = seed * 1_000_003 + asked.n_answers
        n = min(settings.batch, budget - asked.n_answers)
        errors = measured.errors(model, asked.n_answers)
        new, again_rng = partial(_features, bench, eligible), cycle.step_rng(turn_seed, "second opinions")
        known = again(second, asked, model, new, errors.rate, n, again_rng, settings)
        n = -(-(n - known.numbers.size) // overlap)
        ranking = cycle.rank_pool(pool, eligible, asked.answers(), model, settings, cycle.step_rng(turn_seed, "rank"))
        picked = ranking.rows[:n]
        share_rng = cycle.step_rng(turn_seed, "random share")
        share = 1.0 if asking.by == "random" else max(random_share, errors.leaning)
        n_random = int(share_rng.binomial(picked.size, share))
        if n_random:
            kept = picked[: picked.size - n_random]
            others = np.setdiff1d(np.flatnonzero(eligible), kept)
            picked = np.concatenate((kept, share_rng.choice(others, n_random, replace=False)))
        eligible[picked] = False
        asking.asked(picked.size, n_random, ranking.strategy)
        asked.ask_again(known.numbers)
        asked.ask_new(picked)
        for _ in range(1, overlap):
            asked.ask_again(asked.rows.size - 1 - np.arange(picked.size))
        answers = asked.answers()
        unlabeled = cycle.sample_pool(pool, eligible, cycle.step_rng(turn_seed, "sample"))
        model = cycle.fit_model(answers, settings, cycle.step_rng(turn_seed, "fit"), unlabeled)
        assert model is not None  # there is at least one answer by now
        asking.decide(model, answers.features, measured.agreement(asked.n_answers))
        score = METRICS[bench.metric](model.predict(bench.held_out), bench.held_out_targets, settings.kind)
        n_wrong = asked.n_wrong(believed(model, asked.rows.size, settings.n_labels))
        points.append(SimulatedPoint(asked.n_answers, score, n_wrong, asked.rows.size))
        if progress is not None:
            progress(asked.n_answers, score)
        if len(points) >= 3 and min(point.score for point in points[-3:]) >= stop_at:
            break
    labels, scores, wrong, items = zip(*points, strict=True) if points else ((), (), (), ())
    rows = tuple(asked.rows.tolist())
    return Curve(settings.strategy, seed, labels, scores, wrong, asked.seconds, rows, asking.fell_back_at, items)


def _features(bench: Bench, eligible: BoolArray) -> FloatMatrix:
    return bench.features[eligible]


def labels_to_reach(curve: Curve, target: float) -> tuple[float, bool]:
    """Return how many answers a curve needs to reach a score and stay there for the next point.

    Parameters
    ----------
    curve : Curve
    target : float

    Returns
    -------
    labels : float
        Interpolated between points; one step beyond the last point when the target was not reached.
    reached : bool

    Examples
    --------
    >>> labels_to_reach(Curve("margin", 0, (10, 20, 30), (0.5, 0.7, 0.9)), 0.8)
    (25.0, True)
    >>> labels_to_reach(Curve("margin", 0, (10, 20, 30), (0.5, 0.7, 0.9)), 0.95)
    (40.0, False)
    """
    labels, scores = np.asarray(curve.labels, dtype=float), np.asarray(curve.scores)
    held = np.minimum(scores, np.append(scores[1:], scores[-1]))
    above = np.flatnonzero(held >= target)
    if not above.size:
        step = labels[-1] - labels[-2] if labels.size > 1 else labels[-1]
        return float(labels[-1] + step), False
    first = int(above[0])
    if first == 0:
        return float(labels[0]), True
    rise = scores[first] - scores[first - 1]
    part = (target - scores[first - 1]) / rise if rise > 0 else 1.0
    part = float(np.clip(part, 0.0, 1.0))
    return float(labels[first - 1] + part * (labels[first] - labels[first - 1])), True


def saving(active: Sequence[Curve], random: Sequence[Curve], full_score: float, share: float) -> Saving:
    """Compare the answers two arms need to reach a share of the full score.

    Parameters
    ----------
    active, random : sequence of Curve
        Of several seeds each.
    full_score : float
        Score with every pool row labeled.
    share : float
        E.g. 0.95.

    Returns
    -------
    Saving

    Examples
    --------
    >>> fast = [Curve("auto", 0, (10, 20), (0.8, 1.0))]
    >>> slow = [Curve("random", 0, (10, 20, 30, 40), (0.5, 0.6, 0.8, 1.0))]
    >>> saving(fast, slow, 1.0, 0.9).ratio.__round__(3)
    0.429
    """
    target = share * full_score
    needed = [[labels_to_reach(curve, target) for curve in arm] for arm in (active, random)]
    ours, theirs = (np.array([labels for labels, _ in arm]) for arm in needed)
    censored = sum(not reached for arm in needed for _, reached in arm)
    paired = [curve.seed for curve in active] == [curve.seed for curve in random]
    steps = [curve.labels[-1] - ([0, *curve.labels][-2]) for curve in (*active, *random)]
    found = ratio_of_means(ours, theirs, float(min(steps)), paired=paired)
    means = float(ours.mean()), float(theirs.mean())
    return Saving(share, target, *means, found.value, found.low, found.high, int(censored))
