"""From frozen answers to a candidate and its verdict: fit, calibrate, evaluate, artifact and gate as steps of a run."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Max

from labeling.models import Project
from learning.core.cycle import UNLABELED_POOL_ROWS, Answers, Settings, fit_model, sample_pool, step_rng
from learning.core.learners import FittedLearner
from learning.families.labels import evaluation
from learning.families.labels.training_data import Frozen
from learning.models import EncoderVersion, ModelVersion, Run
from learning.services import files
from learning.services.features import encoder_versions
from learning.services.features.matrix import FeatureMatrix
from learning.services.registry import gate, model_files
from learning.services.runs.steps import StepLog

#: Rows on which a new model's probabilities are looked at.
CALIBRATION_ROWS = 2_000


@dataclass(frozen=True)
class Material:
    """What every step of one run works on."""

    run: Run
    log: StepLog
    data: Frozen
    matrix: FeatureMatrix
    answers: Answers
    settings: Settings


class NotProbabilities(Exception):
    """The model's answers are no probabilities."""


@dataclass(frozen=True)
class Candidate:
    """A registered version with what was measured; ``decided``: by an attempt of this run whose worker died."""

    version: ModelVersion
    measured: evaluation.Measured | None
    decided: bool


def make(material: Material) -> Candidate | None:
    """Fit, calibrate, evaluate, artifact. None while there is nothing to learn from."""
    model = _fit(material)
    if model is None:
        return None
    _calibrate(material, model)
    measured = _evaluate(material, model)
    version = _keep(material, model, measured)
    return Candidate(version, measured, version.decisions.exists())


def _fit(material: Material) -> FittedLearner | None:
    answers = material.answers
    with material.log.step("fit") as step:
        model = fitted(material.run, material.data, material.matrix, answers, material.settings)
        if model is None:
            step.skip("no answers to learn from yet")
        else:
            step.note(f"{model.name}, {len(answers):,} items: {model.facts.get('reason', '')}")
    return model


def fitted(run: Run, data: Frozen, matrix: FeatureMatrix, answers: Answers, settings: Settings) -> FittedLearner | None:
    """The model of a run: a function of the frozen data and the seed alone, whatever was answered since."""
    eligible = np.zeros(matrix.n_rows, dtype=bool)
    if matrix.n_rows <= UNLABELED_POOL_ROWS:
        pool = encoder_versions.pool_ordinals(run.project, min(run.items_seen, matrix.n_rows))
        eligible[pool] = True
        eligible[data.pool.ordinals] = False
    unlabeled = sample_pool(matrix, eligible, step_rng(run.seed, "sample"))
    return fit_model(answers, settings, step_rng(run.seed, "fit"), unlabeled)


def _calibrate(material: Material, model: FittedLearner) -> None:
    """The temperature comes from out-of-fold scores inside the fit; here its result must prove to be probabilities."""
    with material.log.step("calibrate") as step:
        rows = material.answers.features[:CALIBRATION_ROWS]
        check_probabilities(model, rows)
        temperature = model.facts.get("temperature")
        step.note(f"probabilities of {len(rows):,} items" + (f", temperature {temperature:.2f}" if temperature else ""))


def check_probabilities(model: FittedLearner, features: Any) -> None:
    """Raises NotProbabilities unless all is finite, between 0 and 1, and sums to 1 where one label is given."""
    given = model.predict(features)
    if given.shape != (len(features), model.n_labels):
        raise NotProbabilities(f"expected {len(features)} x {model.n_labels}, got {given.shape}")
    if not (np.isfinite(given).all() and given.min(initial=0.0) >= -1e-6 and given.max(initial=0.0) <= 1.0 + 1e-6):
        raise NotProbabilities("they do not lie between 0 and 1")
    if model.kind == "classification" and not np.allclose(given.sum(axis=1), 1.0, atol=1e-3):
        raise NotProbabilities("they do not sum to 1")


def _evaluate(material: Material, model: FittedLearner) -> evaluation.Measured | None:
    with material.log.step("evaluate") as step:
        measured = evaluation.measure(
            material.run, material.data, material.matrix, material.answers, model, material.settings
        )
        headline = next(iter(measured.metrics.items()), None) if measured else None
        if headline is None:
            step.note("no eval item has been answered yet")
        else:
            name, found = headline
            step.note(f"{name} {found['value']:.3f} ({found['low']:.3f} to {found['high']:.3f}), {found['n']:,} items")
    return measured


def _keep(material: Material, model: FittedLearner, measured: evaluation.Measured | None) -> ModelVersion:
    with material.log.step("artifact") as step:
        version = _register(material.run, material.data, material.matrix.version, model, measured)
        model_files.load_model(version)  # what cannot be read again must not be promoted
        step.note(f"model {version.number}, {version.size_bytes:,} bytes, {version.sha256[:12]}")
    return version


def _register(
    run: Run, data: Frozen, encoder: EncoderVersion, model: FittedLearner, measured: evaluation.Measured | None
) -> ModelVersion:
    """Stores the model file and its row; the same run again finds its row and writes the same bytes."""
    artifact = model.dump()
    path, sha256 = files.store(f"learning/{run.project_id}/models", ".zip", artifact)
    fields: dict[str, Any] = {
        "encoder": encoder.version,
        "learner": model.name,
        "strategy": run.project.strategy,
        "labels": list(data.labels),
        "trained_on": len(data.pool),
        "path": path,
        "sha256": sha256,
        "size_bytes": len(artifact),
    }
    if measured:
        fields |= measured.fields
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=run.project_id)
        newest = ModelVersion.objects.filter(project=run.project).aggregate(newest=Max("number"))["newest"] or 0
        version, _ = ModelVersion.objects.update_or_create(
            run=run, defaults=fields, create_defaults={**fields, "project": run.project, "number": newest + 1}
        )
    return version


def judge(material: Material, candidate: Candidate, champion: ModelVersion | None) -> gate.Verdict:
    """The verdict of the gate as a step; it takes effect only together with the ranking that follows from it."""
    with material.log.step("gate") as step:
        verdict = _judged(material, candidate, champion)
        step.note(f"{verdict.status}: {verdict.reason}")
    return verdict


def _judged(material: Material, candidate: Candidate, champion: ModelVersion | None) -> gate.Verdict:
    measured, version = candidate.measured, candidate.version
    if measured is None:
        return gate.unmeasured()
    rivals, trouble = _rivals(material, version, champion)
    verdict = gate.verdict_on(measured, measured.contender(version), rivals, step_rng(material.run.seed, "gate"))
    return replace(verdict, reason=verdict.reason + trouble)


def _rivals(material: Material, version: ModelVersion, champion: ModelVersion | None) -> tuple[gate.Rivals, str]:
    """What the candidate is compared with, and what went wrong with it."""
    compare = partial(evaluation.contender_of, run=material.run, data=material.data, settings=material.settings)
    trouble = ""
    if champion:
        try:
            return gate.Rivals(champion=compare(champion)), ""
        except (files.Corrupt, EncoderVersion.DoesNotExist) as error:
            trouble = f" The champion could not be compared: {error}."
    ranking_now = model_files.serving(material.run.project)
    ours = ranking_now is not None and ranking_now.pk == version.pk
    contender = None if ranking_now is None or ours else compare(ranking_now)
    return gate.Rivals(ranking=contender, is_comparable=not trouble), trouble
