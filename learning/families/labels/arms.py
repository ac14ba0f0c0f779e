"""Compares what the queue's answers teach with what random ones teach, after a run and at a bounded cost."""

from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.models import Annotation, Reason, Source, Split
from learning.core.arrays import FloatMatrix
from learning.core.cycle import Answers, fit_model, sample_pool, step_rng
from learning.core.evaluation.arms import GROUPS, Difference, groups_of
from learning.core.evaluation.difference_words import difference_words
from learning.core.evaluation.objectives import ArmModels
from learning.core.evaluation.pays import MIN_HELD_OUT, next_count
from learning.families.labels import ranking
from learning.families.labels.context import Context
from learning.models import ArmComparison
from learning.services.pipeline.family import Candidate

#: Above this many labels of each arm nothing is compared any more: the question is answered, and fits grow.
MAX_LABELS = 1_000


def compare(context: Context, candidate: Candidate[Any]) -> ArmComparison | None:
    """Stores the next comparison when it is due; None when it is not. Six fits an arm with the version's learner.

    The active arm is the first ``n`` pool answers in the order of their draws, random share and all; the random arm the
    first ``n`` whose draw no model had a say in. Imported labels, which no draw chose, are in neither.
    """
    run, data = context.run, context.data
    metric = context.inputs.settings.objective.headline
    known = ArmComparison.objects.filter(project=run.project, metric=metric)
    drawn = _draws(context)
    chosen = drawn[:, 1] == 0
    last = known.exclude(run=run).order_by("-labels").values_list("labels", flat=True).first() or 0
    n = next_count(len(drawn) - int(chosen.sum()), last)
    if n is None or n > MAX_LABELS or not chosen.any() or len(data.evaluation) < MIN_HELD_OUT:
        return None
    with context.log.step("arms") as step:
        found = _compare(_with_learner(context, candidate.version.learner), drawn[:n, 0], drawn[~chosen][:n, 0])
        words = difference_words(metric, found.value, found.low, found.high, found.n)
        step.note(f"with {n:,} labels each, active against random: {words}")
    made, _ = ArmComparison.objects.update_or_create(
        project=run.project,
        labels=n,
        defaults={
            "run": run, "metric": metric, "active": asdict(found.active),
            "random": asdict(found.random), "difference": found.value, "low": found.low, "high": found.high,
        },
    )  # fmt: skip
    return made


def _with_learner(context: Context, learner: str) -> Context:
    """One learner for both arms: choosing one anew for every fit would cost many fits more."""
    inputs = replace(context.inputs, settings=replace(context.inputs.settings, learner=learner))
    return replace(context, inputs=inputs)


def _draws(context: Context) -> NDArray[np.int64]:
    """(ordinal, 1 if drawn at random) of the answered pool items, in the order of their draws."""
    run = context.run
    answers = Annotation.objects.filter(
        project=run.project, pk__lte=run.last_annotation_id, source=Source.HUMAN, item__split=Split.POOL,
        task__reason__in=[Reason.RANDOM, Reason.STRATEGY], task__draw__isnull=False,
    )  # fmt: skip
    rows = answers.order_by("task__draw").values_list("item__ordinal", "task__reason")
    first: dict[int, str] = {}
    for ordinal, reason in rows.iterator(chunk_size=5_000):
        first.setdefault(ordinal, reason)
    frozen = set(context.data.pool.ordinals.tolist())  # as of the run: no answer taken back, nothing set aside
    kept = [(ordinal, int(reason == Reason.RANDOM)) for ordinal, reason in first.items() if ordinal in frozen]
    return np.array(kept, dtype=np.int64).reshape(-1, 2)


def _compare(context: Context, active: NDArray[np.int64], random: NDArray[np.int64]) -> Difference:
    run, matrix, settings = context.run, context.matrix, context.inputs.settings
    eligible = ranking.eligible_mask(ranking.open_pool(run.project, matrix.n_rows), matrix.n_rows)
    unlabeled = sample_pool(matrix, eligible, step_rng(run.seed, "arms sample"))
    held = matrix.take(context.data.evaluation.ordinals)
    truth = context.data.evaluation.hard

    def said(ordinals: NDArray[np.int64]) -> FloatMatrix:
        rows = np.searchsorted(context.data.pool.ordinals, ordinals)
        of_source = context.data.item_weights
        answers = Answers(
            matrix.take(ordinals), context.data.pool.taught[rows], None if of_source is None else of_source[rows]
        )
        model = fit_model(answers, settings, step_rng(run.seed, "arms fit"), unlabeled)
        assert model is not None  # there are answers
        return model.predict(held)

    def arm(ordinals: NDArray[np.int64]) -> ArmModels:
        groups = groups_of(len(ordinals))
        return ArmModels(said(ordinals), [said(ordinals[groups != group]) for group in range(GROUPS)])

    return settings.objective.compare_arms(arm(active), arm(random), truth, step_rng(run.seed, "arms"))
