"""Pairs of items that are there: given ones, their gold answers and the judgments that came with them."""

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from labeling.db import pair_rows as pairs
from labeling.db.insert import RawInsert, now
from labeling.kinds.cells import same_number
from labeling.kinds.pairwise import SWAPPED
from labeling.models import Annotation, Gold, ImportBatch, Item, ItemStatus, Pair, Project, Source
from labeling.services.imports.pair_rows import PairRow
from labeling.services.imports.records.rows import Rejection
from labeling.services.imports.row_store import LOOKED_UP, Chunk, ChunkHeld, RowStore, Stored
from labeling.services.serving.required import spare_known
from labeling.services.serving.sources import ANY_PAIRS

_WINNER_AS_GOLD = {"left": Gold.FIRST, "right": Gold.SECOND, "tie": Gold.TIE, "neither": Gold.NEITHER}

Named = dict[str, pairs.Meeting]
Sides = dict[pairs.Key, tuple[pairs.Meeting, pairs.Meeting]]
Judgment = tuple[int, str, int]


class PairStore(RowStore[PairRow]):
    row_type = PairRow
    counted_as = "pairs"

    def __init__(self, batch: ImportBatch) -> None:
        super().__init__(batch)
        self.held: set[int] = set()

    def lock(self, rows: list[PairRow]) -> None:
        """Locks the pairs that will change before Progress is locked: the order of everybody (serving/slots)."""
        named = _named(self.project, rows)
        both = (row for row in rows if row.left in named and row.right in named)
        ids = pairs.known({pairs.key_of(named[row.left].pk, named[row.right].pk) for row in both})
        there = Pair.objects.select_for_update(no_key=True).filter(pk__in=list(ids.values())).order_by("pk")
        self.held = set(there.values_list("pk", flat=True))

    def store(self, rows: list[PairRow], chunk: Chunk) -> Stored:
        """Items of the same chunk are stored by now."""
        return _Pairs(chunk.project, _named(self.project, rows), self.held).store(rows) if rows else Stored()


