"""What an answer is checked against."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from types import MappingProxyType

from labeling.kinds.spelling import name_key
from labeling.models import Item


class InvalidAnswer(ValueError):
    """The answer does not fit the project; ``field`` names the offending key."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


class LabelNames(Set[str]):
    """Names of labels in their order, each found by any spelling that looks the same (``spelling.name_key``), and by
    those it had before: ``former`` has them with the name of now, and ``renamed`` the ones that were looked for."""

    __slots__ = ("_former", "_keys", "_names", "renamed")

    def __init__(self, names: Iterable[str] = (), former: Mapping[str, str] = MappingProxyType({})) -> None:
        self._names = dict.fromkeys(names)
        self._keys: dict[str, str] | None = None
        self._former = former
        self.renamed: dict[str, str] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def add(self, name: str) -> None:
        self._names[name] = None
        self._keys = None

    def find(self, given: str) -> str | None:
        """The name that is given, however it is spelled; None where none is, or where two look the same."""
        if given in self._names:
            return given
        if self._keys is None:
            self._keys = {}
            for name in self._names:  # sets of before 0065 may hold twins: neither is meant by a third spelling
                key = name_key(name)
                self._keys[key] = "" if key in self._keys else name
        key = name_key(given)
        found = self._keys.get(key) or None
        if found is None and self._former:
            now = {name for old, name in self._former.items() if name_key(old) == key}
            if len(now) == 1:
                found = self.renamed[given] = now.pop()
        return found


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
    """The label as the label set spells it. Raises InvalidAnswer."""
    if isinstance(label, str):
        if label in labels:
            return label
        if isinstance(labels, LabelNames) and (name := labels.find(label)):
            return name
    raise InvalidAnswer("label", f"{str(label)[:80]!r} is not in the label set of this project.")
