"""Strengths with their standard errors for every item: judged ones by their judgments, the others by their features."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.models import Project
from learning.core.pairwise import Judgments, PairPosterior, Prior, Strengths, components, gaussian_posterior
from learning.core.pairwise.combination import Ranking, fit_ranking
from learning.core.pairwise.features import FeatureRanker
from learning.core.pairwise.model import PairwiseModel
from learning.families.pairwise import columns
from learning.families.pairwise.freeze import Bools, Ints, PairData
from learning.services.features.matrix import FeatureMatrix

Doubles = NDArray[np.float64]


def fit(project: Project, data: PairData, matrix: FeatureMatrix) -> Ranking:
    """Bradley-Terry with ties, position and reliability, around what a ranker of features expects of each item."""
    return fitted(data, columns.groups_of(project, data, matrix))


def fitted(data: PairData, groups: list[NDArray[np.float32]]) -> Ranking:
    """The same, of columns that are there."""
    return fit_ranking(data.learned, groups, context=data.items.context, given=data.learned_weights)


def as_model(data: PairData, ranking: Ranking) -> PairwiseModel:
    n, ranker = len(data.items), ranking.ranker
    return PairwiseModel(
        ordinals=data.items.ordinals,
        scores=ranking.strengths.scores,
        errors=ranking.posterior.standard_errors(),
        prior_mean=_by_item(ranking.prior.mean, n),
        prior_precision=_by_item(ranking.prior.precision, n),
        reliability=ranking.reliability,
        position=ranking.strengths.position,
        log_nu=ranking.strengths.log_nu,
        ranker={} if ranker is None else {name: np.asarray(rows) for name, rows in vars(ranker).items()},
    )


def _by_item(value: Doubles | float, n: int) -> Doubles:
    return np.broadcast_to(np.asarray(value, dtype=np.float64), n).copy()


@dataclass(frozen=True)
class Known:
    """A stored model brought to the items of frozen data: newer items have the score their features give them."""

    strengths: Strengths
    prior: Prior

    def posterior(self, data: PairData) -> PairPosterior:
        return gaussian_posterior(data.learned, self.strengths, prior=self.prior, context=data.items.context)


def known(model: PairwiseModel, project: Project, data: PairData, matrix: FeatureMatrix) -> Known:
    ordinals = data.items.ordinals
    at = np.minimum(np.searchsorted(model.ordinals, ordinals), max(model.ordinals.size - 1, 0))
    is_old = model.ordinals[at] == ordinals if model.ordinals.size else np.zeros(ordinals.size, dtype=bool)
    scores = np.zeros(ordinals.size)
    precision = np.full(ordinals.size, float(model.prior_precision.mean()) if model.ordinals.size else 1.0)
    if model.ranker and not is_old.all():
        features = np.concatenate(columns.groups_of(project, data, matrix), axis=1)
        scores = FeatureRanker(**model.ranker).scores(features)
    scores[is_old] = model.scores[at[is_old]]
    precision[is_old] = model.prior_precision[at[is_old]]
    return Known(Strengths(scores, model.position, model.log_nu), Prior(scores, precision))


def judgments_of_items(judgments: Judgments) -> Ints:
    return np.bincount(np.concatenate([judgments.left, judgments.right]), minlength=judgments.n_items).astype(np.int64)


def centred(scores: Doubles, data: PairData) -> Doubles:
    """Scores with mean 0 in every context: only differences within a context mean anything."""
    context, n = data.items.context, len(data.contexts)
    size = np.maximum(np.bincount(context, minlength=n), 1)
    return np.asarray(scores - (np.bincount(context, scores, n) / size)[context])


@dataclass(frozen=True)
class Placement:
    """By item: ``component`` numbers the connected parts of its context from 0, the largest first; ``rank`` is 0
    where there is none. By context: ``connected``."""

    component: Ints
    rank: Ints
    connected: Bools


def places(data: PairData, judgments: Judgments, scores: Doubles) -> Placement:
    """Ranks within the contexts whose pool items are all connected by judgments; items held out get no rank."""
    items, n_contexts = data.items, len(data.contexts)
    label = components(judgments)
    component, rank = np.zeros(len(items), dtype=np.int64), np.zeros(len(items), dtype=np.int64)
    connected = np.zeros(n_contexts, dtype=bool)
    order = np.lexsort((items.ordinals, -scores, items.context))
    starts = np.searchsorted(items.context[order], np.arange(n_contexts + 1))
    for context in range(n_contexts):
        members = order[starts[context] : starts[context + 1]]
        _, parts, sizes = np.unique(label[members], return_inverse=True, return_counts=True)
        component[members] = np.argsort(np.argsort(-sizes, kind="stable"))[parts]
        pool = members[~items.held[members]]
        connected[context] = pool.size > 0 and np.unique(label[pool]).size == 1
        if connected[context]:
            rank[pool] = np.arange(1, pool.size + 1)
    return Placement(component, rank, connected)
