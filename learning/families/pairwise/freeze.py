"""Rows to arrays: the judgments a run learns from and is measured on, frozen at one annotation id."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from labeling.consensus import left_out
from labeling.models import Annotation, Context, Item, ItemStatus, Project, Reason, Source, Split, User
from labeling.models.source import ANSWER_SOURCES, FULL_WEIGHT
from learning.core.pairwise import LEFT, RIGHT, TIE, Judgments
from learning.models import LabelSources, Run
from learning.models.label_sources import counts_of

NEITHER = 3
ANSWERS = {"left": LEFT, "right": RIGHT, "tie": TIE, "neither": NEITHER}
REASONS = ("", *Reason.values)
CHUNK_ROWS = 5_000

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class RankedItems:
    """The items that can be ranked, by rising ordinal; ``context`` numbers ``Contexts``, ``held`` is the eval split."""

    ids: Ints
    ordinals: Ints
    context: Ints
    held: Bools

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Contexts:
    ids: Ints
    held: Bools

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Judged:
    """Every current answer, by annotation id; items by their number in ``Items``.

    ``answer`` is 0 left, 1 right, 2 tie, 3 neither. ``held`` pairs touch the eval split: only ever measured by.
    ``reason`` numbers ``REASONS``; 0 is an imported answer. ``elapsed_ms`` is -1 where nobody measured it. ``source``
    numbers ``ANSWER_SOURCES``.
    """

    left: Ints
    right: Ints
    answer: Ints
    person: Ints
    held: Bools
    reason: Ints
    elapsed_ms: Ints
    source: Ints

    def __len__(self) -> int:
        return len(self.left)

    @property
    def repeated(self) -> Bools:
        """Questions put to the same person again with the sides swapped: they measure consistency, nothing else."""
        return np.asarray(self.reason == REASONS.index(Reason.REPEAT))

    @property
    def compared(self) -> Bools:
        """Answers that compare the two: ``neither`` does not."""
        return np.asarray(self.answer != NEITHER)

    @property
    def learned(self) -> Bools:
        """What the model learns from: pool pairs, compared, each person's first answer."""
        return np.asarray(~self.held & self.compared & ~self.repeated)

    @property
    def measured(self) -> Bools:
        """What a model is measured by."""
        return np.asarray(self.held & self.compared & ~self.repeated)

    def sources(self, mask: Bools) -> dict[str, int]:
        return counts_of(ANSWER_SOURCES[number] for number in self.source[mask].tolist())

    def judgments(self, mask: Bools, n_items: int) -> Judgments:
        """The compared answers among ``mask`` as the core takes them."""
        mask = mask & self.compared
        return Judgments(self.left[mask], self.right[mask], self.answer[mask], n_items, self.person[mask])


@dataclass(frozen=True)
class PairData:
    """What a run may know. ``people`` are the names that ``Judged.person`` numbers; ``n_left_out`` counts the judgments
    of people in quarantine. ``weights`` are those of pool judgments by source, full ones left out; where one is 0 they
    are not there (``left_out`` counts them), as if they had not been given."""

    items: RankedItems
    contexts: Contexts
    people: tuple[str, ...]
    judged: Judged
    sha256: str
    n_left_out: int = 0
    weights: Mapping[str, float] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def sources(self) -> LabelSources:
        judged = self.judged
        return LabelSources(judged.sources(judged.learned), judged.sources(judged.measured), self.left_out)

    @property
    def learned_weights(self) -> NDArray[np.float64] | None:
        """What each judgment of ``learned`` weighs by its source; None where all weigh the same as ever."""
        by_source = np.array([self.weights.get(name, FULL_WEIGHT) for name in ANSWER_SOURCES])
        weights = by_source[self.judged.source[self.judged.learned]]
        return None if (weights == FULL_WEIGHT).all() else weights

    @property
    def learned(self) -> Judgments:
        return self.judged.judgments(self.judged.learned, len(self.items))


class _JudgmentRevision(NamedTuple):
    """A revision of a judgment; ``answer`` is None when it was taken back. An imported one has no task."""

    annotation_id: int
    task_id: int | None
    source: str
    annotator_id: int | None
    imported_annotator: str
    first_id: int
    second_id: int
    left_id: int
    split: str
    answer: Any
    elapsed_ms: int | None
    reason: str | None


