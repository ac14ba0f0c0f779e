"""Labels of items, one each or any number: one model of probabilities, a queue of single items."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from labeling.consensus import LeftOut
from labeling.models import Project
from learning.core.acquisition import DEFAULT_TEMPERATURE
from learning.core.cycle import OUTLIERS
from learning.core.data_tests import Finding
from learning.core.evaluation.answer_errors import AnswerErrors
from learning.core.evaluation.interval_words import interval_words, number_words
from learning.core.learners import FittedLearner
from learning.core.outliers.model_file import ModelFile
from learning.families.labels import (
    arms,
    candidates,
    data_tests,
    distilling,
    eval_answers,
    evaluation,
    falling_back,
    gold_aims,
    item_predictions,
    leaning,
    prices,
    ranking,
    second_opinions,
    stopping,
    suspects,
    training_data,
    without_people,
)
from learning.families.labels.context import Context, Inputs
from learning.families.labels.speaker import LabelSpeaker
from learning.families.labels.training_data import LabelData, unknown_words
from learning.models import EncoderVersion, ModelVersion, Run, VersionReport
from learning.selectors.skip_words import skip_words
from learning.services.features import shards
from learning.services.features.matrix import FeatureMatrix
from learning.services.pipeline.family import (
    Candidate,
    Evaluated,
    Family,
    Fit,
    Lesson,
    Ranked,
    TaughtModel,
    WithoutPeople,
)
from learning.services.quality import pool_consensus
from learning.services.registry import gate, model_files
from learning.services.runs import decide

Made = Candidate[FittedLearner]


class LabelsFamily(Family[LabelData, Inputs, FittedLearner]):
    name = "labels"
    nothing_to_learn = "no answers to learn from yet"
    calibrates = True
    trains_without = True
    diagnostics = (
        item_predictions.tell, stopping.measure, arms.compare, falling_back.decide, suspects.name, gold_aims.aim,
        prices.watch,
    )  # fmt: skip

    def parameters(self) -> dict[str, Any]:
        return {"head": ranking.QUEUE_SIZE, "temperature": DEFAULT_TEMPERATURE}

    def freeze(self, run: Run) -> LabelData:
        return training_data.freeze(run)

    def describe(self, data: LabelData) -> str:
        imported = data.pool.n_imported + data.evaluation.n_imported
        told = data.sources.in_words(data.weights) if data.weights else ""
        return (
            f"{len(data.pool):,} items to learn from{f' ({told})' if told else ''}"
            f", {len(data.evaluation):,} to measure by"
            + (f", {imported:,} of them by imported labels" if imported else "")
            + (
                f"; {len(data.tied):,} eval items people are split evenly about measure nothing"
                if len(data.tied)
                else ""
            )
            + (f"; {data.n_left_out:,} answers of people in quarantine left out" if data.n_left_out else "")
            + (f"; {unknown_words(data)}" if data.n_unknown else "")
            + (f". What answers come to: {data.consensus.found.reason}" if data.consensus else "")
        )

    def keep(self, run: Run, data: LabelData) -> dict[str, Any]:
        return {"consensus": pool_consensus.store(run.project_id, data.consensus)} if data.consensus else {}

    def too_little(self, run: Run, data: LabelData) -> str:
        return decide.too_few_labels(run.project, len(data.labels))  # they were archived after the run was asked for

    def inputs(self, run: Run, data: LabelData, matrix: FeatureMatrix) -> Inputs:
        answers = training_data.learned_from(data, matrix)
        return Inputs(answers, ranking.judged_by(run.project, data.labels, data.present))

    def test_data(self, run: Run, data: LabelData, matrix: FeatureMatrix) -> Sequence[Finding]:
        return data_tests.run_tests(run, data, matrix)

    def fit(self, context: Context) -> Fit[FittedLearner] | None:
        answers, settings = context.inputs.answers, context.inputs.settings
        model = candidates.fitted_with_outliers(context.run, context.data, context.matrix, answers, settings)
        if model is None or (settings.kind == "classification" and len(context.data.labels) == 1 and not _says(model)):
            return None
        return Fit(ModelFile(model), model, f"{model.name}, {len(answers):,} items: {model.facts.get('reason', '')}")

    def calibrate(self, context: Context, fit: Fit[FittedLearner]) -> str:
        """The temperature comes from out-of-fold scores inside the fit; here its result must prove to be
        probabilities. Raises NotProbabilities."""
        rows = context.inputs.answers.features[: candidates.CALIBRATION_ROWS]
        candidates.check_probabilities(fit.fitted, rows)
        temperature = fit.fitted.facts.get("temperature")
        return f"probabilities of {len(rows):,} items" + (f", temperature {temperature:.2f}" if temperature else "")

    def evaluate(self, context: Context, fit: Fit[FittedLearner]) -> Evaluated:
        inputs = context.inputs
        measured = evaluation.measure(
            context.run, context.data, context.matrix, inputs.answers, fit.fitted, inputs.settings
        )
        if measured is None or not measured.metrics:
            fields = measured.fields if measured else _unmeasured(fit.fitted)
            return Evaluated(measured, fields, "no eval item has been answered yet")
        name, found = next(iter(measured.metrics.items()))
        known = interval_words(found["low"], found["high"], found["n"])
        note = f"{name} {number_words(found['value'])} ({known}), {found['n']:,} items"
        return Evaluated(measured, measured.fields, note)

    def fields(self, context: Context) -> dict[str, Any]:
        data = context.data
        return {"strategy": context.run.project.strategy, "labels": list(data.labels), "trained_on": len(data.pool)}

    def judge(self, context: Context, candidate: Made, champion: ModelVersion | None) -> gate.GateVerdict:
        return candidates.judged(context, candidate, champion)

    def rank(self, context: Context, candidate: Made | None, ranks: ModelVersion | None) -> Ranked:
        ranked_on = context.matrix if ranks is None else _matrix_of(ranks, context)
        ranked = ranking.rank_frozen(context.run, context.data, ranks, ranked_on)
        note = f"{ranked.strategy}: {ranked.reason}; {len(ranked.entries):,} of {ranked.pool_size:,} items"
        if words := skip_words(ranked.skips):
            note += f". {words}"
        errors = leaning.measured(context, candidate)
        if errors is not None:
            ranked = replace(ranked, leaning=errors.leaning)
            note += leaning.told(context.run.project, errors)
        rate = (errors or AnswerErrors(None, None)).rate
        opinions = second_opinions.queued(context, candidate, rate)
        ranked, note = ranking.with_opinions(ranked, opinions), note + opinions.words
        return Ranked(ranked, note)

    def publish(
        self, context: Context, candidate: Made | None, ranked: Ranked, epoch: int, ranks: ModelVersion | None
    ) -> bool:
        if candidate is not None:
            own = ModelVersion.objects.filter(pk=candidate.version.pk)
            report = replace(own.only("report").get().reported, skips=ranked.queue.skips)
            own.update(strategy=ranked.queue.strategy, report=report.as_json())
        return ranking.publish(context.run.project_id, epoch, ranked.queue, ranks)

    def rank_again(self, now: Run, epoch: int, version: ModelVersion) -> bool:
        encoder = model_files.encoder_of(version)
        shards.compute_missing(encoder, now.items_seen, lambda done, of: None)
        with threadpool_limits(limits=1):
            ranked = ranking.rank_frozen(now, training_data.freeze(now), version, FeatureMatrix(encoder))
        is_out = ranking.publish(now.project_id, epoch, ranked, version)
        item_predictions.tell_of(now.project, version)
        return is_out

    def made_again(self, run: Run, matrix: FeatureMatrix) -> tuple[str, bytes]:
        data = training_data.freeze(run)
        inputs = self.inputs(run, data, matrix)
        # a version of before there were detectors is made again as it was
        had_one = ModelVersion.objects.get(run=run).reported.outliers
        fitted = candidates.fitted_with_outliers if had_one else candidates.fitted
        model = fitted(run, data, matrix, inputs.answers, inputs.settings)
        return data.sha256, ModelFile(model).dump() if model else b""

    def outputs(self, model: FittedLearner, features: NDArray[np.float32]) -> NDArray[np.float32]:
        return model.predict(features)

    def not_served(self, project: Project) -> str:
        return ""

    def speaker(self, version: ModelVersion, model: FittedLearner) -> LabelSpeaker:
        return LabelSpeaker(version, model)

    def held_out(self, version: ModelVersion) -> tuple[NDArray[np.float64], NDArray[np.bool_]] | None:
        kept = eval_answers.load(version)
        return None if kept is None else (kept.confidence.astype(np.float64), kept.truth == kept.answer)

    def cost_now(self, version: ModelVersion) -> dict[str, Any] | None:
        return prices.cost_now(version)

    def distil(self, lesson: Lesson) -> TaughtModel[FittedLearner]:
        return distilling.distil(lesson)

    def without_people(self, run: Run, encoder: EncoderVersion, out: LeftOut) -> WithoutPeople:
        return without_people.measure(run, encoder, out)


def _says(model: FittedLearner) -> bool:
    """Whether a model of one label tells it from anything else: by what it finds unlike (decision 0131)."""
    return model.outlier_detector is not None


def _unmeasured(model: FittedLearner) -> dict[str, Any]:
    """What is known of a model while nothing is held out."""
    outliers = model.facts.get(OUTLIERS, {})
    return {"report": VersionReport(outliers=outliers).as_json()} if outliers else {}


def _matrix_of(version: ModelVersion, context: Context) -> FeatureMatrix:
    """The features a version ranks on: those just computed, or those of the older encoder it was trained with."""
    if version.encoder == context.matrix.version.version:
        return context.matrix
    encoder = model_files.encoder_of(version)
    shards.compute_missing(encoder, context.run.items_seen, lambda done, of: None)
    return FeatureMatrix(encoder)
