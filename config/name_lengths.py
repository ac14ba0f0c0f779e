"""Whether every name of a registry fits the column it is stored in: PostgreSQL refuses one that is too long when
somebody uses it, SQLite takes it without a word."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import models

#: A model, the name of its field, and what may be stored there.
Stored = tuple[type[models.Model], str, Iterable[str]]


@register(Tags.models, deploy=True)
def names_fit_their_columns(**_: Any) -> list[CheckMessage]:
    """A check of ``make check`` and not of every start: it loads the writers of all formats."""
    return too_long(stored_names())


def too_long(stored: Iterable[Stored]) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for model, field, names in stored:
        column = model._meta.get_field(field)
        room = getattr(column, "max_length", None) or 0
        hint = "Shorten the name, or give the field more room with a migration."
        found += [
            Error(f"{name!r} has {len(name)} characters, {model.__name__}.{field} holds {room}.", hint=hint, obj=column,
                  id="config.E004")
            for name in sorted(set(names)) if len(name) > room
        ]  # fmt: skip
    return found


def stored_names() -> Iterator[Stored]:
    """Every registry whose names are stored. What has ``choices`` is checked by Django."""
    from labeling.kinds import KINDS  # noqa: PLC0415  # models are not loaded when checks are registered
    from labeling.models import AuditEvent, Epoch, Project, Snapshot, Task  # noqa: PLC0415
    from labeling.selectors.row_shapes import row_names  # noqa: PLC0415
    from labeling.services.audit.actions import ACTIONS  # noqa: PLC0415
    from labeling.services.exports import format_names  # noqa: PLC0415
    from labeling.services.projects.setting_choices import choices  # noqa: PLC0415
    from learning.core.pairwise.model import LEARNER  # noqa: PLC0415
    from learning.models import ArmComparison, ModelVersion  # noqa: PLC0415

    yield Snapshot, "format", format_names()
    yield Snapshot, "rows", row_names()
    yield Project, "kind", KINDS
    yield AuditEvent, "action", ACTIONS
    yield ArmComparison, "metric", [kind.headline for kind in KINDS.values()]
    for model in (Project, Task, Epoch, ModelVersion):
        yield model, "strategy", choices("strategy")
    for model in (Project, ModelVersion):
        yield model, "encoder", choices("encoder")
        yield model, "learner", [*choices("learner"), LEARNER]
