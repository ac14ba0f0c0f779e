"""What several answers to one question come to."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Aggregate:
    """``label`` is the outcome as an export has it, None when the answers are ``tied``; ``labels`` are the names in it
    (of kinds with one label an answer: the two the outcome lies between, where it is a median);
    ``soft_label`` is the share of answers per label; ``columns`` are the values of the kind's own ``item_columns``."""

    label: Any
    labels: tuple[str, ...]
    confidence: float
    soft_label: Mapping[str, float]
    tied: bool
    columns: Mapping[str, Any] = field(default_factory=dict)


def plurality(values: Sequence[str]) -> Aggregate:
    """The value most people gave; none when two share the lead."""
    counts = Counter(values)
    (first, most), *others = counts.most_common(2)
    tied = bool(others) and others[0][1] == most
    soft = {value: counts[value] / len(values) for value in sorted(counts)}
    return Aggregate(None if tied else first, () if tied else (first,), most / len(values), soft, tied)
