"""What was said about items, as a reviewer decides by it."""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import orjson

from labeling.consensus import NAMED, Consensus, Given, left_out, remembering
from labeling.kinds import InvalidAnswer, LabelNames, Question, kind_of
from labeling.models import Annotation, Project, ReviewDecision, Source, Verdict
from labeling.selectors.label_names import label_names

#: The answer, as it is stored, that people's answers come to; None where they come to none that could be given.
Accepting = Callable[[Consensus | None], dict[str, Any] | None]
#: Items of one question to the database.
_ITEMS = 500


@dataclass
class Opinions:
    """Of one item. ``answers`` are those of people and imports that count, oldest first, ``consensus`` what they come
    to (None without one); ``review`` is the decided answer in force, ``decision`` the newest that stands."""

    answers: list[Annotation] = field(default_factory=list)
    consensus: Consensus | None = None
    review: Annotation | None = None
    decision: ReviewDecision | None = None

    @property
    def people(self) -> set[int]:
        """Who answered here."""
        return {row.annotator_id for row in self.answers if row.source == Source.HUMAN and row.annotator_id is not None}

    @property
    def is_settled(self) -> bool:
        """Whether a decision stands that nothing was said after: it is decided, waits for its author, or for somebody
        else."""
        decision = self.decision
        if decision is None or decision.answered_at is not None:
            return False
        if decision.verdict in (Verdict.ACCEPT, Verdict.CHANGE):
            return self.review is not None  # not by somebody who is in quarantine now
        return decision.waits or not any(row.created_at > decision.created_at for row in self.answers)


def opinions_of(project: Project, item_ids: Collection[int]) -> dict[int, Opinions]:
    """By item. Answers of people in quarantine are not among them; labels are told by their identity of now."""
    out, kind, scheme = left_out(project), kind_of(project), label_names(project)
    consensus_of = remembering(kind, orjson.loads, project.labels.all_keys())
    found = {pk: Opinions() for pk in item_ids}
    ids = sorted(found)
    for start in range(0, len(ids), _ITEMS):
        some = ids[start : start + _ITEMS]
        for row in Annotation.objects.current().filter(item__in=some).select_related("annotator").order_by("pk"):
            of_item = found[row.item_id or 0]  # never 0: they were looked up by it
            if out.covers(row.annotator_id, row.imported_annotator) or not scheme.counts(row.answer):
                continue
            row.answer = scheme.read(row.answer)
            if row.source == Source.REVIEW:
                of_item.review = row
            else:
                of_item.answers.append(row)
        standing = ReviewDecision.objects.standing().filter(project=project, item__in=some)
        for decision in standing.select_related("reviewer", "comment").order_by("pk"):
            found[decision.item_id].decision = decision
    for of_item in found.values():
        if of_item.answers:
            of_item.consensus = consensus_of(tuple([_given(row) for row in of_item.answers]))
    return found


def _given(row: Annotation) -> Given:
    return Given(json.dumps(row.answer, sort_keys=True), NAMED if row.imported_annotator else row.source)


def accepted_answer(project: Project, consensus: Consensus | None) -> dict[str, Any] | None:
    """The answer, as it is stored, that people's answers come to; None where they come to none that could be given:
    they are tied, lie between two steps, or the label is in use no more."""
    return accepting(project)(consensus)


def accepting(project: Project) -> Accepting:
    """``accepted_answer`` for many items: the labels in use are read once."""
    kind, question = kind_of(project), Question(LabelNames(project.labels.in_use().all_keys()))

    def accepted(consensus: Consensus | None) -> dict[str, Any] | None:
        if consensus is None or consensus.tied:
            return None
        try:
            return kind.answer_from_import(consensus.label, question)
        except InvalidAnswer:
            return None

    return accepted
