"""Rows to arrays: the answers a run learns from and is measured on, frozen at one annotation id."""

import hashlib
from array import array
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from labeling.consensus import NAMED, Consensus, Given, LeftOut, left_out, remembering
from labeling.kinds import kind_of
from labeling.kinds.cells import group_key
from labeling.models import Annotation, ItemStatus, Source, Split
from labeling.models.source import FEEDBACK, FULL_WEIGHT
from labeling.selectors.label_names import label_names
from learning.core.aggregation import NO_LABEL
from learning.core.aggregation.majority import Majority, most_said
from learning.core.cycle import Answers
from learning.core.evaluation.objectives import Objective, make_objective
from learning.core.person_weights import NOBODY
from learning.families.labels.weighed import weighed_pool
from learning.models import LabelSources, Run
from learning.models.label_sources import counts_of
from learning.selectors.feedback import taught_by_feedback
from learning.services.features.matrix import ItemFeatures
from learning.services.quality.pool_consensus import PoolConsensus

#: Sources of a consensus that people came to here.
_OF_PEOPLE = {Source.HUMAN.value, Source.REVIEW.value}
#: Labels that a note names; the rest is counted.
UNKNOWN_NAMED = 5
NOBODY_LEFT_OUT = LeftOut()


@dataclass(frozen=True)
class LabeledItems:
    """Items with an answer, by rising ordinal.

    ``soft`` is the share of annotators who gave each label, ``hard`` their consensus as 0 and 1; where they are
    ``tied`` there is none, and ``hard`` has the labels that more than half gave. ``taught`` is what a model learns:
    ``soft``, but of one label an item the one most people gave (decision 0111). ``sources`` says where the label
    comes from, by its name in ``SOURCES``. ``agreement`` is the share of pairs of
    people who gave the same answer, NaN where fewer than two people answered. ``annotators`` holds who answered
    (a user's id), NOBODY where several did or the answer was imported.
    """

    ordinals: NDArray[np.int64]
    soft: NDArray[np.float64]
    hard: NDArray[np.float64]
    taught: NDArray[np.float64]
    groups: NDArray[np.int64]
    imported: NDArray[np.bool_]
    agreement: NDArray[np.float64]
    tied: NDArray[np.bool_]
    annotators: NDArray[np.int64]
    sources: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.ordinals)

    @property
    def n_imported(self) -> int:
        return int((self.sources == Source.IMPORT.value).sum())

    def only(self, mask: NDArray[np.bool_]) -> "LabeledItems":
        """The items of the mask."""
        return LabeledItems(**{name: values[mask] for name, values in vars(self).items()})


@dataclass(frozen=True)
class LabelData:
    """What a run may know: nothing newer than ``run.last_annotation_id``, and the eval split apart from the pool.

    ``labels`` is what answers say for the labels in use, whatever they are called now (``Label.identity``); ``present``
    tells as which of them a label of before is read that was merged, which models of before know.

    ``evaluation`` holds the eval items that have a truth; ``tied`` those people are split evenly about, which measure
    how far people agree and nothing else. ``unknown`` counts answers by label that is not in use: archived, or never
    in the set; such answers, ``n_unknown`` of them, are neither learned nor measured by, for nobody knows what they
    would be in the labels of now. ``n_left_out`` counts the answers of people in quarantine.

    ``weights`` are those of the pool's labels by source, full ones left out; an answer whose source has none is not in
    the pool (``left_out`` counts them), as if it had not been given. The eval split knows no weights.

    ``consensus`` is what people's answers to the pool come to by the rule there is evidence for, where the project goes
    by it: ``soft``, ``hard``, ``taught`` and ``tied`` of the pool are then of it. The eval split is people's majority.
    """

    labels: tuple[str, ...]
    pool: LabeledItems
    evaluation: LabeledItems
    tied: LabeledItems
    sha256: str
    unknown: Counter[str] = field(default_factory=Counter)
    n_unknown: int = 0
    n_left_out: int = 0
    names: Mapping[str, str] = field(default_factory=dict)
    present: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    consensus: PoolConsensus | None = None

    @property
    def sources(self) -> LabelSources:
        return LabelSources(counts_of(self.pool.sources), counts_of(self.evaluation.sources), self.left_out)

    @property
    def item_weights(self) -> NDArray[np.float64] | None:
        """What each item of the pool weighs by its source; None where all weigh the same as ever."""
        weights = np.array([self.weights.get(source, FULL_WEIGHT) for source in self.pool.sources.tolist()])
        return None if (weights == FULL_WEIGHT).all() else weights

    def named(self, label: str) -> str:
        """What a label is called now."""
        return self.names.get(label, label)


