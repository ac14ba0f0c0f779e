"""One run, step by step. Any step may be repeated: an attempt that takes over starts at the first and ends the same."""

import logging
from typing import Any

from django.db import transaction
from threadpoolctl import threadpool_limits

from labeling.models import JobState, Kind, Project
from labeling.services import queue
from learning.core.cycle import Answers
from learning.models import ModelVersion, Run, Status
from learning.services import (
    candidates,
    decide,
    encoder_versions,
    environment,
    features,
    labels,
    model_files,
    promotion,
    ranking,
)
from learning.services.candidates import Candidate, Material
from learning.services.gate import Verdict
from learning.services.labels import Frozen
from learning.services.matrix import FeatureMatrix
from learning.services.pairwise import learn
from learning.services.steps import StepFailed, StepLog, Stopped, heartbeat

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 10


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
    """The steps by kind of question; each ends in ``publish``, where everything takes effect at once."""
    steps = learn.take_steps if run.project.kind == Kind.PAIRWISE else _learn_labels
    steps(run, log)


def _learn_labels(run: Run, log: StepLog) -> None:
    data = _freeze(run, log)
    matrix = _features(run, log)
    answers = Answers(matrix.take(data.pool.ordinals), data.pool.soft, groups=data.pool.groups)
    material = Material(run, log, data, matrix, answers, ranking.settings_of(run.project, len(data.labels)))
    candidate = candidates.make(material)
    while not _judge_rank_publish(material, candidate):
        pass  # a person changed the champion meanwhile: judge again, by the new one


def _freeze(run: Run, log: StepLog) -> Frozen:
    with log.step("freeze") as step:
        if not run.items_seen:
            log.save(**decide.mark_of(run.project))
            decide.note_seen(run.project, run.annotations_seen)
        data = labels.freeze(run)
        log.save(data_sha256=data.sha256, environment=environment.of_run(run))
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


def _judge_rank_publish(material: Material, candidate: Candidate | None) -> bool:
    """The verdict and the ranking that follows from it become visible together. False when the champion changed
    between the two: nothing has happened then."""
    run, log = material.run, material.log
    champion = ModelVersion.objects.filter(project=run.project).champion()
    verdict = None
    if candidate is not None and not candidate.decided:
        verdict = candidates.judge(material, candidate, champion)
    with log.step("rank") as step:
        epoch = queue.reserve_epoch(run.project_id)
        ranks = _ranks(run.project, candidate, verdict, champion)
        ranked_on = material.matrix if ranks is None else _matrix_of(ranks, material.matrix, run)
        ranked = ranking.rank_frozen(run, material.data, ranks, ranked_on)
        step.note(f"{ranked.strategy}: {ranked.reason}; {len(ranked.entries):,} of {ranked.pool_size:,} items")
    with log.step("publish") as step:
        try:
            with transaction.atomic():
                log.save()  # who was called off or fenced off decides nothing
                if candidate is not None and verdict is not None:
                    numbers = (verdict.status, verdict.reason, verdict.numbers)
                    promotion.settle(candidate.version, *numbers, against=champion)
                published = ranking.publish(run.project_id, epoch, ranked, ranks)
        except promotion.ChampionChanged:
            step.skip("the champion changed meanwhile: judged and ranked again")
            return False
        if not published:
            step.skip("a newer ranking is out already")
            return True
        step.note(f"epoch {epoch}")
        if candidate is not None:
            ModelVersion.objects.filter(pk=candidate.version.pk).update(strategy=ranked.strategy)
        log.save(epoch=epoch)
    return True


def _ranks(
    project: Project, candidate: Candidate | None, verdict: Verdict | None, champion: ModelVersion | None
) -> ModelVersion | None:
    """The version that will be in use once the verdict holds: not always this run's."""
    first_of_all = verdict is not None and verdict.status == Status.PROVISIONAL and champion is None
    if candidate and verdict and (verdict.status == Status.CHAMPION or first_of_all):
        return candidate.version
    return model_files.serving(project)


def _matrix_of(version: ModelVersion, matrix: FeatureMatrix, run: Run) -> FeatureMatrix:
    """The features a version ranks on: those just computed, or those of the older encoder it was trained with."""
    if version.encoder == matrix.version.version:
        return matrix
    encoder = model_files.encoder_of(version)
    features.compute_missing(encoder, run.items_seen, lambda done, of: None)
    return FeatureMatrix(encoder)
