"""Compares what the queue's answers teach with what random ones teach, after a run and at a bounded cost."""

from dataclasses import asdict, replace

import numpy as np
from numpy.typing import NDArray

from labeling.models import Annotation, Reason, Source, Split
from learning.core.cycle import Answers, fit_model, sample_pool, step_rng
from learning.core.evaluation.arms import GROUPS, MIN_HELD_OUT, Difference, compare_arms, groups_of, next_count
from learning.core.evaluation.gate import correct_of
from learning.families.labels import ranking
from learning.families.labels.candidates import Material
from learning.models import ArmComparison, ModelVersion
from learning.selectors.curve import headline_of

#: Above this many labels of each arm nothing is compared any more: the question is answered, and fits grow.
MAX_LABELS = 1_000


def compare(material: Material, version: ModelVersion) -> ArmComparison | None:
    """Stores the next comparison when it is due; None when it is not. Six fits an arm with the version's learner.

    The active arm is the first ``n`` pool answers in the order of their draws, random share and all; the random arm the
    first ``n`` whose draw no model had a say in. Imported labels, which no draw chose, are in neither.
    """
    run, data = material.run, material.data
    known = ArmComparison.objects.filter(project=run.project)
    drawn = _draws(material)
    chosen = drawn[:, 1] == 0
    last = known.exclude(run=run).order_by("-labels").values_list("labels", flat=True).first() or 0
    n = next_count(len(drawn) - int(chosen.sum()), last)
    if n is None or n > MAX_LABELS or not chosen.any() or len(data.evaluation) < MIN_HELD_OUT:
        return None
    with material.log.step("arms") as step:
        found = _compare(_with_learner(material, version.learner), drawn[:n, 0], drawn[~chosen][:n, 0])
        points = f"{found.value * 100:+.1f} points ({found.low * 100:+.1f} to {found.high * 100:+.1f})"
        step.note(f"with {n:,} labels each, active against random: {points}")
    made, _ = ArmComparison.objects.update_or_create(
        project=run.project,
        labels=n,
        defaults={
            "run": run, "metric": headline_of(run.project), "active": asdict(found.active),
            "random": asdict(found.random), "difference": found.value, "low": found.low, "high": found.high,
        },
    )  # fmt: skip
    return made


def _with_learner(material: Material, learner: str) -> Material:
    """One learner for both arms: choosing one anew for every fit would cost many fits more."""
    return replace(material, settings=replace(material.settings, learner=learner))


def _draws(material: Material) -> NDArray[np.int64]:
    """(ordinal, 1 if drawn at random) of the answered pool items, in the order of their draws."""
    run = material.run
    answers = Annotation.objects.filter(
        project=run.project, pk__lte=run.last_annotation_id, source=Source.HUMAN, item__split=Split.POOL,
        task__reason__in=[Reason.RANDOM, Reason.STRATEGY], task__draw__isnull=False,
    )  # fmt: skip
    rows = answers.order_by("task__draw").values_list("item__ordinal", "task__reason")
    first: dict[int, str] = {}
    for ordinal, reason in rows.iterator(chunk_size=5_000):
        first.setdefault(ordinal, reason)
    frozen = set(material.data.pool.ordinals.tolist())  # as of the run: no answer taken back, nothing set aside
    kept = [(ordinal, int(reason == Reason.RANDOM)) for ordinal, reason in first.items() if ordinal in frozen]
    return np.array(kept, dtype=np.int64).reshape(-1, 2)


def _compare(material: Material, active: NDArray[np.int64], random: NDArray[np.int64]) -> Difference:
    run, matrix, settings = material.run, material.matrix, material.settings
    eligible = ranking.eligible_mask(ranking.open_pool(run.project, matrix.n_rows), matrix.n_rows)
    unlabeled = sample_pool(matrix, eligible, step_rng(run.seed, "arms sample"))
    held = matrix.take(material.data.evaluation.ordinals)
    truth = material.data.evaluation.hard

    def correct(ordinals: NDArray[np.int64]) -> NDArray[np.bool_]:
        rows = np.searchsorted(material.data.pool.ordinals, ordinals)
        answers = Answers(matrix.take(ordinals), material.data.pool.soft[rows])
        model = fit_model(answers, settings, step_rng(run.seed, "arms fit"), unlabeled)
        assert model is not None  # there are answers
        return np.asarray(correct_of(model.predict(held), truth, settings.kind))

    def without(ordinals: NDArray[np.int64]) -> NDArray[np.bool_]:
        groups = groups_of(len(ordinals))
        return np.array([correct(ordinals[groups != group]) for group in range(GROUPS)])

    return compare_arms(correct(active), correct(random), without(active), without(random))
