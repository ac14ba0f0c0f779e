"""One run, step by step. Any step may be repeated: an attempt that takes over starts at the first and ends the same."""

import logging
import resource
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import version as installed
from typing import Any

from django.db import transaction
from django.db.models import Max
from threadpoolctl import threadpool_limits

from labeling.models import JobState, Project
from labeling.services import queue
from learning.core.cycle import Answers, fit_model, sample_pool, step_rng
from learning.core.learners import FittedLearner
from learning.models import EncoderVersion, ModelVersion, Run
from learning.services import (
    decide,
    encoder_versions,
    evaluation,
    features,
    files,
    gate,
    labels,
    model_files,
    promotion,
    ranking,
)
from learning.services.labels import Frozen
from learning.services.matrix import FeatureMatrix
from learning.services.steps import StepFailed, StepLog, Stopped, heartbeat

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 10
_LIBRARIES = ("numpy", "scipy", "scikit-learn", "wordllama")


def run_training(run_pk: int) -> dict[str, Any]:
    """Claims a run, or goes on with one whose worker died, and takes it to its end. Safe to call twice."""
    attempt = Run.objects.claim(run_pk) or Run.objects.take_over(run_pk)
    run = Run.objects.select_related("project").filter(pk=run_pk).first()
    if attempt is None or run is None:
        return {"run": run_pk, "state": run.state if run else "gone"}
    log = StepLog(run, attempt)
    if attempt > MAX_ATTEMPTS:
        log.finish(JobState.FAILED, error=f"its worker died {MAX_ATTEMPTS} times")
        return {"run": run_pk, "state": JobState.FAILED}
    state, error = JobState.DONE, ""
    try:
        # one BLAS thread: the same bits on every machine, and two threads took ten times the CPU on fits this small
        with heartbeat(run_pk, attempt), threadpool_limits(limits=1):
            _take_steps(run, log)
    except Stopped:
        return {"run": run_pk, "state": "stopped"}
    except StepFailed as failure:
        logger.exception("run %s failed", run_pk)
        state, error = JobState.FAILED, str(failure)
    log.finish(state, error=error)
    return {"run": run_pk, "state": state}


def waiting_after(run_pk: int) -> list[int]:
    """The queued run of the same project, once nothing of the project is running any more."""
    runs = Run.objects.filter(project__runs=run_pk)
    if runs.filter(state=JobState.RUNNING).exists():
        return []
    return list(runs.filter(state=JobState.QUEUED).values_list("pk", flat=True))


def _take_steps(run: Run, log: StepLog) -> None:
    project = run.project
    data = _freeze(run, log)
    matrix = _features(run, log)
    answers = Answers(matrix.take(data.pool.ordinals), data.pool.soft, groups=data.pool.groups)
    model = _fit(run, log, data, matrix, answers)
    version = None
    if model is not None:
        version = _evaluate_and_gate(run, log, data, matrix, answers, model)
    with log.step("rank") as step:
        epoch = queue.reserve_epoch(project.pk)
        in_use = _in_use(project)  # not always this run's: a person may have promoted another one meanwhile
        ranked_on = matrix if in_use is None else _matrix_of(in_use, matrix, run)
        ranked = ranking.rank_frozen(run, data, in_use, ranked_on)
        step.note(f"{ranked.strategy}: {ranked.reason}; {len(ranked.entries):,} of {ranked.pool_size:,} items")
    with log.step("publish") as step:
        if ranking.publish(project.pk, epoch, ranked, in_use):
            step.note(f"epoch {epoch}")
            if version is not None:
                ModelVersion.objects.filter(pk=version.pk).update(strategy=ranked.strategy)
            log.save(epoch=epoch)
        else:
            step.skip("a newer ranking is out already")


def _freeze(run: Run, log: StepLog) -> Frozen:
    with log.step("freeze") as step:
        if not run.items_seen:
            log.save(**decide.mark_of(run.project))
            decide.note_seen(run.project, run.annotations_seen)
        data = labels.freeze(run)
        log.save(data_sha256=data.sha256, environment=_environment())
        imported = data.pool.n_imported + data.evaluation.n_imported
        step.note(
            f"{len(data.pool):,} items to learn from, {len(data.evaluation):,} to measure by"
            + (f", {imported:,} of them by imported labels" if imported else "")
        )
    return data


