"""What is asked about: one module a sort of subject, and which of them a project has."""

from collections.abc import Callable

from labeling.kinds import PerSubject, kind_of
from labeling.models import Pairs, Project
from labeling.services.serving.sources.any_pairs import AnyPairs
from labeling.services.serving.sources.base import BEYOND_SLOTS, Entry, MustWait, Pick, Raced, Row, SubjectSource
from labeling.services.serving.sources.items import Items
from labeling.services.serving.sources.pairs import GivenPairs

__all__ = [
    "ANY_PAIRS", "BEYOND_SLOTS", "EVERY_ROW", "GIVEN_PAIRS", "ITEMS", "Entry", "MustWait", "Pick", "Raced", "Row",
    "SubjectSource", "source_of",
]  # fmt: skip

ITEMS, ANY_PAIRS, GIVEN_PAIRS = Items(), AnyPairs(), GivenPairs()
#: One source for each sort of rows that have slots: a project of pairs has items too.
EVERY_ROW: tuple[SubjectSource, ...] = (ITEMS, ANY_PAIRS)

_SOURCES: PerSubject[Callable[[Project], SubjectSource]] = PerSubject(
    item=lambda project: ITEMS,
    pair=lambda project: GIVEN_PAIRS if project.pairs == Pairs.GIVEN else ANY_PAIRS,
)


def source_of(project: Project) -> SubjectSource:
    """Where the questions of the project come from."""
    return _SOURCES.of(kind_of(project).subject)(project)