@dataclass
class _Pairs:
    """The pair rows of one chunk, under the lock of Progress; ``held`` are the pairs that were locked before it."""

    project: Project
    named: Named
    held: set[int]
    stored: Stored = field(default_factory=Stored)
    #: ids of the pairs that rows name
    ids: dict[pairs.Key, int] = field(default_factory=dict)

    def store(self, rows: list[PairRow]) -> Stored:
        keyed = [(row, key) for row in rows if (key := self._key(row))]
        done = self._give(keyed)
        done |= self._set_gold(keyed)
        judged = self._judge(keyed)
        done |= judged
        pks = {self.ids[key] for row, key in keyed if row.number in judged or row.gold}
        self.stored.moved.update(spare_known(ANY_PAIRS, pks, self.project))
        refused = {no.number for no in self.stored.refused}
        self.stored.accepted = len(done - refused)
        self.stored.duplicates = sum(row.number not in done and row.number not in refused for row, _ in keyed)
        return self.stored

    def _key(self, row: PairRow) -> pairs.Key | None:
        """The pair, or a rejection."""
        for side in ("left", "right"):
            name = getattr(row, side)
            if name not in self.named:
                self._refuse(row, f"There is no item {name[:80]!r}. Items stand before the pairs that name them.", side)
                return None
        left, right = self.named[row.left], self.named[row.right]
        if left.context_id != right.context_id:
            self._refuse(row, "The two items belong to different contexts: only items of one context meet.", "right")
            return None
        return pairs.key_of(left.pk, right.pk)

    def _refuse(self, row: PairRow, reason: str, field_: str) -> None:
        self.stored.refused.append(Rejection(row.number, reason, field_, row.external_id))

    def _give(self, keyed: list[tuple[PairRow, pairs.Key]]) -> set[int]:
        """Makes the pairs that are not there and marks the others as given; numbers of rows that changed something."""
        first_row: dict[pairs.Key, int] = {}
        sides: Sides = {}
        for row, key in keyed:
            first_row.setdefault(key, row.number)
            sides[key] = self.named[row.left], self.named[row.right]
        moved = self.stored.moved
        ids = pairs.known(sides)
        self._hold(set(ids.values()) - self.held)
        asked = Pair.objects.filter(pk__in=list(ids.values()), is_given=False)
        changed = {}
        for pair in asked:
            changed[pair.first_id, pair.second_id] = pair.pk
            moved[f"given_{pair.split}_open"] += pair.is_open
        Pair.objects.filter(pk__in=list(changed.values())).update(is_given=True)
        missing = []
        for key in sides.keys() - ids.keys():
            left, right = sides[key]
            split = pairs.split_of(left.split, right.split)
            assert left.context_id is not None
            missing.append((key, left.context_id, split))
            moved["pairs"] += 1
            moved[f"given_{split}_open"] += 1
        missing.sort()
        ids |= pairs.insert(self.project.pk, missing, overlap=self.project.overlap, is_given=True)
        self.ids = ids
        self._close_unusable([key for key, _, _ in missing], sides)
        return {first_row[key] for key in (*changed, *(key for key, _, _ in missing))}

    @staticmethod
    def _hold(new: set[int]) -> None:
        """Locks pairs that were made since; waiting for them would be a deadlock, for Progress is held. Raises."""
        free = Pair.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=new)
        if new and len(free.values_list("pk", flat=True)) != len(new):
            raise ChunkHeld("Pairs that an import names are being asked about.")

    def _close_unusable(self, new: Iterable[pairs.Key], sides: Sides) -> None:
        """A new pair with an item that is set aside is set aside too."""
        closed = [key for key in new if any(item.status != ItemStatus.ACTIVE for item in sides[key])]
        for key in closed:
            self.stored.moved[f"given_{pairs.split_of(*(item.split for item in sides[key]))}_open"] -= 1
        Pair.objects.filter(pk__in=[self.ids[key] for key in closed]).update(
            status=ItemStatus.SET_ASIDE, set_aside_because="item", is_open=False
        )

    def _set_gold(self, keyed: list[tuple[PairRow, pairs.Key]]) -> set[int]:
        wanted = [(row, key) for row, key in keyed if row.gold]
        ids = [self.ids[key] for _, key in wanted]
        known = dict(Pair.objects.filter(pk__in=ids).values_list("pk", "gold"))
        numbers, values = set(), defaultdict(list)
        for row, key in wanted:
            gold = row.gold if self.named[row.left].pk == key[0] else SWAPPED[row.gold]
            value, pk = _WINNER_AS_GOLD[gold].value, self.ids[key]
            if known[pk] is None:
                known[pk] = value
                values[value].append(pk)
                numbers.add(row.number)
            elif known[pk] != value:
                self._refuse(row, "This pair has another gold answer already.", "gold")
        for value, pks in values.items():
            Pair.objects.filter(pk__in=pks).update(gold=value)
        return numbers

    def _judge(self, keyed: list[tuple[PairRow, pairs.Key]]) -> set[int]:
        """Stores the judgments; numbers of the rows that had a new one."""
        refused = {no.number for no in self.stored.refused}
        judged = [(row, key) for row, key in keyed if row.answer and row.number not in refused]
        known = _known_judgments({self.ids[key] for _, key in judged})
        new: set[int] = set()
        rows: list[tuple[Any, ...]] = []
        for row, key in judged:
            left = self.named[row.left].pk
            which = self.ids[key], row.annotator, left
            if which not in known:
                known[which] = str(row.answer)
                new.add(row.number)
                rows.append(
                    (self.ids[key], left, row.answer, row.annotator, row.elapsed_ms, *row.remark.columns.values())
                )
            elif known[which] != row.answer:
                who = repr(row.annotator[:80]) if row.annotator else "Somebody without a name"
                self._refuse(row, f"{who} has judged this pair otherwise already.", "winner")
        constants = {"project": self.project.pk, "source": Source.IMPORT.value, "created_at": now()}
        fields = ("pair", "left", "answer", "imported_annotator", "elapsed_ms", "doubt", "comment")
        RawInsert(Annotation, fields, constants)(rows)
        self.stored.moved["imported_annotations"] += len(rows)
        return new


def _named(project: Project, rows: list[PairRow]) -> Named:
    """The items that the pairs of the chunk name, by external id. One may be written otherwise than in its item: a
    program that joins tables makes 1001.0 of 1001, a Mac takes letters and their accents apart."""
    names = {name for row in rows for name in (row.left, row.right)}
    found = _by_external_id(project, names)
    others = {other: name for name in names - found.keys() for other in _otherwise(name)}
    for other, meeting in _by_external_id(project, others).items():
        found[others[other]] = meeting
    return found


def _otherwise(name: str) -> Iterator[str]:
    yield from same_number(name)
    if not name.isascii():
        yield from {unicodedata.normalize(form, name) for form in ("NFC", "NFD")} - {name}


def _by_external_id(project: Project, names: Collection[str]) -> Named:
    listed, found = sorted(names), {}
    for start in range(0, len(listed), LOOKED_UP):
        there = Item.objects.filter(project=project, external_id__in=listed[start : start + LOOKED_UP])
        for name, *fields in there.values_list("external_id", *pairs.MEETING_FIELDS):
            found[name] = pairs.Meeting(*fields)
    return found


def _known_judgments(ids: Collection[int]) -> dict[Judgment, str]:
    listed, found = sorted(ids), {}
    for start in range(0, len(listed), LOOKED_UP):
        rows = Annotation.objects.filter(pair__in=listed[start : start + LOOKED_UP], source=Source.IMPORT)
        for *which, answer in rows.values_list("pair_id", "imported_annotator", "left_id", "answer"):
            found[tuple(which)] = str(orjson.dumps(answer), "utf-8")
    return found  # type: ignore[return-value]  # three of a kind each
