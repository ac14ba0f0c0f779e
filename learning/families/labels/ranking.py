"""Ranks the open pool and publishes the head. The core draws; this reads rows and writes entries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.kinds import kind_of
from labeling.models import AskedAgain, Item, Project, Split
from labeling.selectors.costs import PRICES, matrix_of
from labeling.services.queue import publish as queue
from learning.core.cycle import Answers, Settings, rank_pool, sample_pool, step_rng
from learning.core.evaluation.costs import Costs
from learning.core.learners import FittedLearner
from learning.core.pools import Pool
from learning.core.skips import SkipModel
from learning.families.labels import machine_doubt
from learning.families.labels import skips as skip_lessons
from learning.families.labels.second_opinions import ONLY_OPINIONS, QueuedOpinions
from learning.families.labels.training_data import LabelData, learned_from
from learning.models import ModelVersion, Run
from learning.services.features.matrix import FeatureMatrix
from learning.services.registry import model_files

QUEUE_SIZE = 2_000


@dataclass(frozen=True)
class OpenPool:
    """Pool items somebody may be asked about, by ordinal. ``started``: some of several annotators were asked already,
    and ``answers`` of them have answered. ``again``: a person has put the item again, whose answer is doubted."""

    ordinals: NDArray[np.int64]
    item_ids: NDArray[np.int64]
    started: NDArray[np.bool_]
    answers: NDArray[np.int64]
    again: NDArray[np.bool_]


@dataclass(frozen=True)
class RankedPool:
    """``slots_taken``: the answers of each entry's item that the ranking knows. ``leaning``: the share of questions to
    be drawn at random where it is above the project's, None for as much as before. ``again``: how many of the first
    entries a person has put again, behind as many ``opinions``, which are to be the share
    ``asks_again`` of the questions. ``skips``: what the report says of what was skipped."""

    entries: list[tuple[int, float, float]]
    slots_taken: list[int]
    strategy: str
    reason: str
    pool_size: int
    leaning: float | None = None
    again: int = 0
    opinions: int = 0
    asks_again: float = 0.0
    skips: dict[str, Any] = field(default_factory=dict)


def settings_of(project: Project, n_labels: int) -> Settings:
    """The project's settings as the core takes them. Raises TypeError for a kind whose answers are no labels."""
    learned_as = kind_of(project).learned_as
    if learned_as is None:
        raise TypeError(f"The family of labels does not know how to learn the kind {project.kind!r}.")
    return Settings(
        kind=learned_as,
        n_labels=max(n_labels, 1),
        strategy=project.strategy,
        learner=project.learner,
        head=QUEUE_SIZE,
        batch=project.retrain_every,
    )


def judged_by(project: Project, labels: Sequence[str], present: Mapping[str, str]) -> Settings:
    """The same, with what mistakes cost between ``labels`` (identities); ``present`` says as which those are read that
    were merged. Where merges have left nothing to choose between, nothing has a price."""
    settings = settings_of(project, len(labels))
    if not project.costs or len(labels) < 2 or settings.kind != "classification":
        return settings
    stated = project.costs
    try:
        costs = Costs(
            matrix_of(stated, labels, present),
            unit=stated["unit"],
            **{name: stated[name] for name in PRICES if name in stated},
        )
    except ValueError:
        return settings
    return replace(settings, costs=costs)


def open_pool(project: Project, n_items: int) -> OpenPool:
    """Items with a free slot: what is answered, leased or set aside is not among them, and never an eval item; nor one
    whose slot is left of a second opinion that nobody gave, which is weighed with the others."""
    rows = Item.objects.open_in(Split.POOL).filter(~ONLY_OPINIONS, project=project, ordinal__lt=n_items)
    names = ("ordinal", "pk", "slots_taken", "answers")
    numbers = rows.order_by().values_list(*names).iterator(chunk_size=10_000)
    found = np.fromiter(chain.from_iterable(numbers), dtype=np.int64).reshape(-1, len(names))
    found = found[np.argsort(found[:, 0])]
    doubted = AskedAgain.objects.filter(project=project).exclude(asked_at=None).values_list("item", flat=True)
    again = np.isin(found[:, 1], np.fromiter(doubted, dtype=np.int64))
    return OpenPool(found[:, 0], found[:, 1], found[:, 2] > 0, found[:, 3], again)