def freeze(run: Run) -> PairData:
    """The current answers as of ``run.last_annotation_id``; an answer revised later still counts as it was then."""
    contexts = _contexts(run.project)
    items = _items(run.project, run.items_seen, contexts)
    everybodys = _answers_as_of(run.project, run.last_annotation_id)
    out = left_out(run.project, run.changes_seen)
    counting = [row for row in everybodys if not out.covers(row.annotator_id, row.imported_annotator)]
    weights: dict[str, float] = run.source_weights
    rows = [row for row in counting if row.split == Split.EVAL or weights.get(row.source, FULL_WEIGHT)]
    left = Counter(row.source for row in counting)
    left.subtract(row.source for row in rows)
    people = _People(rows)
    judged, answers_sha256 = _judged(rows, items, people)
    manifest = hashlib.sha256(f"pairwise\n{answers_sha256}\n".encode())
    if weights:
        manifest.update(f"weights {sorted(weights.items())}\n".encode())
    for column in (items.ordinals, items.context, items.held, contexts.held):
        manifest.update(column.tobytes())
    n_left_out = len(everybodys) - len(counting)
    names = people.names()
    return PairData(items, contexts, names, judged, manifest.hexdigest(), n_left_out, weights, dict(+left))


def _judged(rows: list[_JudgmentRevision], items: RankedItems, people: "_People") -> tuple[Judged, str]:
    """Answers between items that are there: not set aside, and not newer than the run's items."""
    number_of = {pk: number for number, pk in enumerate(items.ids.tolist())}
    manifest, kept = hashlib.sha256(), []
    for row in rows:
        if row.first_id not in number_of or row.second_id not in number_of:
            continue
        sides = number_of[row.left_id], number_of[row.second_id if row.left_id == row.first_id else row.first_id]
        given, person = ANSWERS[row.answer["winner"]], people.number(row)
        manifest.update(f"{row.annotation_id}:{sides}:{row.split}:{given}\n".encode())
        known_ms = -1 if row.elapsed_ms is None else row.elapsed_ms
        source = ANSWER_SOURCES.index(row.source)
        kept.append((*sides, given, person, row.split == Split.EVAL, REASONS.index(row.reason or ""), known_ms, source))
    left, right, answers, persons, held, reasons, times_ms, sources = np.array(kept, dtype=np.int64).reshape(-1, 8).T
    return Judged(left, right, answers, persons, held > 0, reasons, times_ms, sources), manifest.hexdigest()


def _contexts(project: Project) -> Contexts:
    rows = list(Context.objects.filter(project=project).order_by("ordinal").values_list("pk", "split"))
    return Contexts(
        np.array([pk for pk, _ in rows], dtype=np.int64), np.array([split == Split.EVAL for _, split in rows], bool)
    )


def _items(project: Project, n_items: int, contexts: Contexts) -> RankedItems:
    number_of = {pk: number for number, pk in enumerate(contexts.ids.tolist())}
    found = Item.objects.filter(
        project=project, ordinal__lt=n_items, status=ItemStatus.ACTIVE, in_context__status=ItemStatus.ACTIVE
    )
    rows = found.order_by("ordinal").values_list("pk", "ordinal", "in_context", "split")
    columns = np.array(
        [(pk, ordinal, number_of[context], split == Split.EVAL) for pk, ordinal, context, split in rows.iterator()],
        dtype=np.int64,
    ).reshape(-1, 4)
    return RankedItems(columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3] > 0)


def _answers_as_of(project: Project, last_id: int) -> list[_JudgmentRevision]:
    """Each answer once, by annotation id."""
    rows = (
        Annotation.objects.filter(project=project, pk__lte=last_id, pair__isnull=False)
        .order_by("pk")
        .values_list(
            "pk", "task_id", "source", "annotator_id", "imported_annotator", "pair__first_id", "pair__second_id",
            "left_id", "pair__split", "answer", "elapsed_ms", "task__reason",
        )
    )  # fmt: skip
    newest: dict[int, _JudgmentRevision] = {}
    for row in map(_JudgmentRevision._make, rows.iterator(chunk_size=CHUNK_ROWS)):
        # a later revision of the same task replaces the earlier one; an imported answer has no task
        newest[row.task_id if row.task_id is not None else -row.annotation_id] = row
    return sorted((row for row in newest.values() if row.answer is not None), key=attrgetter("annotation_id"))


class _People:
    """Numbers people by the order of their first answer; somebody known by an import only is not the user of that
    name."""

    def __init__(self, rows: list[_JudgmentRevision]) -> None:
        people = (row.annotator_id for row in rows if row.source == Source.HUMAN)
        ids = {user_id for user_id in people if user_id is not None}
        self._names = dict(User.objects.filter(pk__in=ids).values_list("pk", "username"))
        self._number: dict[tuple[str, Any], int] = {}

    def number(self, row: _JudgmentRevision) -> int:
        who = (row.source, row.annotator_id if row.source == Source.HUMAN else row.imported_annotator)
        return self._number.setdefault(who, len(self._number))

    def names(self) -> tuple[str, ...]:
        return tuple(self._name(source, who) for source, who in self._number)

    def _name(self, source: str, who: Any) -> str:
        if source == Source.HUMAN:
            return self._names[who]
        taken = who in self._names.values()
        return f"{who} (imported)" if taken or not who else str(who)
