"""What the project's machine says of the open pool beside the model, where a setting gives it a say in the order."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from labeling.kinds import kind_of
from labeling.models import ItemStatus, Prediction, Project, Split
from labeling.models.project import OFF
from labeling.selectors.label_names import LabelIdentities, label_names
from labeling.selectors.machines import version_in_use
from learning.core.evaluation.objectives import make_objective
from learning.core.learners import FittedLearner
from learning.core.machine_doubt import UNKNOWN, doubts, factors_of_doubts
from learning.core.pools import Pool
from learning.families.labels.training_data import LabelData

#: Predictions that are read and compared together.
BLOCK_ROWS = 8_192


@dataclass(frozen=True)
class MachineDoubt:
    """``factors`` by row of the pool, None where the machine has no say; ``words`` for the log."""

    factors: NDArray[np.float64] | None = None
    words: str = ""


NOTHING = MachineDoubt()


def read(
    project: Project, data: LabelData, pool: Pool, model: FittedLearner | None, model_labels: Sequence[str] | None
) -> MachineDoubt:
    """How likely the machine and the model differ, of open items. Without a model it is the machine's own doubt that
    counts, of those it gave probabilities for. ``model_labels`` are what the model's columns stand for."""
    if project.signal_from == OFF or (version := version_in_use(project, project.signal_from)) is None:
        return NOTHING
    labels = list(data.labels if model_labels is None else model_labels)
    one_answer = make_objective(kind_of(project).learned_as or "").one_answer
    doubtful = np.full(pool.n_rows, UNKNOWN)
    n = 0
    for ordinals, said in _blocks(_said(project, version.pk, pool.n_rows, labels, model is None)):
        beliefs = said if model is None else model.predict(pool.take(ordinals)).astype(np.float64)
        doubtful[ordinals] = doubts(beliefs, said, one_answer=one_answer)
        n += len(ordinals)
    if not n:
        return NOTHING
    whom = "it is unsure" if model is None else "it and the model differ"
    return MachineDoubt(factors_of_doubts(doubtful), f"; of {n:,} items {version} was asked: first where {whom}")


def _said(
    project: Project, version: int, n_rows: int, labels: Sequence[str], only_probable: bool
) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """(ordinal, what the machine holds probable by label) of open items of the pool, by rising ordinal."""
    rows = Prediction.objects.filter(
        version=version, item__split=Split.POOL, item__status=ItemStatus.ACTIVE, item__is_open=True,
        item__ordinal__lt=n_rows,
    ).order_by("item__ordinal")  # fmt: skip
    if only_probable:
        rows = rows.filter(probabilities__isnull=False)
    names = label_names(project)
    columns: dict[str, list[int]] = {}  # several of a model that learned labels before they were merged
    for number, label in enumerate(labels):
        columns.setdefault(names.present.get(label, label), []).append(number)
    shares_of = _shares(project, names)
    for ordinal, answer, probabilities in rows.values_list("item__ordinal", "answer", "probabilities").iterator(5_000):
        row = np.zeros(len(labels))
        for label, share in shares_of(answer, probabilities).items():
            row[columns.get(label, [])] = share
        yield ordinal, row


def _shares(project: Project, names: LabelIdentities) -> Callable[..., dict[str, float]]:
    kind = kind_of(project)

    def shares(answer: dict[str, object], probabilities: dict[str, float] | None) -> dict[str, float]:
        """By the labels of now: of an answer alone it is sure, those that were merged add up."""
        if probabilities is None:
            return dict.fromkeys(kind.labels_of(names.read(answer)), 1.0)
        found: dict[str, float] = {}
        for label, share in probabilities.items():
            now = names.present.get(label, label)
            found[now] = min(found.get(now, 0.0) + share, 1.0)
        return found

    return shares


def _blocks(
    rows: Iterator[tuple[int, NDArray[np.float64]]],
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    while block := list(islice(rows, BLOCK_ROWS)):
        yield np.array([ordinal for ordinal, _ in block], dtype=np.int64), np.stack([row for _, row in block])
