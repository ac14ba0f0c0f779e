"""How well people agree where several answered the same subject."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from labeling.kinds import Distance


@dataclass(frozen=True)
class PeopleAgreement:
    """Over ``items`` subjects with two answers or more. ``percent`` is the share of pairs of answers that are equal;
    ``alpha`` is Krippendorff's, for the difference of the kind: 1 is perfect, 0 is what chance gives. None where
    undefined."""

    items: int
    answers: int
    percent: float | None
    alpha: float | None

    def as_dict(self) -> dict[str, float | int | None]:
        return {"items": self.items, "answers": self.answers, "percent": self.percent, "alpha": self.alpha}


def agreement_of(
    answers_by_subject: Iterable[Sequence[str]],
    distance: Callable[[Mapping[str, int]], Distance | None] = lambda totals: None,
) -> PeopleAgreement:
    """Answers as JSON with sorted keys, one list a subject; an answer counts as one value, also when it holds several
    labels. Subjects with fewer than two say nothing. ``distance`` is that of the kind, given how often each was said.

    K. Krippendorff, "Computing Krippendorff's alpha-reliability", 2011.
    """
    units = [Counter(values) for values in answers_by_subject if len(values) >= 2]
    if not units:
        return PeopleAgreement(0, 0, None, None)
    totals: Counter[str] = Counter()
    pairs = equal_pairs = 0
    for unit in units:
        totals.update(unit)
        pairs += unit.total() * (unit.total() - 1)
        equal_pairs += _equal_pairs(unit)
    apart = distance(totals)
    observed = sum(_differences(unit, apart) / (unit.total() - 1) for unit in units)
    n = totals.total()
    expected = _differences(totals, apart) / (n - 1)
    return PeopleAgreement(len(units), n, equal_pairs / pairs, 1 - observed / expected if expected else None)


def _differences(counts: "Counter[str]", apart: Distance | None) -> float:
    """Summed over the ordered pairs of values."""
    if apart is None:
        return counts.total() * (counts.total() - 1) - _equal_pairs(counts)
    return sum(n * m * apart(one, other) for one, n in counts.items() for other, m in counts.items() if one != other)


def share_of_equal(answers: Sequence[str]) -> float | None:
    """Share of pairs of answers that are equal; None below two answers."""
    n = len(answers)
    if n < 2:
        return None
    return _equal_pairs(Counter(answers)) / (n * (n - 1))


def _equal_pairs(counts: "Counter[str]") -> int:
    """Ordered pairs of equal values."""
    return sum(count * (count - 1) for count in counts.values())
