"""From frozen answers to a model, and what the gate says of it."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from learning.core.cycle import (
    UNLABELED_POOL_ROWS,
    Answers,
    Settings,
    fit_model,
    sample_pool,
    step_rng,
    with_outlier_detector,
)
from learning.core.learners import FittedLearner
from learning.families.labels import evaluation
from learning.families.labels.context import Context
from learning.families.labels.training_data import LabelData
from learning.models import EncoderVersion, ModelVersion, Run
from learning.services import files
from learning.services.features import encoder_versions
from learning.services.features.matrix import FeatureMatrix
from learning.services.pipeline.family import Candidate
from learning.services.registry import gate, model_files

#: Rows on which a new model's probabilities are looked at.
CALIBRATION_ROWS = 2_000


class NotProbabilities(Exception):
    """The model's answers are no probabilities."""


def fitted(
    run: Run, data: LabelData, matrix: FeatureMatrix, answers: Answers, settings: Settings
) -> FittedLearner | None:
    """The model of a run: a function of the frozen data and the seed alone, whatever was answered since."""
    eligible = np.zeros(matrix.n_rows, dtype=bool)
    if matrix.n_rows <= UNLABELED_POOL_ROWS:
        pool = encoder_versions.pool_ordinals(run.project, min(run.items_seen, matrix.n_rows))
        eligible[pool] = True
        eligible[data.pool.ordinals] = False
    unlabeled = sample_pool(matrix, eligible, step_rng(run.seed, "sample"))
    return fit_model(answers, settings, step_rng(run.seed, "fit"), unlabeled)


def fitted_with_outliers(
    run: Run, data: LabelData, matrix: FeatureMatrix, answers: Answers, settings: Settings
) -> FittedLearner | None:
    """The same model, with its outlier detector beside it."""
    model = fitted(run, data, matrix, answers, settings)
    if model is None:
        return None
    return with_outlier_detector(model, answers, settings, step_rng(run.seed, "outliers"))


def check_probabilities(model: FittedLearner, features: Any) -> None:
    """Raises NotProbabilities unless all is finite, between 0 and 1, and sums to 1 where one label is given."""
    given = model.predict(features)
    if given.shape != (len(features), model.n_labels):
        raise NotProbabilities(f"expected {len(features)} x {model.n_labels}, got {given.shape}")
    if not (np.isfinite(given).all() and given.min(initial=0.0) >= -1e-6 and given.max(initial=0.0) <= 1.0 + 1e-6):
        raise NotProbabilities("they do not lie between 0 and 1")
    if model.kind == "classification" and not np.allclose(given.sum(axis=1), 1.0, atol=1e-3):
        raise NotProbabilities("they do not sum to 1")


def judged(context: Context, candidate: Candidate[FittedLearner], champion: ModelVersion | None) -> gate.GateVerdict:
    """The verdict of the gate, with what went wrong on the way to it."""
    measured: evaluation.MeasuredLabels | None = candidate.measured
    version = candidate.version
    limits = version.prediction_cost, context.run.project
    if measured is None:
        return gate.within_limits(gate.unmeasured(), *limits)
    rivals, trouble = _rivals(context, version, champion)
    verdict = gate.verdict_on(measured, measured.contender(version), rivals, step_rng(context.run.seed, "gate"))
    return gate.within_limits(replace(verdict, reason=verdict.reason + trouble), *limits)


def _rivals(context: Context, version: ModelVersion, champion: ModelVersion | None) -> tuple[gate.Rivals, str]:
    """What the candidate is compared with, and what went wrong with it."""
    compare = partial(evaluation.contender_of, run=context.run, data=context.data, settings=context.inputs.settings)
    trouble = ""
    if champion:
        try:
            return gate.Rivals(champion=compare(champion)), ""
        except (files.Corrupt, EncoderVersion.DoesNotExist) as error:
            trouble = f" The champion could not be compared: {error}."
    ranking_now = model_files.serving(context.run.project)
    ours = ranking_now is not None and ranking_now.pk == version.pk
    contender = None if ranking_now is None or ours else compare(ranking_now)
    return gate.Rivals(ranking=contender, is_comparable=not trouble), trouble
