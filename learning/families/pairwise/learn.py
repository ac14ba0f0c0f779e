"""One run of a pairwise project, step by step; each step may be repeated and ends the same."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Max
from numpy.typing import NDArray

from labeling.models import Modality, Project, Reason
from labeling.services.queue import reserve_epoch
from learning.core.cycle import step_rng
from learning.core.pairwise.combination import Ranking, fit_ranking
from learning.families.labels.data_tests import check
from learning.families.pairwise import audit, choose, columns, data_tests, evaluate, fit, freeze, publish, stored
from learning.families.pairwise.freeze import REASONS, Frozen
from learning.families.pairwise.model import LEARNER, PairwiseModel
from learning.models import EncoderVersion, ModelVersion, Run, Status
from learning.services import files
from learning.services.features import encoder_versions, shards
from learning.services.features.matrix import FeatureMatrix
from learning.services.registry import gate, model_files, promotion
from learning.services.runs import decide, environment
from learning.services.runs.steps import StepLog


@dataclass(frozen=True)
class Material:
    """What every step after the features works on."""

    run: Run
    log: StepLog
    data: Frozen
    matrix: FeatureMatrix
    groups: list[NDArray[np.float32]]


@dataclass(frozen=True)
class Candidate:
    """``decided``: by an attempt of this run whose worker died."""

    version: ModelVersion
    model: PairwiseModel
    ranking: Ranking
    measured: evaluate.Measured | None
    suspects: list[str]
    decided: bool


def take_steps(run: Run, log: StepLog) -> None:
    """Freeze, features, data tests, fit, evaluate, artifact, gate, rank, publish. Raises Stopped, StepFailed."""
    data = _freeze(run, log)
    matrix, groups = _features(run, log, data)
    _test_data(run, log, data, matrix)
    material = Material(run, log, data, matrix, groups)
    candidate = _candidate(material)
    while not _judge_rank_publish(material, candidate):
        pass  # a person changed the champion meanwhile: judge again, by the new one


def _freeze(run: Run, log: StepLog) -> Frozen:
    with log.step("freeze") as step:
        if not run.items_seen:
            log.save(**decide.mark_of(run.project))
            decide.note_seen(run.project, run.news_seen)
        data = freeze.freeze(run)
        log.save(data_sha256=data.sha256, environment=environment.of_run(run))
        found = audit.used(data.judged)
        step.note(
            f"{found['learned']:,} judgments to learn from, {found['measured_by']:,} to measure by, "
            f"{found['repeats']:,} repeats, {found['neither']:,} neither; "
            f"{len(data.items):,} items in {len(data.contexts):,} contexts"
            + (f"; {data.n_left_out:,} judgments of people in quarantine left out" if data.n_left_out else "")
        )
    return data


def _features(run: Run, log: StepLog, data: Frozen) -> tuple[FeatureMatrix, list[NDArray[np.float32]]]:
    with log.step("features") as step:
        version, why = encoder_versions.encoder_for(run.project, run.items_seen)
        computed = shards.compute_missing(version, run.items_seen, step.progress)
        encoder_versions.make_current(version)
        try:
            matrix = FeatureMatrix(version)
            groups = columns.groups_of(run.project, data, matrix)
        except files.Corrupt:
            why = f"{shards.drop_damaged(version)} damaged shards computed again"
            computed += shards.compute_missing(version, run.items_seen, step.progress)
            matrix = FeatureMatrix(version)
            groups = columns.groups_of(run.project, data, matrix)
        step.note(f"{version.version}{f' ({why})' if why else ''}, {computed:,} new rows")
    return matrix, groups


def _test_data(run: Run, log: StepLog, data: Frozen, matrix: FeatureMatrix) -> None:
    """Keeps every finding on the run; a failing hard test ends it here."""
    with log.step("data tests") as step:
        findings = data_tests.run_tests(run, data, matrix)
        log.save(data_tests=[finding.as_dict() for finding in findings])
        step.note(check(findings))


def _candidate(material: Material) -> Candidate | None:
    """Fit, evaluate, artifact. None while nothing was judged."""
    with material.log.step("fit") as step:
        if not len(material.data.learned):
            step.skip("no judgments to learn from yet")
            return None
        ranking = fit_ranking(material.data.learned, material.groups, context=material.data.items.context)
        made = fit.as_model(material.data, ranking)
        step.note(
            f"{LEARNER}, {len(material.data.learned):,} judgments, standing left is worth {made.position:+.2f}, "
            f"prior precision {float(made.prior_precision.mean()):.2f}"
        )
    with material.log.step("evaluate") as step:
        lengths = None
        if material.run.project.modality == Modality.TEXT:
            lengths = columns.lengths_of(material.run.project, material.data)
        rng = step_rng(material.run.seed, "evaluate")
        measured = evaluate.measure(ranking.strengths.scores, lengths, material.data, rng)
        report = {"pairwise": audit.audit(material.data, ranking) | {"random_arm": _random_arm(material)}}
        step.note(_in_words(measured))
    with material.log.step("artifact") as step:
        version = _register(material, made, measured, report)
        model_files.load_model(version)  # what cannot be read again must not be promoted
        step.note(f"model {version.number}, {version.size_bytes:,} bytes, {version.sha256[:12]}")
    suspects = [name for name, _, _ in report["pairwise"]["suspects"]]
    return Candidate(version, made, ranking, measured, suspects, version.decisions.exists())


def _in_words(measured: evaluate.Measured | None) -> str:
    if measured is None:
        return "no held-out pair has been answered yet"
    found = measured.metrics["accuracy"]
    return f"accuracy {found['value']:.3f} ({found['low']:.3f} to {found['high']:.3f}), {found['n']:,} pairs"


def _random_arm(material: Material) -> dict[str, Any] | None:
    """What the same model learns from randomly drawn pairs alone: the arm that active choice is compared with."""
    data = material.data
    at_random = data.judged.learned & (data.judged.reason == REASONS.index(Reason.RANDOM))
    judgments = data.judged.judgments(at_random, len(data.items))
    held = evaluate.held_pairs(data)
    if not len(judgments) or not len(held):
        return None
    scores = fit_ranking(judgments, material.groups, context=data.items.context).strengths.scores
    given = evaluate.probabilities_of(scores, held, step_rng(material.run.seed, "random arm"))
    return {"judgments": len(judgments), "metrics": evaluate.accuracies(evaluate.correct_of(given, held), held)}


def _register(
    material: Material, model: PairwiseModel, measured: evaluate.Measured | None, report: dict[str, Any]
) -> ModelVersion:
    """Stores the model file and its row; the same run again finds its row and writes the same bytes."""
    run, artifact = material.run, model.dump()
    path, sha256 = files.store(f"learning/{run.project_id}/models", ".zip", artifact)
    fields: dict[str, Any] = {
        "encoder": material.matrix.version.version,
        "learner": LEARNER,
        "strategy": choose.STRATEGY,
        "trained_on": len(material.data.learned),
        "path": path,
        "sha256": sha256,
        "size_bytes": len(artifact),
        "report": report,
    }
    if measured:
        fields |= {"metrics": measured.metrics, "baselines": measured.baselines, "n_eval": len(measured.held)}
        fields["eval_sha256"] = measured.held.sha256
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=run.project_id)
        newest = ModelVersion.objects.filter(project=run.project).aggregate(newest=Max("number"))["newest"] or 0
        version, _ = ModelVersion.objects.update_or_create(
            run=run, defaults=fields, create_defaults={**fields, "project": run.project, "number": newest + 1}
        )
    return version


def _judge_rank_publish(material: Material, candidate: Candidate | None) -> bool:
    """The verdict, the scores and the pairs that follow become visible together. False when the champion changed
    between the two: nothing has happened then."""
    run, log, data = material.run, material.log, material.data
    champion = ModelVersion.objects.filter(project=run.project).champion()
    verdict = None
    if candidate is not None and not candidate.decided:
        with log.step("gate") as step:
            verdict = _judged(material, candidate, champion)
            step.note(f"{verdict.status}: {verdict.reason}")
    with log.step("rank") as step:
        epoch = reserve_epoch(run.project_id)
        ranks = _ranks(run.project, candidate, verdict)
        posterior = _posterior(material, candidate, ranks)
        chosen = choose.next_pairs(run.project, data, posterior, run.seed)
        step.note(f"{choose.STRATEGY}: {len(chosen.draws):,} of {chosen.draws.pool_size:,} pairs")
    with log.step("publish") as step:
        try:
            with transaction.atomic():
                log.save()  # who was called off or fenced off decides nothing
                if candidate is not None:
                    _show(candidate, data, chosen.draws)
                    if verdict is not None:
                        numbers = (verdict.status, verdict.reason, verdict.numbers)
                        promotion.settle(candidate.version, *numbers, against=champion)
                published = choose.publish(run.project_id, epoch, data, chosen, ranks)
        except promotion.ChampionChanged:
            step.skip("the champion changed meanwhile: judged and ranked again")
            return False
        publish.remove_old(run.project_id)
        if not published:
            step.skip("a newer ranking is out already")
            return True
        step.note(f"epoch {epoch}")
        log.save(epoch=epoch)
    return True


def _show(candidate: Candidate, data: Frozen, draws: Any) -> None:
    publish.store(candidate.version, data, candidate.model, draws)
    publish.store_without(candidate.version, data, candidate.ranking, candidate.suspects)


def _judged(material: Material, candidate: Candidate, champion: ModelVersion | None) -> gate.Verdict:
    measured, champion_correct, trouble = candidate.measured, None, ""
    if champion and measured:
        try:
            scores = _known(material, champion).strengths.scores
            rng = step_rng(material.run.seed, "champion")
            champion_correct = evaluate.correct_of(evaluate.probabilities_of(scores, measured.held, rng), measured.held)
        except (files.Corrupt, EncoderVersion.DoesNotExist) as error:
            trouble = f" The champion could not be compared: {error}."
    verdict = gate.judge(
        measured.correct if measured else None,
        measured.constant_correct if measured else None,
        champion_correct,
        has_champion=champion is not None,
        held=gate.PAIR,
        simple_correct=measured.simple_correct if measured else None,
    )
    return replace(verdict, reason=verdict.reason + trouble)


def _known(material: Material, version: ModelVersion) -> fit.Known:
    """Another version's strengths for the items of this run. Raises files.Corrupt, EncoderVersion.DoesNotExist."""
    return stored.known_to(version, material.run, material.data, material.matrix)


def _ranks(project: Project, candidate: Candidate | None, verdict: gate.Verdict | None) -> ModelVersion | None:
    """The version that will be in use once the verdict holds: not always this run's."""
    if candidate and verdict and verdict.status in (Status.CHAMPION, Status.PROVISIONAL):
        return candidate.version
    return model_files.serving(project)


def _posterior(material: Material, candidate: Candidate | None, ranks: ModelVersion | None) -> Any:
    if ranks is None:
        return fit_ranking(material.data.learned, material.groups, context=material.data.items.context).posterior
    if candidate is not None and ranks.pk == candidate.version.pk:
        return candidate.ranking.posterior
    return _known(material, ranks).posterior(material.data)
