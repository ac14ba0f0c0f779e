"""How well people agree where several answered the same subject."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class PeopleAgreement:
    """Over ``items`` subjects with two answers or more. ``percent`` is the share of pairs of answers that are equal;
    ``alpha`` is Krippendorff's for nominal values: 1 is perfect, 0 is what chance gives. None where undefined."""

    items: int
    answers: int
    percent: float | None
    alpha: float | None

    def as_dict(self) -> dict[str, float | int | None]:
        return {"items": self.items, "answers": self.answers, "percent": self.percent, "alpha": self.alpha}


def agreement_of(answers_by_subject: Iterable[Sequence[str]]) -> PeopleAgreement:
    """Answers as canonical texts, one list a subject; an answer counts as one value, also when it holds several labels.
    Subjects with fewer than two say nothing.

    K. Krippendorff, "Computing Krippendorff's alpha-reliability", 2011.
    """
    units = [Counter(values) for values in answers_by_subject if len(values) >= 2]
    if not units:
        return PeopleAgreement(0, 0, None, None)
    total: Counter[str] = Counter()
    pairs = equal_pairs = 0
    observed = 0.0
    for unit in units:
        n = unit.total()
        total.update(unit)
        same = _equal_pairs(unit)
        pairs += n * (n - 1)
        equal_pairs += same
        observed += (n * (n - 1) - same) / (n - 1)
    n = total.total()
    expected = (n * (n - 1) - _equal_pairs(total)) / (n - 1)
    return PeopleAgreement(len(units), n, equal_pairs / pairs, 1 - observed / expected if expected else None)


def share_of_equal(answers: Sequence[str]) -> float | None:
    """Share of pairs of answers that are equal; None below two answers."""
    n = len(answers)
    if n < 2:
        return None
    return _equal_pairs(Counter(answers)) / (n * (n - 1))


def _equal_pairs(counts: "Counter[str]") -> int:
    """Ordered pairs of equal values."""
    return sum(count * (count - 1) for count in counts.values())
