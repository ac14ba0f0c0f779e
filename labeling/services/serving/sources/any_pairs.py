"""Any two items of a context: drawn without a row, which a pair gets when it is asked (decision 0023)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, cast

from django.db import connection
from django.db.models import F

from labeling.db import pair_rows as rows
from labeling.models import Item, Pair, Progress, Project, Reason, Split
from labeling.services.serving.cursor import AnnotatorCursor
from labeling.services.serving.mixture import Rng
from labeling.services.serving.sources import random_pairs
from labeling.services.serving.sources.base import Entry, MustWait, Pick, Raced, asked, hold_slots
from labeling.services.serving.sources.pairs import GivenPairs, active_pair
from labeling.services.serving.sources.random_pairs import DrawnPair

LAST_DRAW_KEY = 2**63 - 1


class AnyPairs(GivenPairs):
    """Imported pairs are asked like any others of their context."""

    address = ""

    def size_column(self, split: str) -> str:
        """Items that a random pair can begin with."""
        return f"{split}_partnered"

    def moved(self, picks: Iterable[Pick]) -> "Counter[str]":
        picks = list(picks)
        moved = super().moved(picks)
        moved["pairs"] += sum(pick.is_new for pick in picks)
        return moved

    def leaves(self, pick: Pick) -> int:
        return 0  # its items can begin another pair

    def usable(self, at: str = "") -> dict[str, Any]:
        return active_pair(at)

    def drawn(self, cursor: AnnotatorCursor, split: Split, count: int, picks: Sequence[Pick], rng: Rng) -> list[Pick]:
        if count <= 0 or cursor.is_exhausted(split) or not getattr(cursor.progress, self.size_column(split)):
            return []
        return _PairDrawing(self, cursor, split, picks, rng).draw(count)

    def queued(self, entry: Entry) -> Pick:
        pick = super().queued(entry)
        pair = cast("Pair", pick.row)
        pick.weight = 2 / max(1, pair.context.pool_active - 1)  # by either of its items
        return pick

    def settle(self, cursor: AnnotatorCursor, picks: list[Pick]) -> list[Pick]:
        """Makes the rows of pairs that have none; loads what their questions show.

        A pair that somebody else was asked about since it was drawn is taken there if it is free at once, else dropped.
        Raises Raced when nothing is left.
        """
        new = {_key(pick): pick for pick in picks if pick.is_new}
        if not new:
            return picks
        raced = {} if not connection.features.has_select_for_update else _free(self, cursor, set(new))
        if raced:
            picks = self._settle_race(cursor, picks, raced)
            new = {key: pick for key, pick in new.items() if pick.is_new and key not in raced}
        if not picks:
            raise Raced
        overlap = Project.objects.values_list("overlap", flat=True).get(pk=cursor.project.pk)
        made = [cast("Pair", pick.row) for pick in new.values()]
        for pair in made:  # somebody may have changed it meanwhile
            pair.annotations_required, pair.is_open = overlap, overlap > 1
        Pair.objects.bulk_create(made)
        _load(made, cursor)
        return picks

    def _settle_race(
        self, cursor: AnnotatorCursor, picks: list[Pick], raced: dict[rows.Key, Pair | None]
    ) -> list[Pick]:
        kept, taken = [], []
        moved: Counter[str] = Counter()
        for pick in picks:
            if not pick.is_new or (key := _key(pick)) not in raced:
                kept.append(pick)
                continue
            moved["pairs"] -= 1
            pair = raced[key]
            if pair is None:
                moved["draws"] -= pick.is_draw
                continue
            pick.row = pair
            taken.append(pick)
            kept.append(pick)
        hold_slots(taken)
        self.take([pick.row for pick in taken])
        moved.update(self.moved(taken))
        Progress.objects.filter(project=cursor.project).update(**{name: F(name) + by for name, by in moved.items()})
        return kept


class _PairDrawing:
    """Random pairs of one split for one person: by draws, and once those hardly ever hit, by a walk over all."""

    def __init__(
        self, source: AnyPairs, cursor: AnnotatorCursor, split: Split, picks: Sequence[Pick], rng: Rng
    ) -> None:
        self.source, self.cursor, self.split, self.rng = source, cursor, split, rng
        self.reason = Reason.EVAL if split == Split.EVAL else Reason.RANDOM
        self.keys = {_key(pick) for pick in picks}
        self.holds_others = bool(picks)
        self.found: list[Pick] = []

    def draw(self, count: int) -> list[Pick]:
        for _ in range(random_pairs.ROUNDS):
            missing = count - len(self.found)
            if missing <= 0:
                break
            drawn = random_pairs.draw(self.cursor.project.pk, self.split, missing, self.cursor.progress, self.rng)
            self._take(drawn, count)
        if len(self.found) < count:
            self._walk(count)
        return self.found

    def _walk(self, count: int) -> None:
        """From the person's position and once around."""
        cursor, member = self.cursor, self.cursor.member
        position = getattr(member, f"{self.split}_position")
        seen = False
        for span in [(position, LAST_DRAW_KEY)] + ([(-1, position)] if position >= 0 else []):
            missing = count - len(self.found)
            if missing <= 0:
                return
            pairs = random_pairs.walk(cursor.project.pk, member.user_id, self.split, span, self.keys, missing)
            if pairs:
                seen = True
                setattr(member, f"{self.split}_position", pairs[0].draw_key - 1)
                self.rng.shuffle(pairs)
                self._take(pairs, count)
                if not self._holds_any and self.split not in cursor.waited:  # all of them in others' hands just now
                    raise MustWait(self.split, partial(_wait, self.source, cursor, pairs[0].key))
        if not seen and not self._holds_any:
            cursor.exhaust(self.split)

    @property
    def _holds_any(self) -> bool:
        return self.holds_others or bool(self.found)

    def _take(self, drawn: list[DrawnPair], count: int) -> None:
        """Keeps those of the drawn pairs that are free and new to the person, their rows locked."""
        drawn = [candidate for candidate in drawn if candidate.key not in self.keys]
        free = _free(self.source, self.cursor, {candidate.key for candidate in drawn})
        for candidate in drawn:
            if len(self.found) >= count:
                return
            if candidate.key in self.keys or (candidate.key in free and free[candidate.key] is None):
                continue
            pair = free.get(candidate.key) or self._new(candidate)
            self.keys.add(candidate.key)
            self.found.append(Pick(pair, self.reason, weight=candidate.weight))

    def _new(self, candidate: DrawnPair) -> Pair:
        first, second = candidate.key
        project = self.cursor.project
        return Pair(
            project=project, context_id=candidate.context_id, first_id=first, second_id=second,
            split=candidate.split, annotations_required=project.overlap,
        )  # fmt: skip


