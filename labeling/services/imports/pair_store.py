"""Stores chunks of a pairwise project: contexts, items with their places, given pairs, gold and imported judgments."""

import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import orjson
from django.db import OperationalError
from django.db.models import F

from labeling.db import pair_rows as pairs
from labeling.db.insert import RawInsert, now
from labeling.kinds.pairwise import SWAPPED
from labeling.models import Annotation, Context, Gold, Item, ItemStatus, Pair, Progress, Source, Split
from labeling.services.imports.contexts import ContextRow, side_of
from labeling.services.imports.pair_rows import PairRow
from labeling.services.imports.rows import Rejection, Row
from labeling.services.imports.store import ChunkStore, More
from labeling.services.items.partners import count_partners

_LOOKED_UP = 900
#: A chunk whose pairs are in somebody's hands just now is stored a moment later.
TRIES = 50
RETRY_AFTER_S = 0.05
_WINNER_AS_GOLD = {"left": Gold.FIRST, "right": Gold.SECOND, "tie": Gold.TIE, "neither": Gold.NEITHER}

Named = dict[str, pairs.Meeting]
Judgment = tuple[int, str, int]


class PairsHeld(OperationalError):
    """The database is busy with pairs of the chunk: nothing of it is stored, the import goes on later."""


class PairStore(ChunkStore):
    item_fields = (*ChunkStore.item_fields, "in_context", "place")

    def store(self, rows: list[Row], rejections: list[Rejection], cursor: int) -> None:
        for tries_left in reversed(range(TRIES)):
            try:
                super().store(rows, rejections, cursor)
                break
            except PairsHeld:
                if not tries_left:
                    raise
                time.sleep(RETRY_AFTER_S)

    def _before(self, rows: Sequence[Row | PairRow]) -> None:
        """Locks the pairs that will change before Progress is locked: the order of everybody (serving/slots)."""
        self.pending = [row for row in rows if isinstance(row, PairRow)]
        self.contexts: dict[str, Context] = {}
        self.places: dict[int, int] = {}
        named = self._named()
        keys = {pairs.key_of(named[row.left].pk, named[row.right].pk) for row in self.pending if _both(row, named)}
        ids = pairs.known(keys)
        there = Pair.objects.select_for_update(no_key=True).filter(pk__in=list(ids.values())).order_by("pk")
        self.held = set(there.values_list("pk", flat=True))

    def _sort_out(self, rows: Sequence[Row | PairRow]) -> tuple[list[tuple[Row, str]], list[Rejection], int]:
        items = [row for row in rows if isinstance(row, Row)]
        placed, refused = self._in_contexts(items)
        fresh, more, _ = super()._sort_out(placed)
        fresh = [(row, self._split(row, split)) for row, split in fresh]
        new = {row.number for row, _ in fresh}
        left_out = new.union(no.number for no in more)
        again = [row for row in placed if row.number not in left_out]
        twins = self._other_ids(again, fresh)
        return fresh, refused + more + twins, len(again) - len(twins)

    def _split(self, row: Row, split: str) -> str:
        return Split.EVAL.value if self._context_of(row).split == Split.EVAL else split

    def _context_of(self, row: Row) -> Context:
        assert row.about is not None
        return self.contexts[row.about.content_hash]

    def _in_contexts(self, items: list[Row]) -> tuple[list[Row], list[Rejection]]:
        """The rows whose context is there or could be made, and the others."""
        wanted = {row.about.content_hash: row.about for row in items if row.about}
        there = Context.objects.filter(project=self.project, content_hash__in=list(wanted)).select_related("asset")
        self.contexts = {context.content_hash: context for context in there}
        described: dict[str, ContextRow] = {}
        for row in items:
            if row.about and row.about.describes:  # what the first row says holds, as across chunks
                described.setdefault(row.about.content_hash, row.about)
        self._make([described[key] for key in described if key not in self.contexts])
        good, refused = [], []
        for row in items:
            reason, field = self._misfit(row)
            if reason:
                refused.append(Rejection(row.number, reason, field, row.external_id or ""))
                continue
            context = self._context_of(row)
            row.context = context.text
            if context.split == Split.EVAL:
                row.split = Split.EVAL.value
            good.append(row)
        return good, refused

    def _misfit(self, row: Row) -> tuple[str, str]:
        """Why the row cannot go into its context, and the column; ("", "") when it can."""
        assert row.about is not None
        context = self.contexts.get(row.about.content_hash)
        if context is None:
            return (
                f"There is no context {row.about.external_id!r} yet, and this row does not describe it.",
                "context_id",
            )
        if wrong := row.about.contradiction(context):
            return f"The context {str(context)[:80]!r} is known with another {wrong}.", "context"
        if context.status != ItemStatus.ACTIVE:
            return f"The context {str(context)[:80]!r} is set aside; restore it first.", "context"
        if context.split == Split.EVAL and row.split == Split.POOL:
            return "Its context is held out: all its items are in the eval split.", "split"
        return "", ""

    def _make(self, described: Iterable[ContextRow]) -> None:
        described = list(described)
        if not described:
            return
        first = Progress.objects.values_list("contexts", flat=True).get(project=self.project)
        seed, share = self.project.split_seed, self.project.eval_share
        assets = self._assets([row.picture for row in described if row.picture])
        made = Context.objects.bulk_create(
            Context(
                project=self.project, ordinal=ordinal, external_id=row.external_id, text=row.text, purpose=row.purpose,
                facts=row.facts, split=side_of(row, seed, ordinal, share), content_hash=row.content_hash,
                asset_id=assets[row.picture.sha256] if row.picture else None,
            )
            for ordinal, row in enumerate(described, first)
        )  # fmt: skip
        Progress.objects.filter(project=self.project).update(contexts=F("contexts") + len(made))
        self.contexts |= {context.content_hash: context for context in made}

    def _other_ids(self, again: list[Row], fresh: list[tuple[Row, str]]) -> list[Rejection]:
        """Of rows whose content is there already, those that call it by another id: a pair may name them by it."""
        again = [row for row in again if row.external_id]
        if not again:
            return []
        known = {row.content_hash: row.external_id for row, _ in fresh}
        hashes = [row.content_hash for row in again if row.content_hash not in known]
        for start in range(0, len(hashes), _LOOKED_UP):
            there = Item.objects.filter(project=self.project, content_hash__in=hashes[start : start + _LOOKED_UP])
            known |= dict(there.values_list("content_hash", "external_id"))
        reason = "Its context holds the same content already, as {}."
        return [
            Rejection(
                row.number, reason.format(known[row.content_hash] or "one without id"), "id", row.external_id or ""
            )
            for row in again
            if known[row.content_hash] != row.external_id
        ]

    def _extra(self, row: Row) -> tuple[Any, ...]:
        context = self._context_of(row)
        place = self.places.setdefault(context.pk, context.items)
        self.places[context.pk] += 1
        return context.pk, place

    def _insert_more(self, fresh: list[tuple[Row, str]], overlap: int) -> More:
        self._count_items(fresh)
        return _Pairs(self, overlap).store() if self.pending else More()

    def _count_items(self, fresh: list[tuple[Row, str]]) -> None:
        added: defaultdict[int, Counter[str]] = defaultdict(Counter)
        by_pk = {context.pk: context for context in self.contexts.values()}
        for row, split in fresh:
            added[self._context_of(row).pk][split] += 1
        moved: Counter[str] = Counter()
        for pk, counts in added.items():
            moved.update(
                count_partners(by_pk[pk], pool=counts[Split.POOL], evals=counts[Split.EVAL], items=counts.total())
            )
        if moved:
            Progress.objects.filter(project=self.project).update(**{name: F(name) + by for name, by in moved.items()})

    def _named(self) -> Named:
        """The items that the pairs of the chunk name, by external id."""
        names = sorted({name for row in self.pending for name in (row.left, row.right)})
        found: Named = {}
        for start in range(0, len(names), _LOOKED_UP):
            there = Item.objects.filter(project=self.project, external_id__in=names[start : start + _LOOKED_UP])
            for name, *fields in there.values_list("external_id", *pairs.MEETING_FIELDS):
                found[name] = pairs.Meeting(*fields)
        return found


