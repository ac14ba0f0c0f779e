"""One run, step by step. Any step may be repeated: an attempt that takes over starts at the first and ends the same."""

import logging
from contextlib import suppress
from typing import Any

from django.db import Error, transaction
from threadpoolctl import threadpool_limits

from labeling.models import JobState, Kind, Project
from labeling.services import queue
from labeling.services.attempts import give_back
from labeling.services.liveness import kept_alive
from labeling.services.outages import outage_of
from learning.core.cycle import Answers
from learning.families.labels import candidates, data_tests, diagnostics, ranking, training_data
from learning.families.labels.candidates import Candidate, Material
from learning.families.labels.training_data import Frozen
from learning.families.pairwise import learn
from learning.models import AlertKind, EncoderVersion, ModelVersion, Run, Status
from learning.services import files
from learning.services.features import encoder_versions, shards
from learning.services.features.matrix import FeatureMatrix
from learning.services.monitoring import alerts
from learning.services.registry import model_files, promotion
from learning.services.registry.gate import Verdict
from learning.services.runs import decide, environment
from learning.services.runs.steps import StepFailed, StepLog, Stopped

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 10


class NothingToLearn(Exception):
    """The run has no fault, but nothing can come of it; the text says why."""


def run_training(run_pk: int) -> dict[str, Any]:
    """Claims a run, or goes on with one whose worker died, and takes it to its end. Safe to call twice."""
    attempt = Run.objects.claim(run_pk) or Run.objects.take_over(run_pk)
    run = Run.objects.select_related("project").filter(pk=run_pk).first()
    if attempt is None or run is None:
        return {"run": run_pk, "state": run.state if run else "gone"}
    log = StepLog(run, attempt)
    if attempt - run.put_backs > MAX_ATTEMPTS:
        error = f"its worker died {MAX_ATTEMPTS} times"
        log.finish(JobState.FAILED, error=error)
        alerts.raise_alert(
            run.project, AlertKind.RUN_FAILED, f"The run was given up: {error}.", subject="worker", run=run
        )
        return {"run": run_pk, "state": JobState.FAILED}
    try:
        return _attempt(run, log)
    except Exception as error:
        if not (outage := outage_of(error)):
            raise
        give_back(Run.objects.all(), run_pk, attempt, outage, error)
        with suppress(Error):  # only so that the page shows where it stands
            Run.objects.filter(pk=run_pk, attempt=attempt, worker="").update(steps=run.steps)
        return {"run": run_pk, "state": f"put back: {outage.cause}"}


def _attempt(run: Run, log: StepLog) -> dict[str, Any]:
    """All steps, and the end on record. Raises what an outage made of a step."""
    state, error = JobState.DONE, ""
    try:
        # one BLAS thread: the same bits on every machine, and two threads took ten times the CPU on fits this small
        with kept_alive(), threadpool_limits(limits=1):
            _take_steps(run, log)
    except Stopped:
        return {"run": run.pk, "state": "stopped"}
    except NothingToLearn as short:
        log.finish(JobState.SKIPPED, reason=str(short))
        return {"run": run.pk, "state": JobState.SKIPPED}
    except StepFailed as failure:
        if outage_of(failure):
            raise
        logger.exception("run %s failed", run.pk)
        state, error = JobState.FAILED, str(failure)
        _tell(run, failure)
    if log.finish(state, error=error) and state == JobState.DONE:
        alerts.is_over(run.project, AlertKind.RUN_FAILED, AlertKind.DATA_TEST_FAILED)
    return {"run": run.pk, "state": state}


def _tell(run: Run, failure: StepFailed) -> None:
    by_data = isinstance(failure.__cause__, data_tests.HardTestFailed)
    kind = AlertKind.DATA_TEST_FAILED if by_data else AlertKind.RUN_FAILED
    message = f"{failure}. What was in use before still is."
    alerts.raise_alert(run.project, kind, message, subject=failure.step, run=run)


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
    if short := decide.too_few_labels(run.project, len(data.labels)):
        raise NothingToLearn(short)  # they were archived after the run was asked for
    matrix, answers = _features(run, log, data)
    _test_data(run, log, data, matrix)
    material = Material(run, log, data, matrix, answers, ranking.settings_of(run.project, len(data.labels)))
    candidate = candidates.make(material)
    while not _judge_rank_publish(material, candidate):
        pass  # a person changed the champion meanwhile: judge again, by the new one
    if candidate is not None:
        diagnostics.measure(material, candidate.version)


def _freeze(run: Run, log: StepLog) -> Frozen:
    with log.step("freeze") as step:
        if not run.items_seen:
            log.save(**decide.mark_of(run.project))
            decide.note_seen(run.project, run.news_seen)
        data = training_data.freeze(run)
        log.save(data_sha256=data.sha256, environment=environment.of_run(run))
        imported = data.pool.n_imported + data.evaluation.n_imported
        step.note(
            f"{len(data.pool):,} items to learn from, {len(data.evaluation):,} to measure by"
            + (f", {imported:,} of them by imported labels" if imported else "")
            + (
                f"; {len(data.tied):,} eval items people are split evenly about measure nothing"
                if len(data.tied)
                else ""
            )
            + (f"; {data.n_left_out:,} answers of people in quarantine left out" if data.n_left_out else "")
        )
    return data


def _features(run: Run, log: StepLog, data: Frozen) -> tuple[FeatureMatrix, Answers]:
    with log.step("features") as step:
        version, why = encoder_versions.encoder_for(run.project, run.items_seen)
        computed = shards.compute_missing(version, run.items_seen, step.progress)
        encoder_versions.make_current(version)
        try:
            matrix, answers = _read(version, data)
        except files.Corrupt:
            dropped = shards.drop_damaged(version)
            computed += shards.compute_missing(version, run.items_seen, step.progress)
            matrix, answers = _read(version, data)
            why = f"{dropped} damaged shards computed again"
        step.note(f"{version.version}{f' ({why})' if why else ''}, {computed:,} new rows")
    return matrix, answers


def _read(version: EncoderVersion, data: Frozen) -> tuple[FeatureMatrix, Answers]:
    matrix = FeatureMatrix(version)
    return matrix, Answers(matrix.take(data.pool.ordinals), data.pool.soft, groups=data.pool.groups)


def _test_data(run: Run, log: StepLog, data: Frozen, matrix: FeatureMatrix) -> None:
    """Keeps every finding on the run; a failing hard test ends it here."""
    with log.step("data tests") as step:
        findings = data_tests.run_tests(run, data, matrix)
        log.save(data_tests=[finding.as_dict() for finding in findings])
        step.note(data_tests.check(findings))


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
        ranks = _ranks(run.project, candidate, verdict)
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


def _ranks(project: Project, candidate: Candidate | None, verdict: Verdict | None) -> ModelVersion | None:
    """The version that will be in use once the verdict holds: not always this run's."""
    if candidate and verdict and verdict.status in (Status.CHAMPION, Status.PROVISIONAL):
        return candidate.version
    return model_files.serving(project)


def _matrix_of(version: ModelVersion, matrix: FeatureMatrix, run: Run) -> FeatureMatrix:
    """The features a version ranks on: those just computed, or those of the older encoder it was trained with."""
    if version.encoder == matrix.version.version:
        return matrix
    encoder = model_files.encoder_of(version)
    shards.compute_missing(encoder, run.items_seen, lambda done, of: None)
    return FeatureMatrix(encoder)
