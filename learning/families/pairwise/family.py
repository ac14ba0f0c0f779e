"""Judgments of pairs: strengths with their errors, a queue of pairs."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.models import Modality, Project
from learning.core.cycle import step_rng
from learning.core.data_tests import Finding
from learning.core.evaluation.interval_words import interval_words
from learning.core.pairwise.model import LEARNER
from learning.families.pairwise import audit, choose, columns, data_tests, evaluate, fit, freeze, publish, stored
from learning.families.pairwise.context import Context, FittedPairs
from learning.families.pairwise.freeze import PairData
from learning.families.pairwise.random_arm import random_arm
from learning.models import EncoderVersion, ModelVersion, Run, VersionReport
from learning.services import files
from learning.services.features.matrix import FeatureMatrix
from learning.services.pipeline.family import Candidate, Evaluated, Family, Fit, Ranked
from learning.services.registry import gate

Made = Candidate[FittedPairs]


class PairwiseFamily(Family[PairData, list[NDArray[np.float32]], FittedPairs]):
    name = "pairwise"
    nothing_to_learn = "no judgments to learn from yet"

    def not_served(self, project: Project) -> str:
        """What a ranking says of an item hangs on its context, which is not learned for rows from outside."""
        return (
            "A pairwise project answers no pairs from outside yet: the strengths of its items by context are at "
            f"/api/v1/projects/{project.slug}/scores/."
        )

    def freeze(self, run: Run) -> PairData:
        return freeze.freeze(run)

    def describe(self, data: PairData) -> str:
        found = audit.used(data.judged)
        told = data.sources.in_words(data.weights) if data.weights else ""
        return (
            f"{found['learned']:,} judgments to learn from{f' ({told})' if told else ''}, "
            f"{found['measured_by']:,} to measure by, "
            f"{found['repeats']:,} repeats, {found['neither']:,} neither; "
            f"{len(data.items):,} items in {len(data.contexts):,} contexts"
            + (f"; {data.n_left_out:,} judgments of people in quarantine left out" if data.n_left_out else "")
        )

    def inputs(self, run: Run, data: PairData, matrix: FeatureMatrix) -> list[NDArray[np.float32]]:
        return columns.groups_of(run.project, data, matrix)

    def test_data(self, run: Run, data: PairData, matrix: FeatureMatrix) -> Sequence[Finding]:
        return data_tests.run_tests(run, data, matrix)

    def fit(self, context: Context) -> Fit[FittedPairs] | None:
        data = context.data
        if not len(data.learned):
            return None
        ranking = fit.fitted(data, context.inputs)
        model = fit.as_model(data, ranking)
        note = (
            f"{LEARNER}, {len(data.learned):,} judgments, standing left is worth {model.position:+.2f}, "
            f"prior precision {float(model.prior_precision.mean()):.2f}"
        )
        return Fit(model, FittedPairs(model, ranking), note)

    def evaluate(self, context: Context, fit: Fit[FittedPairs]) -> Evaluated:
        run, data, ranking = context.run, context.data, fit.fitted.ranking
        lengths = columns.lengths_of(run.project, data) if run.project.modality == Modality.TEXT else None
        measured = evaluate.measure(ranking.strengths.scores, lengths, data, step_rng(run.seed, "evaluate"))
        fields: dict[str, Any] = {
            "report": VersionReport(pairwise=audit.audit(data, ranking, random_arm(context))).as_json()
        }
        if measured is None:
            return Evaluated(None, fields, "no held-out pair has been answered yet")
        fields |= {"metrics": measured.metrics, "baselines": measured.baselines, "n_eval": len(measured.held)}
        fields["eval_sha256"] = measured.held.sha256
        found = measured.metrics["accuracy"]
        known = interval_words(found["low"], found["high"], found["n"])
        note = f"accuracy {found['value']:.3f} ({known}), {found['n']:,} pairs"
        return Evaluated(measured, fields, note)

    def fields(self, context: Context) -> dict[str, Any]:
        return {"strategy": choose.STRATEGY, "trained_on": len(context.data.learned)}

    def judge(self, context: Context, candidate: Made, champion: ModelVersion | None) -> gate.GateVerdict:
        measured: evaluate.MeasuredPairs | None = candidate.measured
        champion_correct, trouble = None, ""
        if champion and measured:
            try:
                scores = _known(context, champion).strengths.scores
                given = evaluate.probabilities_of(scores, measured.held, step_rng(context.run.seed, "champion"))
                champion_correct = evaluate.correct_of(given, measured.held)
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

    def rank(self, context: Context, candidate: Made | None, ranks: ModelVersion | None) -> Ranked:
        posterior = _posterior(context, candidate, ranks)
        chosen = choose.next_pairs(context.run.project, context.data, posterior, context.run.seed)
        return Ranked(chosen, f"{choose.STRATEGY}: {len(chosen.draws):,} of {chosen.draws.pool_size:,} pairs")

    def publish(
        self, context: Context, candidate: Made | None, ranked: Ranked, epoch: int, ranks: ModelVersion | None
    ) -> bool:
        """The scores of the candidate become visible with its queue."""
        data = context.data
        if candidate is not None:
            version, fitted = candidate.version, candidate.fitted
            publish.store(version, data, fitted.model, ranked.queue.draws)
            found = version.reported.pairwise
            suspects = [name for name, _, _ in found.suspects] if found else []
            publish.store_without(version, data, fitted.ranking, suspects)
        return choose.publish(context.run.project_id, epoch, data, ranked.queue, ranks)

    def published(self, context: Context, candidate: Made | None, ranked: Ranked) -> None:
        publish.remove_old(context.run.project_id)

    def rank_again(self, now: Run, epoch: int, version: ModelVersion) -> bool:
        return stored.rank_again(now, epoch, version)

    def made_again(self, run: Run, matrix: FeatureMatrix) -> tuple[str, bytes]:
        return stored.made_again(run, matrix)


def _known(context: Context, version: ModelVersion) -> fit.Known:
    """Another version's strengths for the items of this run. Raises files.Corrupt, EncoderVersion.DoesNotExist."""
    return stored.known_to(version, context.run, context.data, context.matrix)


def _posterior(context: Context, candidate: Made | None, ranks: ModelVersion | None) -> Any:
    if ranks is None:
        return fit.fitted(context.data, context.inputs).posterior
    if candidate is not None and ranks.pk == candidate.version.pk:
        return candidate.fitted.ranking.posterior
    return _known(context, ranks).posterior(context.data)