def freeze(run: Run, without: LeftOut = NOBODY_LEFT_OUT) -> LabelData:
    """The current answers as of ``run.last_annotation_id``: an answer revised later still counts as it was then.

    ``without``: of these people none, as of people in quarantine.
    """
    project = run.project
    names = tuple(project.labels.in_use().all_keys())
    position = {name: number for number, name in enumerate(names)}
    given: dict[Split, dict[int, _ItemAnswers]] = {Split.POOL: {}, Split.EVAL: {}}
    manifest = hashlib.sha256("\n".join((project.kind, *names)).encode())
    kind = kind_of(project)
    unknown: Counter[str] = Counter()
    n_unknown = 0
    answers, n_left_out = _answers_as_of(run, without)
    weights: dict[str, float] = run.source_weights
    if weights:
        manifest.update(f"weights {sorted(weights.items())}\n".encode())
    out: Counter[str] = Counter()
    ballots = array("q")
    reviews: dict[int, int] = {}
    scheme = label_names(project)
    for found in answers:
        if found.split == Split.POOL and not weights.get(found.source, FULL_WEIGHT):
            out[found.source] += 1
            continue
        answer = scheme.read(found.answer)
        said = kind.labels_of(answer)
        known = [position[name] for name in said if name in position]
        if len(known) < len(said):
            unknown.update(name for name in said if name not in position)
        counts = kind.within(answer, position)
        if counts is None:
            n_unknown += 1
            continue
        manifest.update(f"{found.ordinal}:{found.annotation_id}:{found.split}:{known}\n".encode())
        of_item = given[Split(found.split)].setdefault(found.ordinal, _ItemAnswers(found.group, [], []))
        if run.evidence_seen and found.split == Split.POOL:
            if found.source == Source.REVIEW:
                reviews[found.annotation_id] = found.ordinal
            elif found.source == Source.HUMAN and found.annotator_id is not None:
                ballots.extend((found.ordinal, found.annotation_id, found.annotator_id, known[0]))
        # a decision is nobody's answer: no weight of a person applies to it
        person = None if found.source == Source.REVIEW else found.annotator_id
        of_item.people.append(NOBODY if person is None else person)
        source = NAMED if found.imported_annotator else found.source
        of_item.answers.append(Given(orjson.dumps(counts, option=orjson.OPT_SORT_KEYS).decode(), source))
    if weights.get(FEEDBACK):
        for told in taught_by_feedback(project, run.last_feedback_id, run.items_seen):
            taught = given[Split.POOL].get(told.ordinal)
            if taught is not None and any(answer.source != FEEDBACK for answer in taught.answers):
                continue  # where people or an import said something, the world outside is not asked
            counts = kind.within(scheme.read(told.answer), position)
            if counts is None:
                continue
            manifest.update(f"{told.ordinal}:feedback {told.feedback_id}:{counts}\n".encode())
            taught = given[Split.POOL].setdefault(told.ordinal, _ItemAnswers(told.group, [], []))
            taught.people.append(NOBODY)
            taught.answers.append(Given(orjson.dumps(counts, option=orjson.OPT_SORT_KEYS).decode(), FEEDBACK))
        given[Split.POOL] = dict(sorted(given[Split.POOL].items()))
    consensus_of = remembering(kind, orjson.loads, position.keys())
    objective = make_objective(kind.learned_as or "")
    pool, held = (_labeled(given[split], position, consensus_of, objective) for split in (Split.POOL, Split.EVAL))
    consensus = weighed_pool(run, ballots, reviews, names) if run.evidence_seen else None
    if consensus is not None:
        manifest.update(consensus.sha256.encode())
        pool = _by_evidence(pool, consensus)
    return LabelData(
        names,
        pool,
        held.only(~held.tied),
        held.only(held.tied),
        manifest.hexdigest(),
        unknown,
        n_unknown,
        n_left_out,
        scheme.now,
        scheme.present,
        weights,
        dict(out),
        consensus,
    )


def _by_evidence(pool: LabeledItems, consensus: PoolConsensus) -> LabeledItems:
    """The pool with what its answers come to by the rule there is evidence for; what reviewers decided stays."""
    rows = np.searchsorted(pool.ordinals, consensus.ordinals)
    ours = pool.sources[rows] == Source.HUMAN.value
    rows, posterior, labels = rows[ours], consensus.found.posterior[ours], consensus.found.labels[ours]
    soft, hard, taught, tied = pool.soft.copy(), pool.hard.copy(), pool.taught.copy(), pool.tied.copy()
    soft[rows], tied[rows] = posterior, labels == NO_LABEL
    # the shares of a majority of people are no probabilities; what a machine tips is not certain
    is_majority = (consensus.found.rule == Majority.name) & (consensus.found.machine_votes[ours] == 0)
    taught[rows] = np.where(is_majority[:, None], most_said(posterior), posterior)
    # of a tie nothing has more than half
    hard[rows] = np.where((labels == NO_LABEL)[:, None], posterior > 0.5, labels[:, None] == np.arange(soft.shape[1]))
    return replace(pool, soft=soft, hard=hard, taught=taught, tied=tied)


