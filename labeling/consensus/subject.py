"""One subject: its answers in, its consensus out."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from labeling.consensus.agreement import share_of_equal
from labeling.kinds import QuestionKind
from labeling.models import Source

REMEMBERED = 4096
#: Among sources of answers that may count: what an import says of somebody by name.
NAMED = "named"

A = TypeVar("A")


class Given(NamedTuple):
    """An answer that may count. ``text`` is it in canonical form: equal answers are equal texts; ``source`` is one of
    Source, or NAMED, or what learning knows besides."""

    text: str
    source: str


_source_of: Callable[[Given], str] = attrgetter("source")


@dataclass(frozen=True)
class Consensus:
    """What the answers to one subject come to.

    ``label`` is None when they are ``tied``: then there is no truth, neither to export nor to measure by. ``labels``
    are the names in it.
    ``soft_label`` is the share of answers for each label, ``confidence`` that of the answer taken, ``agreement`` the
    share of pairs of answers that are equal (None below two), ``sources`` how many answers counted by source,
    ``columns`` what the kind adds to exported rows. Where a reviewer decided, ``label``, ``confidence`` and
    ``soft_label`` are his; ``votes`` and ``agreement`` stay those of people, who disagree as much as before.
    """

    label: Any
    labels: tuple[str, ...]
    confidence: float
    soft_label: Mapping[str, float]
    votes: int
    agreement: float | None
    tied: bool
    sources: Mapping[str, int]
    columns: Mapping[str, Any]

    @property
    def source(self) -> str:
        """Where the label comes from, by its name in ``SOURCES``."""
        first = next(iter(self.sources))
        return Source.IMPORT.value if first == NAMED else first


def counted(answers: Sequence[A], source_of: Callable[[A], str]) -> Sequence[A]:
    """Those of people that count: who answered here; else whom an import names; else the imported one. A reviewer's
    decision is none of them; where there is nothing else it is returned alone."""
    if len(answers) == 1:
        return answers
    for source in (Source.HUMAN, NAMED):
        if found := [answer for answer in answers if source_of(answer) == source]:
            return found
    return [answer for answer in answers if source_of(answer) != Source.REVIEW] or answers


def decided(answers: Sequence[A], source_of: Callable[[A], str]) -> A | None:
    """The reviewer's decision: where there is one it is the truth, whatever people answered."""
    for answer in answers:
        if source_of(answer) == Source.REVIEW:
            return answer
    return None


def consensus_of(
    kind: QuestionKind,
    answers: Sequence[Given],
    parse: Callable[[str], dict[str, Any]],
    labels: Set[str] = frozenset(),
) -> Consensus:
    """The consensus of one or more answers: what a reviewer decided, else by the rule of the kind. ``parse`` reads an
    answer's text; ``labels`` is the label set in its order."""
    counts = counted(answers, _source_of)
    texts = [answer.text for answer in counts]
    found = kind.aggregate([parse(text) for text in texts], labels)
    review = decided(answers, _source_of)
    if review is not None and review is not counts[0]:
        told = kind.aggregate([parse(review.text)], labels)
        # the kind's own columns stay those of people: one decision has no spread
        found = replace(told, columns=found.columns)
    asked = [] if review is counts[0] else texts
    return Consensus(
        label=found.label,
        labels=found.labels,
        confidence=found.confidence,
        soft_label=found.soft_label,
        votes=len(asked),
        agreement=share_of_equal(asked),
        tied=found.tied,
        sources=Counter(answer.source for answer in counts) if review is None else {Source.REVIEW.value: 1},
        columns=found.columns,
    )


def remembering(
    kind: QuestionKind, parse: Callable[[str], dict[str, Any]], labels: Set[str] = frozenset()
) -> Callable[[tuple[Given, ...]], Consensus]:
    """``consensus_of`` for many subjects: the same answers are counted once."""
    return lru_cache(maxsize=REMEMBERED)(lambda answers: consensus_of(kind, answers, parse, labels))
