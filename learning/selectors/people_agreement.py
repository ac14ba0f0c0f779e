"""How far people agree, in all, label by label and two by two: Krippendorff's alpha with its interval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import orjson

from labeling.consensus import counted
from labeling.kinds import QuestionKind, kind_of
from labeling.models import Project
from labeling.selectors.label_names import label_names
from labeling.selectors.people import PersonKey
from labeling.selectors.people.cards import names_of
from labeling.selectors.people.compared import ComparedAnswer, by_subject, newest_answers
from labeling.selectors.people.counts import newest_from
from learning.core.arrays import DoubleArray
from learning.core.evaluation.interval_words import TOO_FEW

if TYPE_CHECKING:
    from learning.core.evaluation.intervals import Estimate

#: The newest with several answers: what is known to .02 needs no further item, and a page waits for this.
MOST_SUBJECTS = 5_000
#: Of subjects times different answers: a few megabytes.
_MOST_CELLS = 4_000_000
MOST_LABELS, MOST_PEOPLE = 50, 30
DRAWS_OF_A_PAIR = 300
SAME = "undefined: everybody said the same"
NOTHING_TWICE = "undefined: nothing was answered twice"


class AlphaFound(NamedTuple):
    """``estimate`` is None where alpha is undefined, and ``words`` say why; ``n`` is the number of items."""

    estimate: Estimate | None
    n: int
    words: str = ""


@dataclass(frozen=True)
class PeoplePair:
    """Two people by their places among ``people``."""

    one: int
    other: int
    found: AlphaFound


@dataclass(frozen=True)
class AgreementReport:
    """``labels`` by name, those given most first; ``people`` with most answers that others gave too, ``pairs`` of them
    that answered something both."""

    overall: AlphaFound
    labels: tuple[tuple[str, AlphaFound], ...]
    people: tuple[str, ...]
    pairs: tuple[PeoplePair, ...]
    left_out: int  # subjects beyond the newest


Units = list[list[ComparedAnswer]]


def agreement_report(project: Project) -> AgreementReport:
    """Answers of people in quarantine do not count. The same answers have the same figures, intervals too."""
    kind, rng = kind_of(project), np.random.default_rng(project.pk)
    answers = [one for one in newest_answers(project, newest_from(project)) if one.said.counts]
    given = ([answers[place] for place in places] for places in by_subject(answers).values() if len(places) > 1)
    several = [unit for some in given if len(unit := list(counted(some, _source))) > 1]
    units = several[-_room_for(several) :] if several else []
    labels_of = lru_cache(maxsize=4096)(lambda text: kind.labels_of(orjson.loads(text)))
    place_of, is_ordinal = _values(kind, project, units)

    def alpha_of(some: Units, draws: int) -> AlphaFound:
        counts = np.zeros((len(some), len(place_of)))
        for row, unit in enumerate(some):
            for answer in unit:
                counts[row, place_of[answer.said.given.text]] += 1
        return _found(counts, rng, ordinal=is_ordinal, draws=draws)

    people, pairs = _two_by_two(units, lambda some: alpha_of(some, DRAWS_OF_A_PAIR))
    names = names_of(project, people)
    return AgreementReport(
        overall=alpha_of(units, 1_000),
        labels=tuple(_label_by_label(project, units, labels_of, rng)) if kind.has_labels else (),
        people=tuple(names[person] for person in people),
        pairs=pairs,
        left_out=len(several) - len(units),
    )


def _source(answer: ComparedAnswer) -> str:
    return answer.said.given.source


def _room_for(units: Units) -> int:
    different = len({answer.said.given.text for unit in units for answer in unit})
    return max(1, min(MOST_SUBJECTS, _MOST_CELLS // different))


def _values(kind: QuestionKind, project: Project, units: Units) -> tuple[dict[str, int], bool]:
    """The place of every answer among the values, and whether they are steps in their order."""
    texts = sorted({answer.said.given.text for unit in units for answer in unit})
    steps = kind.in_order(project.labels.all_keys())
    if not steps:
        return {text: place for place, text in enumerate(texts)}, False
    step_of = {text: kind.labels_of(orjson.loads(text))[0] for text in texts}
    if not set(step_of.values()) <= set(steps):
        steps = kind.in_order(sorted(set(step_of.values())))
    return {text: steps.index(step) for text, step in step_of.items()}, True


def _found(counts: DoubleArray, rng: np.random.Generator, *, ordinal: bool, draws: int) -> AlphaFound:
    if not len(counts):
        return AlphaFound(None, 0, NOTHING_TWICE)
    # scipy comes with the first report, not with every web process
    from learning.core.evaluation.intervals_alpha import alpha_interval  # noqa: PLC0415

    patterns = counts[:, counts.any(axis=0)] if not ordinal else counts
    estimate = alpha_interval(patterns, rng, ordinal=ordinal, draws=draws)
    return AlphaFound(estimate, len(counts), "" if estimate else SAME)


def _label_by_label(
    project: Project, units: Units, labels_of: Callable[[str], tuple[str, ...]], rng: np.random.Generator
) -> Iterable[tuple[str, AlphaFound]]:
    """Whether the label is given or not, over all answers."""
    given: Counter[str] = Counter(
        label for unit in units for answer in unit for label in labels_of(answer.said.given.text)
    )
    sizes, names = np.array([len(unit) for unit in units], dtype=np.float64), label_names(project)
    rows: dict[str, DoubleArray] = {label: np.zeros(len(units)) for label, _ in given.most_common(MOST_LABELS)}
    for row, unit in enumerate(units):
        for answer in unit:
            for label in labels_of(answer.said.given.text):
                if label in rows:
                    rows[label][row] += 1
    for label, with_it in rows.items():
        yield names.name(label), _found(np.stack((with_it, sizes - with_it), axis=1), rng, ordinal=False, draws=1_000)


def _two_by_two(
    units: Units, alpha_of: Callable[[Units], AlphaFound]
) -> tuple[list[PersonKey], tuple[PeoplePair, ...]]:
    """The people who answered most beside others, and any two of them over the subjects both answered."""
    times: Counter[PersonKey] = Counter(answer.person for unit in units for answer in unit)
    people = [person for person, _ in times.most_common(MOST_PEOPLE)]
    place_of = {person: place for place, person in enumerate(people)}
    common: dict[tuple[int, int], Units] = {}
    for unit in units:
        shown = sorted((place_of[one.person], one) for one in unit if one.person in place_of)
        for (one, first), (other, second) in combinations(shown, 2):
            common.setdefault((one, other), []).append([first, second])
    return people, tuple(
        PeoplePair(one, other, alpha_of(some)) for (one, other), some in sorted(common.items(), key=lambda row: row[0])
    )


def lowest(report: AgreementReport, most: int = 8) -> Sequence[PeoplePair]:
    """The pairs of people who surely agree least: by the upper end, for with a few items chance alone goes far down."""
    told = [(pair.found.estimate, pair) for pair in report.pairs if pair.found.n >= TOO_FEW]
    known = [(found.high, found.value, pair) for found, pair in told if found]
    return [pair for _, _, pair in sorted(known, key=lambda row: row[:2])[:most]]
