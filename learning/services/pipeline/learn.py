"""The steps of a run, whatever the family: freeze, features, data tests, fit, calibrate, evaluate, artifact, cost,
gate, rank, publish. Each may be repeated and ends the same; everything takes effect at once, in ``publish``."""

import logging
from functools import partial
from typing import Any

from django.db import transaction

from labeling.services.jobs.attempts import FencedOff
from labeling.services.queue import publish as queue
from learning.core.data_tests import check
from learning.models import ModelVersion, Run, Status
from learning.selectors.prediction_cost import cost_words
from learning.services import files
from learning.services.features import encoder_versions, shards
from learning.services.features.matrix import FeatureMatrix
from learning.services.pipeline.family import AnyFamily, Candidate, RunContext
from learning.services.registry import golden, model_files, prediction_cost, promotion
from learning.services.registry.gate import GateVerdict
from learning.services.registry.register import register
from learning.services.runs import decide, environment
from learning.services.runs.steps import StepLog

logger = logging.getLogger(__name__)

Context = RunContext[Any, Any]
Made = Candidate[Any]


class NothingToLearn(Exception):
    """The run has no fault, but nothing can come of it; the text says why."""


def take_steps(run: Run, log: StepLog, family: AnyFamily) -> None:
    """Raises FencedOff, StepFailed, NothingToLearn."""
    data = _freeze(run, log, family)
    if short := family.too_little(run, data):
        raise NothingToLearn(short)
    matrix, inputs = _features(run, log, family, data)
    _test_data(run, log, family, data, matrix)
    context = RunContext(run, log, data, matrix, inputs)
    candidate = _candidate(context, family)
    while not _judge_rank_publish(context, family, candidate):
        pass  # a person changed the champion meanwhile: judge again, by the new one
    if candidate is not None:
        _diagnose(context, family, candidate)


def _freeze(run: Run, log: StepLog, family: AnyFamily) -> Any:
    with log.step("freeze") as step:
        if not run.items_seen:
            log.save(**decide.data_watermark(run.project))
            decide.note_seen(run.project, run.news_seen)
        data = family.freeze(run)
        told = environment.of_run(run, family.parameters())
        log.save(data_sha256=data.sha256, environment=told, sources=data.sources.as_json(), **family.keep(run, data))
        step.note(family.describe(data))
    return data


def _features(run: Run, log: StepLog, family: AnyFamily, data: Any) -> tuple[FeatureMatrix, Any]:
    with log.step("features") as step:
        version, why = encoder_versions.encoder_for(run.project, run.items_seen)
        computed = shards.compute_missing(version, run.items_seen, step.progress)
        encoder_versions.make_current(version)
        try:
            matrix = FeatureMatrix(version)
            inputs = family.inputs(run, data, matrix)
        except files.Corrupt:
            why = f"{shards.drop_damaged(version)} damaged shards computed again"
            computed += shards.compute_missing(version, run.items_seen, step.progress)
            matrix = FeatureMatrix(version)
            inputs = family.inputs(run, data, matrix)
        step.note(f"{version.version}{f' ({why})' if why else ''}, {computed:,} new rows")
    return matrix, inputs


def _test_data(run: Run, log: StepLog, family: AnyFamily, data: Any, matrix: FeatureMatrix) -> None:
    """Keeps every finding on the run; a failing hard test ends it here."""
    with log.step("data tests") as step:
        findings = family.test_data(run, data, matrix)
        log.save(data_tests=[finding.as_dict() for finding in findings])
        step.note(check(findings))


def _candidate(context: Context, family: AnyFamily) -> Made | None:
    """Fit, calibrate, evaluate, artifact. None while there is nothing to learn from."""
    run, log = context.run, context.log
    with log.step("fit") as step:
        fit = family.fit(context)
        if fit is None:
            step.skip(family.nothing_to_learn)
            return None
        step.note(fit.note)
    if family.calibrates:
        with log.step("calibrate") as step:
            step.note(family.calibrate(context, fit))
    with log.step("evaluate") as step:
        evaluation = family.evaluate(context, fit)
        step.note(evaluation.note)
    with log.step("artifact") as step:
        fields = {"encoder": context.matrix.version.version, "learner": fit.model.name}
        fields |= golden.keep(context.matrix, partial(family.outputs, fit.fitted))
        version = register(run, fit.model.dump(), fields | family.fields(context) | evaluation.fields)
        model_files.load_model(version)  # what cannot be read again must not be promoted
        step.note(f"model {version.number}, {version.size_bytes:,} bytes, {version.sha256[:12]}")
    decided = version.decisions.exists()
    # of a version that answers outside, and on whose cost no verdict rests yet
    if version.golden_path and not decided and prediction_cost.is_asked_for(run.project):
        with log.step("cost") as step:
            step.note(cost_words(prediction_cost.measure(version, family.outputs)))
    return Candidate(version, fit.fitted, evaluation.measured, decided)


def _judge_rank_publish(context: Context, family: AnyFamily, candidate: Made | None) -> bool:
    """The verdict and the ranking that follows from it become visible together. False when the champion changed
    between the two: nothing has happened then."""
    run, log = context.run, context.log
    champion = ModelVersion.objects.filter(project=run.project).champion()
    verdict = None
    if candidate is not None and not candidate.decided:
        with log.step("gate") as step:
            verdict = family.judge(context, candidate, champion)
            step.note(f"{verdict.status}: {verdict.reason}")
    with log.step("rank") as step:
        epoch = queue.reserve_epoch(run.project_id)
        ranks = _ranks(run, candidate, verdict)
        ranked = family.rank(context, candidate, ranks)
        step.note(ranked.note)
    with log.step("publish") as step:
        try:
            with transaction.atomic():
                log.save()  # who was called off or fenced off decides nothing
                if candidate is not None and verdict is not None:
                    numbers = (verdict.status, verdict.reason, verdict.numbers)
                    promotion.settle(candidate.version, *numbers, against=champion)
                is_out = family.publish(context, candidate, ranked, epoch, ranks)
        except promotion.ChampionChanged:
            step.skip("the champion changed meanwhile: judged and ranked again")
            return False
        family.published(context, candidate, ranked)
        if not is_out:
            step.skip("a newer ranking is out already")
            return True
        step.note(f"epoch {epoch}")
        log.save(epoch=epoch)
    return True


def _ranks(run: Run, candidate: Made | None, verdict: GateVerdict | None) -> ModelVersion | None:
    """The version that will be in use once the verdict holds: not always this run's."""
    if candidate and verdict and verdict.status in (Status.CHAMPION, Status.PROVISIONAL):
        return candidate.version
    return model_files.serving(run.project)


def _diagnose(context: Context, family: AnyFamily, candidate: Made) -> None:
    """What may fail: nothing in use depends on it."""
    for part in family.diagnostics:
        try:
            part(context, candidate)
        except FencedOff:
            raise
        except Exception:  # the run has done its work, and whoever reads the log learns what is missing
            logger.exception("run %s: %s failed", context.run.pk, part.__module__)
