"""Rows to arrays: the answers a run learns from and is measured on, frozen at one annotation id."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.kinds import KINDS
from labeling.models import Annotation, ItemStatus, Kind, Source, Split
from labeling.selectors.quarantine import left_out
from learning.core.aggregation import count_votes, majority_vote
from learning.core.evaluation import pair_agreement
from learning.core.learners import one_hot
from learning.models import Run


@dataclass(frozen=True)
class Labeled:
    """Items with an answer, by rising ordinal.

    ``soft`` is the share of annotators who gave each label, ``hard`` their majority as 0 and 1 (of several labels: per
    label, and half is no majority). ``agreement`` is the share of pairs of people who gave the same answer, NaN where
    fewer than two people answered.
    """

    ordinals: NDArray[np.int64]
    soft: NDArray[np.float64]
    hard: NDArray[np.float64]
    groups: NDArray[np.int64]
    n_imported: int
    agreement: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ordinals)


@dataclass(frozen=True)
class Frozen:
    """What a run may know: nothing newer than ``run.last_annotation_id``, and the eval split apart from the pool.

    ``unknown`` counts answers by label that is not in use: archived, or never in the set. ``n_left_out`` counts the
    answers of people in quarantine.
    """

    labels: tuple[str, ...]
    pool: Labeled
    evaluation: Labeled
    sha256: str
    unknown: Counter[str] = field(default_factory=Counter)
    n_left_out: int = 0


def freeze(run: Run) -> Frozen:
    """The current answers as of ``run.last_annotation_id``: an answer revised later still counts as it was then."""
    project = run.project
    names = tuple(project.labels.in_use().values_list("name", flat=True))
    position = {name: number for number, name in enumerate(names)}
    votes: dict[Split, dict[int, _Votes]] = {Split.POOL: {}, Split.EVAL: {}}
    manifest = hashlib.sha256("\n".join((project.kind, *names)).encode())
    labels_of = KINDS[project.kind].labels_of
    unknown: Counter[str] = Counter()
    answers, n_left_out = _answers_as_of(run)
    for row in sorted(answers):
        ordinal, pk, source, split, group, answer = row
        given = labels_of(answer)
        known = [position[name] for name in given if name in position]
        if len(known) < len(given):
            unknown.update(name for name in given if name not in position)
        if not known and project.kind == Kind.CLASSIFICATION:
            continue  # its label was archived
        manifest.update(f"{ordinal}:{pk}:{split}:{known}\n".encode())
        of_item = votes[Split(split)].setdefault(ordinal, _Votes(group))
        of_item.add(Source(source), known)
    return Frozen(
        names,
        _labeled(votes[Split.POOL], len(names), project.kind),
        _labeled(votes[Split.EVAL], len(names), project.kind),
        manifest.hexdigest(),
        unknown,
        n_left_out,
    )


class _Votes:
    """The answers given to one item. An imported answer counts only where no person has answered."""

    def __init__(self, group: str) -> None:
        self.group = group
        self.human: list[list[int]] = []
        self.imported: list[list[int]] = []

    def add(self, source: Source, labels: list[int]) -> None:
        (self.human if source == Source.HUMAN else self.imported).append(labels)

    @property
    def counted(self) -> list[list[int]]:
        return self.human or self.imported


def _labeled(votes: dict[int, _Votes], n_labels: int, kind: str) -> Labeled:
    counted = [of_item.counted for of_item in votes.values()]
    items = [row for row, answers in enumerate(counted) for labels in answers for _ in labels]
    given = [label for answers in counted for labels in answers for label in labels]
    if kind == Kind.CLASSIFICATION:
        consensus = majority_vote(items, given, len(votes), n_labels)
        soft, hard = consensus.soft, one_hot(consensus.label, n_labels)
    else:
        people = np.array([len(answers) for answers in counted]).reshape(-1, 1)
        soft = count_votes(items, given, len(votes), n_labels) / people
        hard = (soft > 0.5).astype(np.float64)
    number_of: dict[str, int] = {}
    # items without a group are each a group of their own
    names = [of_item.group or f"\0{ordinal}" for ordinal, of_item in votes.items()]
    groups = np.array([number_of.setdefault(name, len(number_of)) for name in names], dtype=np.int64)
    n_imported = sum(not of_item.human for of_item in votes.values())
    agreement = np.array([pair_agreement([tuple(sorted(labels)) for labels in of.human]) for of in votes.values()])
    return Labeled(np.array(list(votes), dtype=np.int64), soft, hard, groups, n_imported, agreement)


def _answers_as_of(run: Run) -> tuple[list[tuple[Any, ...]], int]:
    """(ordinal, annotation id, source, split, group, answer), each answer once, set-aside items left out; and how many
    answers of people in quarantine were left out."""
    out = left_out(run.project, run.changes_seen).users
    rows = (
        Annotation.objects.filter(
            project=run.project,
            pk__lte=run.last_annotation_id,
            item__status=ItemStatus.ACTIVE,
            item__ordinal__lt=run.items_seen,
        )
        .order_by("pk")
        .values_list("item__ordinal", "pk", "source", "item__split", "item__group", "answer", "task_id", "annotator_id")
    )
    newest: dict[tuple[str, int], tuple[Any, ...]] = {}
    for *row, task_id, annotator in rows.iterator(chunk_size=5_000):
        # a later revision of the same task replaces the earlier one; an imported answer has no task
        newest["task", task_id if task_id is not None else -row[0] - 1] = (*row, annotator)
    current = [row for row in newest.values() if row[5] is not None]
    kept = [row[:-1] for row in current if row[-1] not in out]
    return kept, len(current) - len(kept)
