"""What the second opinions of a project have come to so far."""

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from labeling.consensus import left_out
from labeling.kinds import kind_of
from labeling.models import Annotation, Project, Reason, Source, Split
from labeling.selectors.label_names import label_names
from learning.core.evaluation.difference_words import difference_words
from learning.core.evaluation.interval_words import interval_words
from learning.selectors.estimates import with_note

if TYPE_CHECKING:
    from learning.core.second_opinions import Shown

#: Items of one question to the database.
_ITEMS = 500


def shown_so_far(project: Project) -> "Shown":
    """How many second opinions were given to items that had one answer, and how many of them contradict it.

    Answers of people in quarantine do not count, nor a third opinion: it speaks of two others.
    """
    from learning.core.second_opinions import Shown  # noqa: PLC0415  # SciPy is not needed to answer

    kind, scheme, out = kind_of(project), label_names(project), left_out(project).users
    answers = Annotation.objects.current().filter(source=Source.HUMAN, item__split=Split.POOL)
    answers = answers.exclude(annotator__in=out)
    opinions = answers.filter(project=project, task__reason=Reason.SECOND_OPINION).values_list("item", flat=True)
    items = sorted(set(opinions))
    given = contradicted = 0
    for start in range(0, len(items), _ITEMS):
        said: dict[int, list[tuple[str, list[str]]]] = defaultdict(list)
        rows = answers.filter(item__in=items[start : start + _ITEMS]).exclude(task__reason=Reason.REPEAT)
        # by tasks: who changes an answer later has not said it later
        for item, reason, answer in rows.order_by("task").values_list("item", "task__reason", "answer"):
            if answer is not None:
                labels = sorted(kind.labels_of(scheme.read(answer)))
                said[item or 0].append((reason, labels))  # never 0: they were looked up by it
        for (_, first), (reason, second) in (pair[:2] for pair in said.values() if len(pair) > 1):
            if reason == Reason.SECOND_OPINION:
                given, contradicted = given + 1, contradicted + (first != second)
    return Shown(given, contradicted)


@dataclass(frozen=True)
class OpinionEvidence:
    """How often second opinions contradict the first answer, beside how often two people disagree about eval items,
    which were drawn at random; ``text`` says whether that pays."""

    text: str
    contradicted: dict[str, Any] | None = None
    at_random: dict[str, Any] | None = None
    difference: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def opinion_evidence(project: Project) -> OpinionEvidence:
    """Empty text where no second opinion was given."""
    shown = shown_so_far(project)
    return evidence_of(shown.contradicted, shown.given, *disagreements(project)) if shown.given else OpinionEvidence("")


def evidence_of(contradicted: int, given: int, differ: int, twice: int) -> OpinionEvidence:
    """By counts: of second opinions and those that contradict, of eval items with two answers and those that differ."""
    from learning.core.evaluation.intervals import share  # noqa: PLC0415  # SciPy is not needed to answer
    from learning.core.evaluation.intervals_difference import weighted_sum  # noqa: PLC0415

    seen, by_chance = share(contradicted, given), share(differ, twice)
    both = with_note(seen.as_dict()), with_note(by_chance.as_dict())
    text = f"Second opinions contradicted the first answer in {_in_words(seen.as_dict())}."
    if both[0]["note"] or both[1]["note"]:
        return OpinionEvidence(f"{text} Whether that is more than by chance: too few to say.", *both)
    difference = weighted_sum((1.0, seen), (-1.0, by_chance)).as_dict()
    known = difference_words("share", difference["value"], difference["low"], difference["high"], int(difference["n"]))
    text += f" About items drawn at random two people disagree in {_in_words(by_chance.as_dict())}: {known}."
    if difference["low"] > 0:
        text += " They find more than chance would: they pay."
    elif difference["high"] < 0:
        text += " They find less than chance would: they do not pay."
    else:
        text += " Whether they find more than chance would cannot be said yet."
    return OpinionEvidence(text, *both, with_note(difference))


def disagreements(project: Project) -> tuple[int, int]:
    """About how many eval items the first two people disagree, and how many two people answered."""
    kind, scheme, out = kind_of(project), label_names(project), left_out(project).users
    answers = Annotation.objects.current().filter(project=project, source=Source.HUMAN, item__split=Split.EVAL)
    answers = answers.filter(item__answers__gt=1).exclude(annotator__in=out).exclude(task__reason=Reason.REPEAT)
    said: dict[int, list[list[str]]] = defaultdict(list)
    for item, answer in answers.order_by("task").values_list("item", "answer"):
        if answer is not None:
            said[item or 0].append(sorted(kind.labels_of(scheme.read(answer))))
    pairs = [given[:2] for given in said.values() if len(given) > 1]
    return sum(first != second for first, second in pairs), len(pairs)


def _in_words(found: dict[str, Any]) -> str:
    known = interval_words(100 * found["low"], 100 * found["high"], found["n"], 0, unit="%")
    return f"{found['value']:.0%} of {found['n']:,} ({known})"
