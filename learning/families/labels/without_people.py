"""The same run without the answers of some people, beside the same run with them, on the same eval items.

Data, features, seed and settings are those of the run; only these people's answers differ, among what is learned from
and among what says the truth of the eval split. So who may be lying decides nothing about the comparison.
"""

from dataclasses import asdict, replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from labeling.consensus import LeftOut
from learning.core.cycle import step_rng
from learning.core.evaluation.paired import paired_errors
from learning.families.labels import candidates, ranking, training_data
from learning.models import EncoderVersion, Run
from learning.services.features import encoder_versions, shards
from learning.services.features.matrix import FeatureMatrix
from learning.services.pipeline.family import WithoutPeople


def measure(run: Run, encoder: EncoderVersion, out: LeftOut) -> WithoutPeople:
    """Fits twice. Numbers of the models are absent where nothing is left to learn from or to measure by."""
    encoder = encoder_versions.fitted_again(encoder)
    shards.compute_missing(encoder, run.items_seen, lambda done, of: None)
    matrix = FeatureMatrix(encoder)
    data, rest = training_data.freeze(run), training_data.freeze(run, without=out)
    settings = ranking.settings_of(run.project, len(data.labels))
    found = WithoutPeople(
        left_out=rest.n_left_out - data.n_left_out,
        learned=len(data.pool),
        learned_without=len(rest.pool),
        n_eval=len(rest.evaluation),
        eval_changed=_changed(data, rest),
    )
    if not len(rest.evaluation):
        return found
    with threadpool_limits(limits=1):
        models = [
            candidates.fitted(run, each, matrix, training_data.learned_from(each, matrix), settings)
            for each in (data, rest)
        ]
    ours, theirs = models[1], models[0]
    if ours is None or theirs is None:
        return found
    features, truth = matrix.take(rest.evaluation.ordinals), rest.evaluation.hard
    objective = settings.objective
    given = [model.predict(features) for model in (theirs, ours)]
    rng = step_rng(run.seed, "evaluate")
    told = [_first(objective.evaluate(each, truth, rng).as_dict()["metrics"]) for each in given]
    test = paired_errors(objective.errors(given[0], truth), ours=objective.errors(given[1], truth))
    difference = {name: value for name, value in asdict(test).items() if name in ("n", "difference", "low", "high")}
    return replace(
        found, metric=told[0][0], with_them=told[0][1], without=told[1][1], difference=difference,
        p_differs=test.p_differs,
    )  # fmt: skip


def _first(metrics: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return next(iter(metrics.items()))


def _changed(data: training_data.LabelData, rest: training_data.LabelData) -> int:
    """Eval items whose truth is another one without them, or none any more."""
    was = dict(zip(data.evaluation.ordinals.tolist(), data.evaluation.hard, strict=True))
    now = dict(zip(rest.evaluation.ordinals.tolist(), rest.evaluation.hard, strict=True))
    return sum(ordinal not in now or not np.array_equal(now[ordinal], truth) for ordinal, truth in was.items())