def unknown_words(data: LabelData) -> str:
    """How many answers were left out because they give labels that are not in use, and which."""
    counts = sorted(data.unknown.items(), key=lambda found: (-found[1], found[0]))
    which = ", ".join(f"{data.named(name)} {n:,}" for name, n in counts[:UNKNOWN_NAMED])
    more = f" and {len(counts) - UNKNOWN_NAMED:,} more" if len(counts) > UNKNOWN_NAMED else ""
    give = "answer gives labels" if data.n_unknown == 1 else "answers give labels"
    return f"{data.n_unknown:,} {give} that are not in use and left out: {which}{more}"


def learned_from(data: LabelData, matrix: ItemFeatures) -> Answers:
    """The pool's answers as the core learns from them."""
    pool = data.pool
    return Answers(matrix.take(pool.ordinals), pool.taught, data.item_weights, pool.groups, pool.annotators)


class _ItemAnswers(NamedTuple):
    """The answers given to one item of a group ("" for none)."""

    group: str
    answers: list[Given]
    people: list[int]


def _labeled(
    given: dict[int, _ItemAnswers],
    position: dict[str, int],
    consensus_of: Callable[[tuple[Given, ...]], Consensus],
    objective: Objective,
) -> LabeledItems:
    soft = np.zeros((len(given), len(position)))
    agreement = np.full(len(given), np.nan)
    imported, tied = np.zeros(len(given), dtype=bool), np.zeros(len(given), dtype=bool)
    hard, sources = np.zeros_like(soft), []
    for row, of_item in enumerate(given.values()):
        found = consensus_of(tuple(of_item.answers))
        for name, share in found.soft_label.items():
            soft[row, position[name]] = share
        # a median between two steps is half of each
        share = 1 / len(found.labels) if objective.one_answer and found.labels else 1.0
        for name in found.labels:
            hard[row, position[name]] = share
        sources.append(found.source)
        tied[row], imported[row] = found.tied, not found.sources.keys() & _OF_PEOPLE
        if found.agreement is not None and not imported[row]:
            agreement[row] = found.agreement
    hard[tied] = soft[tied] > 0.5
    number_of: dict[str, int] = {}
    # items without a group are each a group of their own
    names = [group_key(of_item.group) or f"\0{ordinal}" for ordinal, of_item in given.items()]
    groups = np.array([number_of.setdefault(name, len(number_of)) for name in names], dtype=np.int64)
    alone = [of_item.people[0] if len(of_item.people) == 1 else NOBODY for of_item in given.values()]
    annotators = np.array(alone, dtype=np.int64)
    ordinals = np.array(list(given), dtype=np.int64)
    of_source = np.array(sources, dtype=np.str_)
    taught = most_said(soft) if objective.disagreement_is_error else soft
    return LabeledItems(ordinals, soft, hard, taught, groups, imported, agreement, tied, annotators, of_source)


class _LabelRevision(NamedTuple):
    """A revision of an answer (None: taken back) about an item; an imported one has no task and no annotator, a
    reviewer's decision no task."""

    ordinal: int
    annotation_id: int
    source: str
    split: str
    group: str
    answer: Any
    task_id: int | None
    annotator_id: int | None
    imported_annotator: str


_READ = (
    "item__ordinal", "pk", "source", "item__split", "item__group", "answer", "task_id", "annotator_id",
    "imported_annotator",
)  # fmt: skip


def _answers_as_of(run: Run, without: LeftOut) -> tuple[list[_LabelRevision], int]:
    """Each answer once, by item and annotation, those of items set aside left out; and how many answers of people in
    quarantine were left out."""
    out = left_out(run.project, run.changes_seen).and_of(without)
    rows = (
        Annotation.objects.filter(
            project=run.project,
            pk__lte=run.last_annotation_id,
            item__status=ItemStatus.ACTIVE,
            item__ordinal__lt=run.items_seen,
        )
        .order_by("pk")
        .values_list(*_READ)
    )
    newest: dict[int | tuple[str, int], _LabelRevision] = {}
    for found in map(_LabelRevision._make, rows.iterator(chunk_size=5_000)):
        # a later revision of the same task replaces the earlier one; an imported answer has no task and one revision,
        # an item one decision in force
        if found.task_id is not None:
            newest[found.task_id] = found
        elif found.source == Source.REVIEW:
            newest["review", found.ordinal] = found
        else:
            newest[-found.annotation_id] = found
    current = [found for found in newest.values() if found.answer is not None]
    kept = [found for found in current if not (out and out.covers(found.annotator_id, found.imported_annotator))]
    return sorted(kept, key=attrgetter("ordinal", "annotation_id")), len(current) - len(kept)
