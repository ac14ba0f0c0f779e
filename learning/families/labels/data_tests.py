"""Tests the data of a run before anything is learned from it. Reads a bounded part of the rows, whatever the size."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import orjson
from django.core.files.storage import default_storage
from django.db.models.functions import Length
from django.utils import timezone
from numpy.typing import NDArray

from labeling.consensus import left_out
from labeling.kinds import kind_of
from labeling.kinds.cells import group_key, near_cell
from labeling.kinds.spelling import near_key
from labeling.models import Annotation, Item, Label, Modality, Project, Reason, Source
from labeling.selectors.label_names import label_names
from learning.core import data_tests as tests
from learning.core.cycle import step_rng
from learning.core.data_tests import FEATURES_LOOKED_AT, Finding
from learning.core.data_tests.items import keys_of_rows
from learning.families.labels.training_data import LabelData
from learning.models import Run
from learning.services.features import contents, encoder_versions
from learning.services.features.matrix import FeatureMatrix
from learning.services.monitoring import leaks

ITEMS_LOOKED_AT = 1_000
NEWEST_ITEMS = 300
ANSWERS_LOOKED_AT = 2_000
LABELED_LOOKED_AT = 3_000
COMPUTED_AGAIN = {Modality.TEXT: 8, Modality.TABULAR: 8, Modality.IMAGE: 3}
FILES_LOOKED_AT = 50


def run_tests(run: Run, data: LabelData, matrix: FeatureMatrix) -> list[Finding]:
    """Every test once, the ones that stop a run first."""
    looked = _Looked(run, data, matrix)
    found = _of_splits(run, data) + _of_labels(run.project, data, looked) + _of_features(looked) + _of_items(looked)
    return sorted(found, key=lambda row: not row.hard)


@dataclass(frozen=True)
class _Answer:
    ordinal: int
    batch: int
    annotator: int | None
    labels: tuple[int, ...]
    elapsed_ms: int | None
    answered_at: float
    item_created_at: float
    at_random: bool


@dataclass(frozen=True)
class _Looked:
    """The rows that the tests share, each read once."""

    run: Run
    data: LabelData
    matrix: FeatureMatrix

    @cached_property
    def rng(self) -> np.random.Generator:
        return step_rng(self.run.seed, "data tests")

    @cached_property
    def ordinals(self) -> NDArray[np.int64]:
        """A random part of the items, and the newest."""
        n = self.run.items_seen
        if n <= ITEMS_LOOKED_AT + NEWEST_ITEMS:
            return np.arange(n)
        return np.union1d(self.rng.choice(n, ITEMS_LOOKED_AT, replace=False), np.arange(n - NEWEST_ITEMS, n))

    @cached_property
    def features(self) -> NDArray[np.float32]:
        n = self.matrix.n_rows
        rows = np.arange(n) if n <= FEATURES_LOOKED_AT else np.sort(self.rng.choice(n, FEATURES_LOOKED_AT, False))
        return self.matrix.take(rows)

    @cached_property
    def labeled(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Ordinals and labels of the items that have a consensus, by rising ordinal, a part where many."""
        pool = self.data.pool.only(~self.data.pool.tied)
        ordinals = np.concatenate((pool.ordinals, self.data.evaluation.ordinals))
        hard = np.concatenate((pool.hard, self.data.evaluation.hard))
        order = np.argsort(ordinals)
        if len(order) > LABELED_LOOKED_AT:
            order = order[np.sort(self.rng.choice(len(order), LABELED_LOOKED_AT, replace=False))]
        return ordinals[order], hard[order]

    @cached_property
    def answers(self) -> list[_Answer]:
        return _newest_answers(self.run, self.data)


def _newest_answers(run: Run, data: LabelData) -> list[_Answer]:
    position = {name: number for number, name in enumerate(data.labels)}
    kind, read = kind_of(run.project), label_names(run.project).read
    rows = (
        Annotation.objects.current()
        .filter(project=run.project, pk__lte=run.last_annotation_id, item__isnull=False)
        .exclude(left_out(run.project, run.changes_seen).theirs)
        .exclude(source=Source.REVIEW)  # no answer to a question: it has no time, and is drawn by what people said
        .order_by("-pk")
        .values_list(
            "item__ordinal", "item__batch_id", "annotator_id", "answer", "elapsed_ms", "created_at",
            "item__created_at", "source", "task__reason",
        )[:ANSWERS_LOOKED_AT]
    )  # fmt: skip
    return [
        _Answer(
            ordinal=ordinal,
            batch=batch or 0,
            annotator=annotator,
            labels=tuple(sorted(position[name] for name in kind.labels_of(read(answer)))),
            elapsed_ms=elapsed,
            answered_at=answered.timestamp(),
            item_created_at=created.timestamp(),
            at_random=source == Source.IMPORT or reason in (Reason.EVAL, Reason.RANDOM),
        )
        for ordinal, batch, annotator, answer, elapsed, answered, created, source, reason in rows
        if answer is not None and kind.within(read(answer), position) is not None
    ]


