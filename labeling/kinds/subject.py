"""What a question is about, and the one place that tells one sort of subject from another."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar, assert_never

T = TypeVar("T")


class Subject(StrEnum):
    """``ITEM``: one item. ``PAIR``: two items of one context, side by side. The value is the name of the relation by
    which tasks and annotations know theirs."""

    ITEM = "item"
    PAIR = "pair"


@dataclass(frozen=True)
class PerSubject(Generic[T]):
    """One thing for every sort of subject: the code that differs by it, each beside the other.

    A further subject is a further field here, and the type checker names every table that lacks it.
    """

    item: T
    pair: T

    def of(self, subject: Subject) -> T:
        match subject:
            case Subject.ITEM:
                return self.item
            case Subject.PAIR:
                return self.pair
        assert_never(subject)
