"""What the version in use says of every item, told to the index by which items are found and sorted (decision 0100)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from labeling.db.bitmaps import BLOCK
from labeling.models import FacetIndex, Project
from labeling.selectors.item_view.order import LEVELS, NOT_PREDICTED, SAID_ROWS, WHOLLY_SURE
from labeling.selectors.item_view.view import SURE_BANDS
from labeling.services.item_index import PredictedItems, store_predictions
from learning.core.evaluation.objectives import Objective
from learning.core.learners import FittedLearner
from learning.families.labels import ranking
from learning.families.labels.context import Context
from learning.models import ModelVersion
from learning.services.features.matrix import FeatureMatrix
from learning.services.pipeline.family import Candidate
from learning.services.registry import model_files


@dataclass(frozen=True)
class SaidOfItems:
    """By ordinal: how sure the model is (of 65,535), and the number of what it says in ``says``, as label numbers."""

    sure: NDArray[np.uint16]
    said: NDArray[np.uint16]
    says: list[tuple[int, ...]]


def tell(context: Context, candidate: Candidate[FittedLearner]) -> None:
    """After a run: the version in use may be another one, and there may be new items. Raises files.Corrupt."""
    version = model_files.serving(context.run.project)
    if version is not None:
        tell_of(context.run.project, version)


def tell_of(project: Project, version: ModelVersion) -> bool:
    """One product of the model with the features of all items; False where the index has it. A version that came into
    use meanwhile is told in its place. Raises files.Corrupt."""
    matrix = FeatureMatrix(model_files.encoder_of(version))
    known = FacetIndex.objects.filter(project=project, model=version.number).first()
    if known is not None and known.predicted >= matrix.n_rows:
        return False
    objective = ranking.settings_of(project, len(version.labels)).objective
    with threadpool_limits(limits=1):
        said = say(model_files.load_model(version), matrix, objective)
    store_predictions(project.pk, stored(version.number, version.labels, said))
    now = model_files.serving(project)
    if now is not None and now.pk != version.pk:
        tell_of(project, now)
    return True


def say(model: FittedLearner, matrix: FeatureMatrix, objective: Objective) -> SaidOfItems:
    """What a model says of all rows. Where an item may have several labels it is as sure as of the least sure one."""
    sure = np.zeros(matrix.n_rows, dtype=np.uint16)
    said = np.full(matrix.n_rows, NOT_PREDICTED, dtype=np.uint16)
    numbers: dict[tuple[int, ...], int] = {}
    for first, features in matrix.blocks():
        probabilities = model.predict(features)
        decided = objective.decide(probabilities)
        rows = slice(first, first + len(features))
        if objective.one_answer:
            how_sure = probabilities[np.arange(len(decided)), decided]
            decided = decided[:, None]
        else:
            how_sure = np.maximum(probabilities, 1 - probabilities).min(axis=1)
        sure[rows] = np.rint(np.clip(how_sure, 0, 1) * WHOLLY_SURE)
        kinds, which = np.unique(decided, axis=0, return_inverse=True)
        names: list[tuple[int, ...]] = [
            tuple(row if objective.one_answer else np.flatnonzero(row).tolist()) for row in kinds.tolist()
        ]
        # what is said beyond the numbers there are is as if nothing were said
        of_kind = [min(numbers.setdefault(name, len(numbers)), NOT_PREDICTED) for name in names]
        said[rows] = np.asarray(of_kind, dtype=np.uint16)[which.reshape(-1)]
        if objective.one_answer and probabilities.shape[1] == 1:
            said[rows][_unlike(model, features)] = NOT_PREDICTED  # an unknown pattern (decision 0131)
    return SaidOfItems(sure, said, [tuple(map(int, name)) for name in list(numbers)[:NOT_PREDICTED]])


def _unlike(model: FittedLearner, features: NDArray[np.float32]) -> NDArray[np.bool_]:
    detector = model.outlier_detector
    if detector is None:
        return np.zeros(len(features), dtype=bool)
    return np.asarray(detector.score(features) > detector.threshold)


def stored(model: int, labels: Sequence[str], found: SaidOfItems) -> PredictedItems:
    """What is said in the form of the index; ``labels`` are the identities, by their numbers."""
    n = len(found.sure)
    order = np.argsort(found.sure, kind="stable")
    level = np.empty(n, dtype=np.uint16)
    level[order] = np.arange(n, dtype=np.int64) * LEVELS // max(n, 1)
    first = np.searchsorted(level[order], np.arange(LEVELS + 1))
    limits = {
        f"{one:03d}": [int(found.sure[order[start]]), int(found.sure[order[end - 1]])]
        for one, (start, end) in enumerate(pairwise(first.tolist()))
        if end > start
    }
    blocks = range(-(-n // BLOCK))
    return PredictedItems(
        model=model,
        items=n,
        says=[[labels[label] for label in name] for name in found.says],
        levels=limits,
        bits={block: _bits(labels, found, slice(block * BLOCK, (block + 1) * BLOCK)) for block in blocks},
        numbers=_numbers(found, level),
    )


def _bits(labels: Sequence[str], found: SaidOfItems, rows: slice) -> dict[tuple[str, str], int]:
    said, sure = found.said[rows], found.sure[rows] / WHOLLY_SURE
    is_said = said != NOT_PREDICTED
    bits = {("predicted", "yes"): _packed(is_said)}
    for label, name in enumerate(labels):
        of_label = [number for number, given in enumerate(found.says) if label in given]
        if mask := _packed(np.isin(said, of_label)):
            bits["model", name] = mask
    ends = [start for _, start, _ in SURE_BANDS[1:]] + [2.0]
    for (band, start, _), end in zip(SURE_BANDS, ends, strict=True):
        if mask := _packed(is_said & (sure >= start) & (sure < end)):
            bits["sure", band] = mask
    return bits


def _packed(mask: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(mask, bitorder="little").tobytes(), "little")


def _numbers(found: SaidOfItems, level: NDArray[np.uint16]) -> Iterator[tuple[str, str, int, int, bytes]]:
    for first in range(0, len(level), BLOCK):
        of_block, sure = level[first : first + BLOCK], found.sure[first : first + BLOCK].astype("<u2")
        order = np.argsort(of_block, kind="stable")
        ends = np.searchsorted(of_block[order], np.arange(LEVELS + 1))
        for one in range(LEVELS):
            rows = order[ends[one] : ends[one + 1]]
            if len(rows):
                stored = rows.astype("<u2").tobytes() + sure[rows].tobytes()
                yield "~level", f"{one:03d}", first // BLOCK, len(rows), stored
    both = np.stack((found.sure, found.said), axis=1).astype("<u2")
    for first in range(0, len(both), SAID_ROWS):
        rows = both[first : first + SAID_ROWS]
        yield "~said", "", first // SAID_ROWS, len(rows), rows.tobytes()
