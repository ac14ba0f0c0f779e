"""Random rows of the pool at constant cost, each uniform over what the person may be asked (decision 0057).

Addresses are drawn and looked up until one is free, so a row's chance depends on nothing that was drawn before: not on
the person's own draws, not on anybody else's, not on when the row was imported. Rows in the order of a stored random
number cannot have that: all people would meet the same ones first.
"""

from collections.abc import Collection
from typing import Any

from django.db.models import F, QuerySet

from labeling.db.prepared import Prepared, PreparedRows
from labeling.models import Split
from labeling.services.serving.cursor import AnnotatorCursor
from labeling.services.serving.mixture import Rng
from labeling.services.serving.sources.base import Row, SubjectSource, asked

#: Addresses that one statement looks up: few sizes, so that the database sees few statements.
SIZES = (2, 3, 4, 6, 8, 12, 16, 32, 64)
#: Free rows a statement should find, besides those wanted: where most are open it nearly always finds enough.
SPARE = 0.5
ROUNDS = 6
#: Free rows that all rounds together must be expected to find, or the few open ones are looked at at once.
MIN_HITS = 3
#: Open rows that are looked at one by one: where hardly an address is hit, or there are no more than this anyway.
FEW, ENUMERATED = 32, 2_000
#: With more open rows than that and hardly an address hit: a run of this many free rows from a random place.
RUN = 64
#: Nor that, when the person was asked about all but this share of what is open.
RUN_ABOVE = 1 / 16
KEYS = 2**63


class UniformDraw:
    """One draw of up to ``count`` rows, with their locks; what others hold the lock of just now is not drawn."""

    def __init__(
        self, source: SubjectSource, cursor: AnnotatorCursor, known: int, without: Collection[int], rng: Rng
    ) -> None:
        self.source, self.cursor, self.rng = source, cursor, rng
        self.who = (cursor.project.pk, cursor.member.user_id)
        self.kind: dict[str, Any] = {"source": source, "pictures": cursor.pictures}
        self.n_open = getattr(cursor.progress, source.size_column(Split.POOL))
        self.n_free = max(1, self.n_open - known)
        self.without = set(without)
        self.found: list[Row] = []

    def draw(self, count: int) -> list[Row]:
        if self.n_open > FEW:
            self._by_address(count)
        if len(self.found) < count:
            if self.n_open <= ENUMERATED:
                self._one_by_one(_all_free(*self.who, source=self.source), count)
            elif self.n_free > RUN_ABOVE * self.n_open:
                self._one_by_one(self._run(count), count)
        return self.found

    def _by_address(self, count: int) -> None:
        low, high = self.source.addresses(self.cursor)
        span = high - low
        if span * MIN_HITS > self.n_free * SIZES[-1] * ROUNDS and self.n_open <= ENUMERATED:
            return
        for _ in range(ROUNDS):
            missing = count - len(self.found)
            if missing <= 0 or span < 1:
                return
            wanted = (missing + SPARE) * span / self.n_free
            size = next((size for size in SIZES if size >= wanted), SIZES[-1])
            drawn = [low + int(self.rng.random() * span) for _ in range(size)]
            there = {getattr(row, self.source.address): row for row in _at(*self.who, *drawn, **self.kind)}
            self._keep([there[at] for at in dict.fromkeys(drawn) if at in there][:missing])

    def _keep(self, rows: "list[Row]") -> None:
        """Those that are not there yet: none is drawn twice."""
        rows = [row for row in rows if row.pk not in self.without]
        self.without.update(row.pk for row in rows)
        self.found += rows

    def _run(self, count: int) -> list[tuple[Any, ...]]:
        """A run of free rows in the order of their draw keys, from a random place and once around."""
        place, length = int(self.rng.random() * KEYS), RUN + count
        rows = _free_in(*self.who, place, KEYS - 1, source=self.source, length=length)
        return rows if len(rows) >= length else rows + _free_in(*self.who, -1, place, source=self.source, length=length)

    def _one_by_one(self, free: list[tuple[Any, ...]], count: int) -> None:
        left = [pk for (pk,) in free if pk not in self.without]
        while left and (missing := count - len(self.found)) > 0:
            chosen = [left.pop(int(self.rng.random() * len(left))) for _ in range(min(missing, len(left)))]
            size = next(size for size in SIZES if size >= len(chosen))
            padded = chosen + chosen[:1] * (size - len(chosen))
            there = {row.pk: row for row in _these(self.who[1], *padded, **self.kind)}
            self._keep([there[pk] for pk in chosen if pk in there])


def _free(source: SubjectSource, user: int) -> "QuerySet[Any]":
    """Open rows of the pool about which the person has not been asked.

    Open is spelled out, not ``is_open``: neither database may then begin at the index of all open rows.
    """
    rows = source.model._default_manager.filter(~asked(source, user, "pk"), split=Split.POOL)
    return rows.filter(slots_taken__lt=F("annotations_required"), **source.usable()).order_by()


def _locked(rows: "QuerySet[Any]", source: SubjectSource, pictures: bool) -> "QuerySet[Any]":
    related = source.related(pictures)
    rows = rows.select_related(*related) if related else rows
    return rows.select_for_update(skip_locked=True, no_key=True, of=("self",))


@Prepared
def _at(project: int, user: int, *addresses: int, source: SubjectSource, pictures: bool) -> "QuerySet[Any]":
    rows = _free(source, user).filter(project=project, **{f"{source.address}__in": addresses})
    return _locked(rows, source, pictures)


@Prepared
def _these(user: int, *pks: int, source: SubjectSource, pictures: bool) -> "QuerySet[Any]":
    """By their keys alone: asked for the project too, SQLite would read all of its items."""
    return _locked(_free(source, user).filter(pk__in=pks), source, pictures)


@PreparedRows
def _all_free(project: int, user: int, *, source: SubjectSource) -> "QuerySet[Any, Any]":
    rows = source.model._default_manager.filter(~asked(source, user, "pk"), project=project)
    return rows.filter(**source.in_stream(Split.POOL.value)).order_by("draw_key").values_list("pk")


@PreparedRows
def _free_in(
    project: int, user: int, after: int, last: int, *, source: SubjectSource, length: int
) -> "QuerySet[Any, Any]":
    rows = source.model._default_manager.filter(~asked(source, user, "pk"), project=project)
    rows = rows.filter(**source.in_stream(Split.POOL.value), draw_key__gt=after, draw_key__lte=last)
    return rows.order_by("draw_key").values_list("pk")[:length]
