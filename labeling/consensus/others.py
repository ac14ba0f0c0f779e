"""Whether an answer is what the others come to: everybody is left out of the consensus he is held against."""

from collections.abc import Callable, Sequence, Set
from functools import lru_cache, partial
from typing import Any, NamedTuple

from labeling.consensus.subject import REMEMBERED, Given, consensus_of
from labeling.kinds import Confusion, QuestionKind


class GivenBy(NamedTuple):
    """An answer and whether it speaks when others are held against it: those of people in quarantine do not."""

    given: Given
    counts: bool


#: Of one answer: where it differs from what the others come to, nothing where it does not; None where they come to
#: nothing: nobody else answered, or they are tied.
Verdicts = tuple[tuple[Confusion, ...] | None, ...]


def against_the_others(
    kind: QuestionKind, parse: Callable[[str], dict[str, Any]], labels: Set[str] = frozenset()
) -> Callable[[tuple[GivenBy, ...]], Verdicts]:
    """The verdict on each of the answers of one subject, in their order; the same answers are compared once. With
    everybody in, two people would agree with themselves in half of what they say."""
    verdict = partial(_verdict, kind, parse, labels)
    return lru_cache(maxsize=REMEMBERED)(lambda answers: tuple(verdict(answers, at) for at in range(len(answers))))


def _verdict(
    kind: QuestionKind,
    parse: Callable[[str], dict[str, Any]],
    labels: Set[str],
    answers: Sequence[GivenBy],
    place: int,
) -> tuple[Confusion, ...] | None:
    others = [other.given for at, other in enumerate(answers) if at != place and other.counts]
    if not others:
        return None
    found = consensus_of(kind, others, parse, labels)
    return None if found.tied else kind.confusions(parse(answers[place].given.text), found.labels)