def _key(pick: Pick) -> rows.Key:
    pair = cast("Pair", pick.row)
    return pair.first_id, pair.second_id


def _free(
    source: AnyPairs, cursor: AnnotatorCursor, keys: set[rows.Key], *, wait: bool = False
) -> dict[rows.Key, Pair | None]:
    """The pairs of ``keys`` that have a row: locked when they are free for the person, else None."""
    known = rows.known(keys)
    found: dict[rows.Key, Pair | None] = dict.fromkeys(known)
    if known:
        free = Pair.objects.filter(~asked(source, cursor.member.user_id, "pk"), pk__in=list(known.values())).free()
        free = free.select_related(*source.related(cursor.pictures))
        for pair in free.select_for_update(skip_locked=not wait, no_key=True, of=("self",)):
            found[pair.first_id, pair.second_id] = pair
    return found


def _wait(source: AnyPairs, cursor: AnnotatorCursor, key: rows.Key) -> bool:
    return any(_free(source, cursor, {key}, wait=True).values())


def _load(pairs: list[Pair], cursor: AnnotatorCursor) -> None:
    """Items and contexts of new pairs: what their questions show."""
    ids = {pk for pair in pairs for pk in (pair.first_id, pair.second_id)}
    found = Item.objects.select_related("in_context__asset", *(["asset"] if cursor.pictures else [])).in_bulk(ids)
    for pair in pairs:
        pair.first, pair.second = found[pair.first_id], found[pair.second_id]
        assert pair.first.in_context is not None
        pair.context = pair.first.in_context