def eligible_mask(items: OpenPool, n_rows: int) -> NDArray[np.bool_]:
    eligible = np.zeros(n_rows, dtype=bool)
    eligible[items.ordinals] = True
    return eligible


def rank(
    pool: Pool, items: OpenPool, labeled: NDArray[np.int64], answers: Answers, model: FittedLearner | None,
    settings: Settings, seed: int, skips: SkipModel | None = None, doubt: NDArray[np.float64] | None = None,
) -> RankedPool:  # fmt: skip
    """The head of the queue: items that a person has put again, then those that wait for their second annotator, then
    what the strategy draws.

    ``labeled`` are ordinals with an answer (an imported one counts): they are not asked about anew. What else was asked
    and is not known yet waits in the queue for a later pass.
    """
    is_labeled = np.isin(items.ordinals, labeled)
    fresh = ~items.started & ~is_labeled & ~items.again
    eligible = np.zeros(pool.n_rows, dtype=bool)
    eligible[items.ordinals[fresh]] = True
    first = np.concatenate((np.flatnonzero(items.again), np.flatnonzero(items.started & ~items.again)))[: settings.head]
    again = int(items.again[first].sum())
    started = items.item_ids[first].tolist()
    known = np.where(is_labeled, items.answers, 0)[first].tolist()
    if not fresh.any():
        entries = [(item, 0.0, 1.0) for item in started]
        return RankedPool(entries, known, settings.strategy, "nothing unasked is left", 0, again=again)
    draws = rank_pool(pool, eligible, answers, model, settings, step_rng(seed, "rank"), skips, doubt)
    item_ids = items.item_ids[np.searchsorted(items.ordinals, draws.rows)]
    drawn = zip(item_ids.tolist(), draws.utilities.tolist(), draws.propensities.tolist(), strict=True)
    top = float(draws.utilities.max())
    entries = ([(item, top, 1.0) for item in started] + list(drawn))[: settings.head]
    slots_taken = (known + [0] * len(entries))[: len(entries)]
    return RankedPool(entries, slots_taken, draws.strategy, draws.reason, draws.pool_size, again=again)


def with_opinions(ranked: RankedPool, opinions: QueuedOpinions) -> RankedPool:
    """The ranking with second opinions before it: those have the first ranks, and nobody's turn."""
    entries, slots_taken = opinions.entries + ranked.entries, opinions.slots_taken + ranked.slots_taken
    n = len(opinions.entries)
    return replace(ranked, entries=entries, slots_taken=slots_taken, opinions=n, asks_again=opinions.share)


def publish(project_id: int, epoch: int, ranking: RankedPool, version: ModelVersion | None) -> bool:
    """Makes the ranking visible as a whole; False when a newer epoch is out already."""
    return queue.publish(
        project_id,
        epoch,
        entries=ranking.entries,
        strategy=ranking.strategy,
        model_version=version.number if version else None,
        pool_size=ranking.pool_size,
        slots_taken=ranking.slots_taken,
        leaning=ranking.leaning,
        again=ranking.again,
        opinions=ranking.opinions,
        asks_again=ranking.asks_again,
    )


def rank_frozen(run: Run, data: LabelData, version: ModelVersion | None, matrix: FeatureMatrix) -> RankedPool:
    """Ranks what is open now by a version (None: cold) on the features of its encoder. Raises files.Corrupt."""
    answers = learned_from(data, matrix)
    settings = settings_of(run.project, len(data.labels))
    model = model_files.load_model(version) if version else None
    items = open_pool(run.project, matrix.n_rows)
    skips, skipped = skip_lessons.learned(run, data, answers.features, matrix)
    said = machine_doubt.read(run.project, data, matrix, model, version.labels if version else None)
    ranked = rank(matrix, items, data.pool.ordinals, answers, model, settings, run.seed, skips, said.factors)
    ranked = replace(ranked, reason=f"{ranked.reason}{said.words}")
    eligible = eligible_mask(items, matrix.n_rows) & (skips is not None and skips.is_on)
    sample = sample_pool(matrix, eligible, step_rng(run.seed, "skips sample"))
    return replace(ranked, skips=skip_lessons.report_of(skips, skipped, sample))
