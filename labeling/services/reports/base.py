"""What a report is, and how it is kept as JSON."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from labeling.models import Progress, Project

#: Of so many answers whoever looks makes it himself: a project of before yesterday is right at once.
FEW_ANSWERS = 5_000
FEW_ITEMS = 20_000


def is_small(project: Project) -> bool:
    """Few answers and few items, by what is counted already."""
    row = Progress.objects.filter(project=project).first() or Progress(project=project)
    return row.annotations + row.imported_annotations <= FEW_ANSWERS and row.next_ordinal <= FEW_ITEMS


def has_few_answers(project: Project) -> bool:
    row = Progress.objects.filter(project=project).first() or Progress(project=project)
    return row.annotations + row.imported_annotations <= FEW_ANSWERS


@dataclass(frozen=True)
class Report:
    """``make(project, key)`` reads what it needs and gives a dataclass or plain values; ``decode`` makes the same of
    what was kept of it. ``is_small``: of such a project it is made by whoever looks. ``moves``: with what people
    answer; what does not is made anew when it is an hour old."""

    make: Callable[[Project, str], Any]
    decode: Callable[[Any], Any] = lambda content: content
    is_small: Callable[[Project], bool] = has_few_answers
    moves: bool = True


@dataclass(frozen=True)
class Told:
    """``content`` is None while it is being made for the first time. ``read_at`` is None of one that is of now."""

    content: Any
    read_at: datetime | None = None

    @property
    def is_counting(self) -> bool:
        return self.content is None

    @property
    def as_of(self) -> dict[str, Any]:
        """Told beside it over REST: ``counted_at``, and ``counting`` where there is nothing yet."""
        return {"counted_at": self.read_at, "counting": self.is_counting}


class StillCounting(Exception):
    """There is nothing to tell yet; ``str`` says why, to the person who asked."""


def from_json(hint: Any, value: Any, **names: Any) -> Any:
    """A dataclass (or NamedTuple) of what ``asdict`` and JSON left of it, by its annotations; ``names`` are those that
    its module imports for type checkers alone."""
    if value is None or hint is Any:
        return value
    if is_dataclass(hint) and isinstance(hint, type):
        types = get_type_hints(hint, localns=names)
        return hint(**{one.name: from_json(types[one.name], value[one.name], **names) for one in fields(hint)})
    if isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_fields"):
        types = get_type_hints(hint, localns=names)
        return hint(*(from_json(types[name], one, **names) for name, one in zip(hint._fields, value, strict=True)))
    if hint in (date, datetime):
        return hint.fromisoformat(value)
    return _of_several(get_origin(hint), get_args(hint), value, names)


def _of_several(origin: Any, inner: tuple[Any, ...], value: Any, names: dict[str, Any]) -> Any:
    if origin is tuple:
        of = inner if inner[-1] is not Ellipsis else inner[:1] * len(value)
        return tuple(from_json(one, each, **names) for one, each in zip(of, value, strict=True))
    if origin in (list, Sequence):
        return [from_json(inner[0], each, **names) for each in value]
    if origin in (dict, Mapping):
        return {inner[0](key): from_json(inner[1], each, **names) for key, each in value.items()}
    plain = [one for one in inner if one is not NoneType]
    return from_json(plain[0], value, **names) if len(plain) == 1 and origin is not None else value