def _both(row: PairRow, named: Named) -> bool:
    return row.left in named and row.right in named


class _Pairs:
    """The pair rows of one chunk, under the lock of Progress; items of the same chunk are stored by now."""

    def __init__(self, store: PairStore, overlap: int) -> None:
        self.project = store.project
        self.overlap = overlap
        self.named = store._named()
        self.held = store.held
        self.refused: list[Rejection] = []
        self.rows = [(row, key) for row in store.pending if (key := self._key(row))]
        self.moved: Counter[str] = Counter()

    def store(self) -> More:
        given = self._give()
        gold = self._set_gold()
        judged = self._judge()
        if self.moved:
            moved = {name: F(name) + by for name, by in self.moved.items() if by}
            Progress.objects.filter(project=self.project).update(**moved)
        done = given | gold | judged
        refused = {no.number for no in self.refused}
        idle = [row.number for row, _ in self.rows if row.number not in done and row.number not in refused]
        return More(accepted=len(done - refused), refused=self.refused, duplicates=len(idle))

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

    def _refuse(self, row: PairRow, reason: str, field: str) -> None:
        self.refused.append(Rejection(row.number, reason, field, row.external_id))

    def _give(self) -> set[int]:
        """Makes the pairs that are not there and marks the others as given; numbers of rows that changed something."""
        first_row: dict[pairs.Key, int] = {}
        sides: dict[pairs.Key, tuple[pairs.Meeting, pairs.Meeting]] = {}
        for row, key in self.rows:
            first_row.setdefault(key, row.number)
            sides[key] = self.named[row.left], self.named[row.right]
        ids = pairs.known(sides)
        self._hold(set(ids.values()) - self.held)
        asked = Pair.objects.filter(pk__in=list(ids.values()), is_given=False)
        changed = {}
        for pair in asked:
            changed[pair.first_id, pair.second_id] = pair.pk
            self.moved[f"given_{pair.split}_open"] += pair.is_open
        Pair.objects.filter(pk__in=list(changed.values())).update(is_given=True)
        missing = []
        for key in sides.keys() - ids.keys():
            left, right = sides[key]
            split = pairs.split_of(left.split, right.split)
            assert left.context_id is not None
            missing.append((key, left.context_id, split))
            self.moved["pairs"] += 1
            self.moved[f"given_{split}_open"] += 1
        missing.sort()
        ids |= pairs.insert(self.project.pk, missing, overlap=self.overlap, is_given=True)
        self.ids = ids
        self._close_unusable([key for key, _, _ in missing], sides)
        return {first_row[key] for key in (*changed, *(key for key, _, _ in missing))}

    @staticmethod
    def _hold(new: set[int]) -> None:
        """Locks pairs that were made since; waiting for them would be a deadlock, for Progress is held. Raises."""
        free = Pair.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=new)
        if new and len(free.values_list("pk", flat=True)) != len(new):
            raise PairsHeld("Pairs that an import names are being asked about.")

    def _close_unusable(
        self, new: Iterable[pairs.Key], sides: dict[pairs.Key, tuple[pairs.Meeting, pairs.Meeting]]
    ) -> None:
        """A new pair with an item that is set aside is set aside too."""
        closed = [key for key in new if any(item.status != ItemStatus.ACTIVE for item in sides[key])]
        for key in closed:
            self.moved[f"given_{pairs.split_of(*(item.split for item in sides[key]))}_open"] -= 1
        Pair.objects.filter(pk__in=[self.ids[key] for key in closed]).update(
            status=ItemStatus.SET_ASIDE, set_aside_because="item", is_open=False
        )

    def _set_gold(self) -> set[int]:
        wanted = [(row, key) for row, key in self.rows if row.gold]
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

    def _judge(self) -> set[int]:
        """Stores the judgments; numbers of the rows that had a new one."""
        refused = {no.number for no in self.refused}
        judged = [(row, key) for row, key in self.rows if row.answer and row.number not in refused]
        known = self._known_judgments({self.ids[key] for _, key in judged})
        new: set[int] = set()
        rows: list[tuple[Any, ...]] = []
        for row, key in judged:
            left = self.named[row.left].pk
            which = self.ids[key], row.annotator, left
            if which not in known:
                known[which] = str(row.answer)
                new.add(row.number)
                rows.append((self.ids[key], left, row.answer, row.annotator, row.elapsed_ms))
            elif known[which] != row.answer:
                who = repr(row.annotator[:80]) if row.annotator else "Somebody without a name"
                self._refuse(row, f"{who} has judged this pair otherwise already.", "winner")
        constants = {"project": self.project.pk, "source": Source.IMPORT.value, "created_at": now()}
        fields = ("pair", "left", "answer", "imported_annotator", "elapsed_ms")
        RawInsert(Annotation, fields, constants)(rows)
        self.moved["imported_annotations"] += len(rows)
        return new

    @staticmethod
    def _known_judgments(ids: Collection[int]) -> dict[Judgment, str]:
        listed, found = sorted(ids), {}
        for start in range(0, len(listed), _LOOKED_UP):
            rows = Annotation.objects.filter(pair__in=listed[start : start + _LOOKED_UP], source=Source.IMPORT)
            for *which, answer in rows.values_list("pair_id", "imported_annotator", "left_id", "answer"):
                found[tuple(which)] = str(orjson.dumps(answer), "utf-8")
        return found  # type: ignore[return-value]  # three of a kind each
