"""One turn of the machine: fit -> probabilities -> utilities -> batch.

The worker and the simulation both call these functions and nothing else of the core decides what is asked next. The
steps are separate because the worker stores the outcome of each; :func:`run` is all of them in a row.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from learning.core.acquisition import DEFAULT_TEMPERATURE
from learning.core.arrays import BoolArray, DoubleArray, FloatMatrix, IntArray
from learning.core.evaluation.baselines import LabeledRows
from learning.core.evaluation.costs import Costs
from learning.core.evaluation.objectives import Objective, make_objective
from learning.core.evaluation.objectives.least_cost import LeastCost
from learning.core.evaluation.report import Evaluation
from learning.core.evaluation.thresholds import suggested_thresholds
from learning.core.learners import FittedLearner, make_learner, one_hot
from learning.core.learners.evidence import said_beside
from learning.core.outliers import fit_outlier_detector
from learning.core.person_weights import person_weights
from learning.core.pools import Pool
from learning.core.skips import SkipModel
from learning.core.strategies import Draws, Request, make_strategy

#: What a model's facts say of its outlier detector under.
OUTLIERS = "outliers"
UNLABELED_ROWS = 1_000
UNLABELED_POOL_ROWS = 200_000


@dataclass(frozen=True)
class Settings:
    """What a project decides about its cycle.

    Parameters
    ----------
    kind : {"classification", "multilabel", "ordinal"}
        The objective: what an answer is and what it is worth (:mod:`learning.core.evaluation.objectives`).
    n_labels : int
        Size of the label set, used or not.
    strategy, learner : str
        Registered names, or ``"auto"``.
    head : int
        Rows to publish per ranking.
    batch : int
        Answers expected until the next ranking (the project's ``retrain_every``).
    temperature : float
        How far draws stray from the top; see :mod:`learning.core.acquisition`.
    costs : Costs, optional
        Of ``"classification"`` what its mistakes cost, ``n_labels`` by ``n_labels``: they decide what is answered and
        which model is better, not what is learned or asked.
    """

    kind: str
    n_labels: int
    strategy: str = "auto"
    learner: str = "auto"
    head: int = 2_000
    batch: int = 20
    temperature: float = DEFAULT_TEMPERATURE
    costs: Costs | None = None

    def __post_init__(self) -> None:
        """Refuse settings no cycle can run on."""
        if self.n_labels < 1 or self.head < 1 or self.batch < 1:
            raise ValueError(f"n_labels, head and batch must be at least 1: {self}")
        make_objective(self.kind)
        if self.costs and (self.kind != "classification" or len(self.costs.matrix) != self.n_labels):
            raise ValueError(f"costs of {len(self.costs.matrix)} labels are not of {self.n_labels}, one an item")

    @property
    def objective(self) -> Objective:
        """What an answer is worth."""
        return LeastCost(self.costs) if self.costs else make_objective(self.kind)


@dataclass(frozen=True)
class Answers:
    """Rows with answers.

    Parameters
    ----------
    features : ndarray of float32, shape (m, d)
    targets : ndarray of shape (m, n_labels)
        See :meth:`learning.core.learners.base.Learner.fit`; :func:`learning.core.learners.one_hot` makes them.
    weights : ndarray of shape (m,), optional
        What each row counts, above 0.
    groups : ndarray of int, shape (m,), optional
        Items of one group stay together in cross-validation.
    people : ndarray of int, shape (m,), optional
        Who answered, :data:`learning.core.person_weights.NOBODY` where it was not one person; those who err far more
        than the others count less (:mod:`learning.core.person_weights`), times the weights that are given.
    """

    features: FloatMatrix
    targets: DoubleArray
    weights: DoubleArray | None = None
    groups: IntArray | None = None
    people: IntArray | None = None

    def __len__(self) -> int:
        return len(self.features)


@dataclass(frozen=True)
class Assessment:
    """A model and its baselines on the same held-out rows."""

    model: Evaluation
    baselines: Mapping[str, Evaluation]


@dataclass(frozen=True)
class Turn:
    """What :func:`run` made."""

    model: FittedLearner | None
    assessment: Assessment | None
    ranking: Draws


def step_rng(seed: int, step: str) -> np.random.Generator:
    """Return the random numbers of one step of one run.

    Steps do not share a stream, so a step that is repeated or left out changes nothing in the others.

    Parameters
    ----------
    seed : int
        The run's seed, at least 0.
    step : str

    Returns
    -------
    numpy.random.Generator

    Examples
    --------
    >>> bool(step_rng(1, "fit").random() == step_rng(1, "fit").random() != step_rng(1, "rank").random())
    True
    """
    return np.random.default_rng([seed, zlib.crc32(step.encode())])


def sample_pool(
    pool: Pool, eligible: BoolArray, rng: np.random.Generator, at_most: int = UNLABELED_ROWS
) -> FloatMatrix:
    """Return a random part of the eligible rows, for learners that use unlabeled data.

    Nothing above 200,000 rows: looking up neighbours would make ranking such a pool three times as slow.

    Parameters
    ----------
    pool : Pool
    eligible : ndarray of bool, shape (pool.n_rows,)
    rng : numpy.random.Generator
    at_most : int

    Returns
    -------
    ndarray of float32, shape (min(at_most, eligible rows), d)

    Examples
    --------
    >>> from learning.core.pools import ArrayPool
    >>> sample_pool(ArrayPool(np.eye(3, dtype=np.float32)), np.ones(3, bool), np.random.default_rng(0), 2).shape
    (2, 3)
    """
    rows = np.flatnonzero(eligible)
    if pool.n_rows > UNLABELED_POOL_ROWS:
        rows = rows[:0]
    return pool.take(np.sort(rng.choice(rows, size=min(at_most, rows.size), replace=False)))


def fit_model(
    answers: Answers, settings: Settings, rng: np.random.Generator, unlabeled: FloatMatrix | None = None
) -> FittedLearner | None:
    """Fit and calibrate the project's learner.

    Its facts then have the ``thresholds`` too: for each label of the set the probability from which to give it, null
    where that cannot be said.

    Parameters
    ----------
    answers : Answers
    settings : Settings
    rng : numpy.random.Generator
    unlabeled : ndarray of float32, shape (u, d), optional
        From :func:`sample_pool`.

    Returns
    -------
    FittedLearner or None
        None without a single answer.

    Raises
    ------
    ValueError
        If the answers do not fit the settings or each other.
    """
    if len(answers) == 0:
        return None
    if answers.targets.shape[1] != settings.n_labels:
        raise ValueError(f"answers have {answers.targets.shape[1]} labels, the settings {settings.n_labels}")
    of_people = _weights_of_people(answers, settings, rng)
    weights = answers.weights if of_people is None else of_people
    if of_people is not None and answers.weights is not None:
        weights = of_people * answers.weights
    model = make_learner(settings.objective.learner(settings.learner)).fit(
        answers.features,
        answers.targets,
        kind=settings.objective.form,
        rng=rng,
        weights=weights,
        groups=answers.groups,
        unlabeled=unlabeled,
    )
    if said := said_beside(model):
        model.facts = {**model.facts, "thresholds": suggested_thresholds(said, settings.n_labels)}
    if of_people is not None:
        told = f"{int((of_people < 1).sum()):,} answers of people who contradict it far more than others weigh less"
        model.facts = {**model.facts, "reason": f"{model.facts.get('reason', '')}; {told}"}
    return model


def with_outlier_detector(
    model: FittedLearner, answers: Answers, settings: Settings, rng: np.random.Generator
) -> FittedLearner:
    """Fit what says which rows are unlike all that was learned, and put it beside a new model.

    The facts of the model then have ``outliers``: which detector was chosen and why, its threshold, what it found of
    labels left out; or why there is none. The model's own predictions and bytes stay what they were, but for these.

    Parameters
    ----------
    model : FittedLearner
        From :func:`fit_model`.
    answers : Answers
        What it was fitted on.
    settings : Settings
    rng : numpy.random.Generator

    Returns
    -------
    FittedLearner
        The same.
    """
    used = np.ones(len(answers), bool) if answers.weights is None else answers.weights > 0
    targets = answers.targets[used]
    one_label = settings.objective.one_answer
    members = one_hot(targets.argmax(axis=1), settings.n_labels) > 0 if one_label else targets > 0.5
    groups = None if answers.groups is None else answers.groups[used]
    found = fit_outlier_detector(answers.features[used], members, rng, groups)
    model.outlier_detector = found.detector
    model.facts = {**model.facts, OUTLIERS: dict(found.facts)}
    return model


def _weights_of_people(answers: Answers, settings: Settings, rng: np.random.Generator) -> DoubleArray | None:
    """Return the weights that follow from who answered; None where nobody is found to be worse than the others."""
    if answers.people is None or not settings.objective.disagreement_is_error:
        return None
    # a stream of its own: where nobody is found to be worse the model is the one it was without this
    return person_weights(answers.features, answers.targets, answers.people, answers.groups, rng.spawn(1)[0])


def evaluate_model(
    model: FittedLearner, answers: Answers, held_out: Answers, settings: Settings, rng: np.random.Generator
) -> Assessment | None:
    """Measure a model and its baselines on the eval split.

    Parameters
    ----------
    model : FittedLearner
    answers : Answers
        What the model was fitted on; the baselines are made of it, by the same weights.
    held_out : Answers
        Answered items of the eval split.
    settings : Settings
    rng : numpy.random.Generator

    Returns
    -------
    Assessment or None
        None while nothing is held out.
    """
    if len(held_out) == 0:
        return None
    objective = settings.objective
    found = objective.evaluate(model.predict(held_out.features), held_out.targets, rng)
    labeled = LabeledRows(answers.features, answers.targets, answers.weights)
    baselines = objective.evaluate_baselines(labeled, held_out.features, held_out.targets, rng)
    return Assessment(found, baselines)


def rank_pool(
    pool: Pool,
    eligible: BoolArray,
    answers: Answers,
    model: FittedLearner | None,
    settings: Settings,
    rng: np.random.Generator,
    skips: SkipModel | None = None,
    doubt: DoubleArray | None = None,
) -> Draws:
    """Draw the head of the queue.

    Parameters
    ----------
    pool : Pool
    eligible : ndarray of bool, shape (pool.n_rows,)
        Rows that may be asked: of the pool, unanswered, not in flight, not skipped for good.
    answers : Answers
        Of the pool; possibly none (features of shape (0, d), targets of shape (0, n_labels)).
    model : FittedLearner or None
    settings : Settings
    rng : numpy.random.Generator
    skips : SkipModel, optional
        From :func:`learning.core.skips.fit_skip_model`, once something was skipped.
    doubt : ndarray of shape (pool.n_rows,), range (0, 1], optional
        From :func:`learning.core.machine_doubt.factors_of_doubts`, where a machine has a say in the order.

    Returns
    -------
    Draws
        ``min(settings.head, eligible rows)`` picks. A strategy that needs a model falls back to ``typical`` without one
        and says so.

    Raises
    ------
    ValueError
        If shapes disagree or the strategy is unknown.
    """
    strategy = make_strategy(settings.strategy)
    if strategy.needs_model and model is None:
        strategy = make_strategy("typical")
    return strategy.rank(
        Request(
            pool=pool,
            eligible=eligible,
            model=model,
            labeled=answers.features,
            targets=answers.targets,
            kind=settings.objective.form,
            head=settings.head,
            batch=settings.batch,
            rng=rng,
            temperature=settings.temperature,
            costs=settings.objective.costs(settings.n_labels),
            skips=skips,
            doubt=doubt,
        )
    )


def run(pool: Pool, eligible: BoolArray, answers: Answers, held_out: Answers, settings: Settings, seed: int) -> Turn:
    """Do one whole turn.

    Parameters
    ----------
    pool : Pool
    eligible : ndarray of bool, shape (pool.n_rows,)
    answers, held_out : Answers
        Of the pool and of the eval split.
    settings : Settings
    seed : int
        The same seed and data give the same turn, bit by bit.

    Returns
    -------
    Turn

    Examples
    --------
    >>> from learning.core.learners import one_hot
    >>> from learning.core.pools import ArrayPool
    >>> features = np.linspace(0, 1, 50, dtype=np.float32)[:, None]
    >>> labeled = Answers(features[[0, 49]], one_hot([0, 1], 2))
    >>> eligible = np.ones(50, bool); eligible[[0, 49]] = False
    >>> settings = Settings("classification", 2, "margin", "logistic", head=3, temperature=0.01)
    >>> turn = run(ArrayPool(features), eligible, labeled, labeled, settings, seed=0)
    >>> bool(abs(turn.ranking.rows.mean() - 24.5) < 3), turn.assessment.model.metrics["accuracy"].value
    (True, 1.0)
    """
    unlabeled = sample_pool(pool, eligible, step_rng(seed, "sample"))
    model = fit_model(answers, settings, step_rng(seed, "fit"), unlabeled)
    assessment = None
    if model is not None:
        assessment = evaluate_model(model, answers, held_out, settings, step_rng(seed, "evaluate"))
    ranking = rank_pool(pool, eligible, answers, model, settings, step_rng(seed, "rank"))
    return Turn(model, assessment, ranking)
