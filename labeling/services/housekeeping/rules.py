"""What keepers of files say about them: learning its models, encoders and features (``extensions.py``)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from labeling.extensions import installed
from labeling.services.jobs.attempts import Beat


@dataclass(frozen=True)
class Freed:
    """What was, or would be, let go of one kind in one project (None: of the installation)."""

    kind: str
    project_id: int | None = None
    files: int = 0
    size_bytes: int = 0
    rows: int = 0


@dataclass(frozen=True)
class Rule:
    """``plan(project number)`` looks only; ``apply(project number, beat)`` does it. Both say what they came to."""

    kind: str
    plan: Callable[[int], Freed]
    apply: Callable[[int, Beat], Freed]


def would_free(project_id: int) -> Iterator[Freed]:
    """What the next housekeeping would let go by the rules, as things stand; nothing is changed."""
    for rule in installed().retention:
        yield rule.plan(project_id)