def _of_splits(run: Run, data: LabelData) -> list[Finding]:
    """All items are compared once an import. What is found there counts as far as this run has to do with it: an item
    that was set aside, or was not answered, does no harm."""
    found = leaks.leaks(run.project, run.items_seen)
    if not found.found:
        return tests.duplicates_across_splits(0, 0, 0, found.n_eval)
    pool, held = (_keys_of(run.project, side.ordinals) for side in (data.pool, data.evaluation))
    sides = zip(held, map(set, pool), strict=True)
    known = [np.array([key is not None and key in there for key in keys], dtype=bool) for keys, there in sides]
    same, near, group = known[0], known[1] | (known[3] & ~known[2]), known[2]
    n_near = found.near if run.project.modality == Modality.IMAGE else max(int(near.sum() - same.sum()), 0)
    return tests.duplicates_across_splits(int(same.sum()), n_near, int(group.sum()), max(len(data.evaluation), 1))


def _keys_of(project: Project, ordinals: NDArray[np.int64]) -> tuple[list[Any], ...]:
    """Per item: its content with its context, letter by letter, its content alone but for case, spaces and punctuation,
    its group as it is spelled, and what the group is known by; None where there is none."""
    column = "asset_id" if project.modality == Modality.IMAGE else contents.columns_of(project)[0]
    rows: list[tuple[Any, str, str]] = []
    for start in range(0, len(ordinals), contents.ITEMS_PER_BLOCK):
        part = ordinals[start : start + contents.ITEMS_PER_BLOCK].tolist()
        rows += Item.objects.filter(project=project, ordinal__in=part).values_list(column, "group", "context")
    exact = [None if content is None else (_exact(content), context) for content, _, context in rows]
    plain = [None if isinstance(content, int | None) else _plain(content) or None for content, _, _ in rows]
    groups = [group or None for _, group, _ in rows]
    return exact, plain, groups, [group_key(group) if group else None for group in groups]


def _exact(content: Any) -> Any:
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS, default=str) if isinstance(content, dict) else content


def _of_labels(project: Project, data: LabelData, looked: _Looked) -> list[Finding]:
    targets, names, answers = data.pool.hard, [data.named(label) for label in data.labels], looked.answers
    at_random = [answer for answer in answers if answer.at_random]
    given = np.zeros((len(at_random), len(names)))
    for row, answer in enumerate(at_random):
        given[row, list(answer.labels)] = 1.0
    people = [answer for answer in at_random if answer.annotator is not None]
    numbers: dict[tuple[int, ...], int] = {}
    combined = [numbers.setdefault(answer.labels, len(numbers)) for answer in people]
    timed = [answer.elapsed_ms for answer in answers if answer.annotator is not None and answer.elapsed_ms is not None]
    return [
        *_unknown_labels(project, data),
        tests.more_than_one_label(targets, names),
        tests.answers_per_label(targets, names),
        tests.balance_between_batches(_int64([answer.batch for answer in at_random]), given, names),
        tests.one_sided_annotators(_int64([answer.annotator or 0 for answer in people]), _int64(combined)),
        _contradictions(project, looked),
        tests.plausible_durations(_int64(timed)),
        tests.plausible_timestamps(
            np.array([answer.answered_at for answer in answers]),
            np.array([answer.item_created_at for answer in answers]),
            timezone.now().timestamp(),
        ),
    ]


def _int64(values: Sequence[int]) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def _unknown_labels(project: Project, data: LabelData) -> list[Finding]:
    """Answers outside the set, and those of labels that are archived."""
    there = project.labels.filter(archived=True) if data.unknown else Label.objects.none()
    keys = there.all_keys()
    outside, archived = (
        {data.named(label): n for label, n in data.unknown.items() if (label in keys) == is_archived}
        for is_archived in (False, True)
    )
    return [tests.labels_in_set(outside), tests.labels_in_use(archived)]


