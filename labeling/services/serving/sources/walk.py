"""Rows in the order of their draw keys, for one person: index seeks from where that person stands, never a count or a
sort of the pool.

Everybody walks in the same order. That is meant for the eval split, whose first items are a random sample of it that
all measure together. The pool is walked only for the last rows that are hardly found otherwise.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from labeling.db.prepared import Prepared
from labeling.models import Reason, Split
from labeling.services.serving.cursor import AnnotatorCursor
from labeling.services.serving.mixture import Rng
from labeling.services.serving.sources.base import MustWait, Pick, Row, SubjectSource, asked
from labeling.services.serving.sources.uniform import UniformDraw


class WalkedSource(SubjectSource):
    """Subjects whose rows are all there."""

    def drawn(self, cursor: AnnotatorCursor, split: Split, count: int, picks: Sequence[Pick], rng: Rng) -> list[Pick]:
        without = [pick.row.pk for pick in picks if pick.row.split == split and not pick.is_new]
        if count <= 0 or cursor.is_exhausted(split.value):
            return []
        if split == Split.EVAL:
            found = walk(self, cursor, split.value, count, without, holds_others=bool(picks))
            return [Pick(row, Reason.EVAL) for row in found]
        found = UniformDraw(self, cursor, cursor.member.pool_known, without, rng).draw(count)
        if len(found) < count:
            without += [row.pk for row in found]
            more = count - len(found)
            found += walk(self, cursor, split.value, more, without, holds_others=bool(picks or found))
        return [Pick(row, Reason.RANDOM) for row in found]


def walk(
    source: SubjectSource, cursor: AnnotatorCursor, stream: str, count: int, without: list[int], *, holds_others: bool
) -> list[Row]:
    """Up to ``count`` rows of a stream, onward from the person's position and once around.

    ``holds_others`` says that there is something to ask already: then nothing is waited for. Raises MustWait.
    """
    if count <= 0 or cursor.is_exhausted(stream):
        return []
    member = cursor.member
    who, kind = (cursor.project.pk, member.user_id), {
        "source": source, "stream": stream, "pictures": cursor.pictures,
    }  # fmt: skip
    position = getattr(member, f"{stream}_position")
    found: list[Row] = _onward(*who, position, *without, **kind, count=count)
    if len(found) < count and position >= 0:
        found += _around(*who, position, *without, **kind, count=count - len(found))
    if not found and not holds_others:
        # what was passed over because others held its lock may still be free once they let go
        if connection.features.has_select_for_update and stream not in cursor.waited:
            raise MustWait(stream, lambda: bool(_waiting(*who, *without, **kind)))
        cursor.exhaust(stream)
    if found:
        setattr(member, f"{stream}_position", found[-1].draw_key)
    return found


def free(project: int, user: int, *without: int, source: SubjectSource, stream: str, pictures: bool) -> "QuerySet[Any]":
    """Open rows of a stream about which the person has not been asked, in the order of the draw."""
    rows = source.model._default_manager.filter(~asked(source, user, "pk"), project=project)
    rows = rows.filter(**source.in_stream(stream)).order_by("draw_key")
    if without:
        rows = rows.exclude(pk__in=without)
    related = source.related(pictures)
    return rows.select_related(*related) if related else rows


def _locked(rows: "QuerySet[Any]", *, wait: bool = False) -> "QuerySet[Any]":
    """The rows with their locks; those locked by others are passed over unless ``wait``. SQLite serialises instead."""
    return rows.select_for_update(skip_locked=not wait, no_key=True, of=("self",))


@Prepared
def _onward(
    project: int, user: int, position: int, *without: int, source: SubjectSource, stream: str, pictures: bool,
    count: int,
) -> "QuerySet[Any]":  # fmt: skip
    rows = free(project, user, *without, source=source, stream=stream, pictures=pictures)
    return _locked(rows.filter(draw_key__gt=position))[:count]


@Prepared
def _around(
    project: int, user: int, position: int, *without: int, source: SubjectSource, stream: str, pictures: bool,
    count: int,
) -> "QuerySet[Any]":  # fmt: skip
    rows = free(project, user, *without, source=source, stream=stream, pictures=pictures)
    return _locked(rows.filter(draw_key__lte=position))[:count]


@Prepared
def _waiting(
    project: int, user: int, *without: int, source: SubjectSource, stream: str, pictures: bool
) -> "QuerySet[Any]":
    rows = free(project, user, *without, source=source, stream=stream, pictures=pictures)
    return _locked(rows, wait=True)[:1]
