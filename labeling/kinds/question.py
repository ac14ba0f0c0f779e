"""What an answer is checked against."""

from collections.abc import Callable, Set

from labeling.models import Item


class InvalidAnswer(ValueError):
    """The answer does not fit the project; ``field`` names the offending key."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


class Question:
    """``labels`` are those in use, in the order of the label set. ``item`` is what is asked about: its text, its data
    and, by ``item.asset``, the size of its picture; None of a pair. That of an imported row is not stored yet, and is
    made when a kind looks at it: ``was_looked_at`` says whether an answer may depend on it."""

    __slots__ = ("_item", "labels", "was_looked_at")

    def __init__(self, labels: Set[str] = frozenset(), item: Item | Callable[[], Item] | None = None) -> None:
        self.labels = labels
        self._item = item
        self.was_looked_at = False

    @property
    def item(self) -> Item | None:
        self.was_looked_at = True
        if callable(self._item):
            self._item = self._item()
        return self._item


def one_of(label: object, labels: Set[str]) -> str:
    """The label if it is in the label set. Raises InvalidAnswer."""
    if not isinstance(label, str) or label not in labels:
        raise InvalidAnswer("label", f"{str(label)[:80]!r} is not in the label set of this project.")
    return label