def _contradictions(project: Project, looked: _Looked) -> Finding:
    ordinals, hard = looked.labeled
    inside = ordinals < looked.matrix.n_rows
    ordinals, hard = ordinals[inside], hard[inside]
    if project.modality == Modality.IMAGE:
        keys = keys_of_rows(looked.matrix.take(ordinals), looked.rng)
    else:
        keys = _content_keys(project, ordinals)
    return tests.equal_items_equal_labels(keys, np.unique(hard, axis=0, return_inverse=True)[1].reshape(-1))


def _content_keys(project: Project, ordinals: NDArray[np.int64]) -> NDArray[np.int64]:
    """Equal numbers for texts that differ only in case, spaces and punctuation, and for rows with equal values."""
    found, items = contents.contents_at(project, ordinals.tolist())
    numbers: dict[Any, int] = {}
    keys = -1 - np.arange(len(ordinals))  # an item that has gone is equal to none
    for row, item in zip(np.searchsorted(ordinals, found), items, strict=True):
        if key := _plain(item):
            keys[row] = numbers.setdefault(key, len(numbers))
    return keys


def _plain(content: Any) -> Any:
    """A text without case, spaces and punctuation, a row with its values as text; empty for one that says nothing."""
    if isinstance(content, str):
        return near_key(content)
    return tuple(sorted((name, str(near_cell(value)).casefold()) for name, value in content.items()))


def _of_features(looked: _Looked) -> list[Finding]:
    n_items, labeled = looked.run.items_seen, looked.labeled[0]
    inside = labeled[labeled < looked.matrix.n_rows]
    finite = tests.features_finite(np.concatenate((looked.features, looked.matrix.take(inside))))
    return [
        tests.features_for_every_item(looked.matrix.n_rows, n_items),
        _computed_again(looked),
        finite,
        *tests.features_vary(looked.features),
        tests.features_differ(looked.features, looked.rng),
    ]


def _computed_again(looked: _Looked) -> Finding:
    project, n_rows = looked.run.project, looked.matrix.n_rows
    n = min(COMPUTED_AGAIN[Modality(project.modality)], n_rows)
    wanted = np.sort(looked.rng.choice(n_rows, n, replace=False)) if n else np.zeros(0, dtype=np.int64)
    found, items = contents.contents_at(project, wanted.tolist())
    encoder = encoder_versions.fitted(looked.matrix.version)
    return tests.features_belong_to_items(looked.matrix.take(_int64(found)), encoder.transform(items))


def _of_items(looked: _Looked) -> list[Finding]:
    project = looked.run.project
    batches, sizes, unit = _sizes(project, looked.ordinals)
    empty = sizes <= 0
    return [
        tests.contents_present(empty),
        tests.sizes_between_batches(batches[~empty], sizes[~empty], unit),
    ]


def _sizes(project: Project, ordinals: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64], str]:
    """(import, size) of items, and what the size counts. 0 is an item without content."""
    items = Item.objects.filter(project=project, ordinal__in=ordinals.tolist()).order_by("ordinal")
    if project.modality == Modality.IMAGE:
        pictures = items.values_list("batch_id", "asset__width", "asset__height", "asset__path")
        rows = [(batch, (width or 0) * (height or 0), path) for batch, width, height, path in pictures]
        for number in range(0, len(rows), max(1, len(rows) // FILES_LOOKED_AT)):
            batch, _, path = rows[number]
            if not _is_readable(path):
                rows[number] = (batch, 0, path)
        return _int64([row[0] or 0 for row in rows]), np.array([row[1] for row in rows], dtype=float), "pixels"
    if project.modality == Modality.TEXT:
        texts = list(items.annotate(characters=Length("text")).values_list("batch_id", "characters"))
        return _int64([row[0] or 0 for row in texts]), np.array([row[1] for row in texts], dtype=float), "characters"
    columns = [
        (batch, sum(value not in (None, "") for value in data.values()))
        for batch, data in items.values_list("batch_id", "data")
    ]
    return (
        _int64([row[0] or 0 for row in columns]),
        np.array([row[1] for row in columns], dtype=float),
        "filled columns",
    )


def _is_readable(path: str | None) -> bool:
    try:
        return bool(path) and default_storage.size(str(path)) > 0
    except OSError:
        return False
