"""What an answer is checked against."""

from collections.abc import Set
from dataclasses import dataclass

from labeling.models import Item


class InvalidAnswer(ValueError):
    """The answer does not fit the project; ``field`` names the offending key."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Question:
    """``labels`` are those in use, in the order of the label set. ``item`` is what the task shows: its text and, by
    ``item.asset``, the size of its picture; None of a pair, and of an imported row that is not stored yet."""

    labels: Set[str] = frozenset()
    item: Item | None = None


def one_of(label: object, labels: Set[str]) -> str:
    """The label if it is in the label set. Raises InvalidAnswer."""
    if not isinstance(label, str) or label not in labels:
        raise InvalidAnswer("label", f"{str(label)[:80]!r} is not in the label set of this project.")
    return label