def _features(run: Run, log: StepLog) -> FeatureMatrix:
    with log.step("features") as step:
        version, why = encoder_versions.encoder_for(run.project, run.items_seen)
        computed = features.compute_missing(version, run.items_seen, step.progress)
        encoder_versions.make_current(version)
        step.note(f"{version.version}{f' ({why})' if why else ''}, {computed:,} new rows")
    return FeatureMatrix(version)


def _fit(run: Run, log: StepLog, data: Frozen, matrix: FeatureMatrix, answers: Answers) -> FittedLearner | None:
    with log.step("fit") as step:
        settings = ranking.settings_of(run.project, len(data.labels))
        eligible = ranking.eligible_mask(ranking.open_pool(run.project, matrix.n_rows), matrix.n_rows)
        unlabeled = sample_pool(matrix, eligible, step_rng(run.seed, "sample"))
        model = fit_model(answers, settings, step_rng(run.seed, "fit"), unlabeled)
        if model is None:
            step.skip("no answers to learn from yet")
        else:
            step.note(f"{model.name}, {len(answers):,} items: {model.facts.get('reason', '')}")
    return model


def _evaluate_and_gate(
    run: Run, log: StepLog, data: Frozen, matrix: FeatureMatrix, answers: Answers, model: FittedLearner
) -> ModelVersion:
    settings = ranking.settings_of(run.project, len(data.labels))
    with log.step("evaluate") as step:
        measured = evaluation.measure(run, data, matrix, answers, model, settings)
        version = _register(run, data, matrix.version, model, measured)
        headline = next(iter(measured.metrics.items()), None) if measured else None
        if headline is None:
            step.note("no eval item has been answered yet")
        else:
            name, found = headline
            step.note(f"{name} {found['value']:.3f} ({found['low']:.3f} to {found['high']:.3f}), {found['n']:,} items")
    with log.step("gate") as step:
        if version.decisions.exists():
            step.note(f"{version.status}: decided before the worker was lost")
            return version
        while True:
            champion = ModelVersion.objects.filter(project=run.project).champion()
            verdict = _judged(data, measured, champion, settings.kind)
            # in one transaction: who was called off or fenced off decides nothing
            with suppress(promotion.ChampionChanged), transaction.atomic():
                log.save()
                promotion.settle(version, verdict.status, verdict.reason, verdict.numbers, against=champion)
                break
        step.note(f"{verdict.status}: {verdict.reason}")
    return version


def _judged(
    data: Frozen, measured: evaluation.Measured | None, champion: ModelVersion | None, kind: str
) -> gate.Verdict:
    champion_correct, trouble = None, ""
    if champion and measured:
        try:
            champion_correct = evaluation.correct_of(champion, data, kind)
        except (files.Corrupt, EncoderVersion.DoesNotExist) as error:
            trouble = f" The champion could not be compared: {error}."
    verdict = gate.judge(
        measured.correct if measured else None,
        measured.constant_correct if measured else None,
        champion_correct,
        has_champion=champion is not None,
    )
    return replace(verdict, reason=verdict.reason + trouble)


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
        fields |= {"metrics": measured.metrics, "baselines": measured.baselines, "report": measured.report}
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=run.project_id)
        newest = ModelVersion.objects.filter(project=run.project).aggregate(newest=Max("number"))["newest"] or 0
        version, _ = ModelVersion.objects.update_or_create(
            run=run, defaults=fields, create_defaults={**fields, "project": run.project, "number": newest + 1}
        )
    return version


def _in_use(project: Project) -> ModelVersion | None:
    version = ModelVersion.objects.filter(project=project).in_use()
    if version is None:
        return None
    try:
        model_files.load_model(version)
    except files.Corrupt as error:
        logger.error("%s of project %s cannot rank: %s", version, project.pk, error)
        return None
    return version


def _matrix_of(version: ModelVersion, matrix: FeatureMatrix, run: Run) -> FeatureMatrix:
    """The features a version ranks on: those just computed, or those of the older encoder it was trained with."""
    if version.encoder == matrix.version.version:
        return matrix
    encoder = model_files.encoder_of(version)
    features.compute_missing(encoder, run.items_seen, lambda done, of: None)
    return FeatureMatrix(encoder)


def _environment() -> dict[str, Any]:
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"libraries": {name: installed(name) for name in _LIBRARIES}, "peak_memory_mb": round(peak_kb / 1024)}
