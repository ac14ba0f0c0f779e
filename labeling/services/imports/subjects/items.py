"""Items and the answers that came with them."""

from collections import Counter
from collections.abc import Sequence

from labeling.db.insert import RawInsert, known, now
from labeling.models import ImportBatch, Item, OverlapChange, Source, Split
from labeling.models.item import PRODUCTION
from labeling.models.remark import NO_REMARK
from labeling.services.files import storage
from labeling.services.imports.errors import RowRejected
from labeling.services.imports.records.rows import Rejection, Row
from labeling.services.imports.row_store import Chunk, RowStore, Stored
from labeling.services.imports.split import SplitAssigner
from labeling.services.imports.subjects import known_answers
from labeling.services.imports.subjects.completion import ID_TAKEN, Completion
from labeling.services.imports.subjects.given_answers import insert_given
from labeling.services.imports.subjects.places import Places
from labeling.services.items.assets import asset_ids
from labeling.services.items.pictures import original_name
from labeling.services.projects.overlap_changes import run_overlap_change
from labeling.services.serving.doubled import share_of, slots_of
from labeling.services.serving.required import spare_known
from labeling.services.serving.sources import ITEMS

#: A new row and its side.
Fresh = tuple[Row, str]

#: No chosen row may come to the items that measure (decision 0117).
HELD_OUT = "The same content is held out to measure, or would be: what came back from production is not."

FIELDS = (
    "ordinal", "external_id", "content_hash", "text", "asset", "data", "context", "group", "origin", "split",
    "draw_key", "annotations_required", "extra_slots",
)  # fmt: skip


class ItemStore(RowStore[Row]):
    """``places`` says where an item belongs besides its project."""

    row_type = Row
    counted_as = "items"

    def __init__(self, batch: ImportBatch, places: Places) -> None:
        super().__init__(batch)
        self.places = places
        self.splits = SplitAssigner(self.project)
        self.completion = Completion(self.project)
        self.seen_ordinal = 0
        self.change: OverlapChange | None = None

    def lock(self, rows: list[Row]) -> None:
        self.completion.lock()

    def keep_files(self, rows: list[Row]) -> None:
        for row in rows:
            if row.picture:
                storage.put(original_name(self.project.pk, row.picture.sha256), row.content)

    def store(self, rows: list[Row], chunk: Chunk) -> Stored:
        self.splits.catch_up(chunk.next_ordinal, rows)
        _know_by_earlier_hash(self.project.pk, rows)
        good, contradicting = known_answers.without_contradictions(self.project, rows)
        placed, refused, moved = self.places.find(good)
        fresh, more = self._sort_out(placed)
        refused += contradicting + more
        self._insert(fresh, chunk)
        self._insert_answers(fresh, chunk.next_ordinal)
        moved.update(self.places.filled(fresh))
        moved.update(_counted(fresh))
        answered = self.completion.store()
        moved.update(imported_annotations=len(answered))
        n_gold = self._insert_gold(good, {row.number for row in refused}, chunk)
        moved.update(self._spare(fresh, set(answered), chunk))
        self.seen_ordinal = chunk.next_ordinal + len(fresh)
        again = len(rows) - len(fresh) - len(refused)
        completed, contradicted = self.completion.completed, self.completion.contradicted
        return Stored(len(fresh), again, completed, contradicted, refused, n_gold, moved)

    def _insert_gold(self, rows: list[Row], refused: set[int], chunk: Chunk) -> int:
        """Adds the known answers; how many."""
        gold = [row for row in rows if row.gold and row.number not in refused]
        about, n_gold = known_answers.store(self.batch, gold) if gold else ([], 0)
        if about and Item.objects.filter(pk__in=about, ordinal__lt=chunk.next_ordinal).exists():
            self.change = known_answers.ask_anew(self.batch, chunk.project)
        return n_gold

    def _spare(self, fresh: Sequence[Fresh], answered: set[int], chunk: Chunk) -> "Counter[str]":
        """Takes what came with an answer out of the questions, where the project asks only about the rest."""
        if not chunk.project.spares_items:
            return Counter()
        first = chunk.next_ordinal
        new = Item.objects.filter(project=self.project, ordinal__gte=first, ordinal__lt=first + len(fresh))
        return spare_known(ITEMS, [*new.values_list("pk", flat=True), *answered], chunk.project)

    def committed(self) -> None:
        self.splits.stored(self.seen_ordinal)
        self.completion.committed()
        if self.change is not None:
            run_overlap_change(self.change.pk)
            self.change = None

    def _sort_out(self, rows: list[Row]) -> tuple[list[Fresh], list[Rejection]]:
        """New rows with their side, and rows refused; the others are there already."""
        project = self.project.pk
        hashes = known(Item, project, "content_hash", [row.content_hash for row in rows])
        given = [row.external_id for row in rows if row.external_id is not None]
        taken = known(Item, project, "external_id", given) if given else set()
        fresh: list[Fresh] = []
        refused: list[Rejection] = []
        self.completion.begin([row for row in rows if row.content_hash in hashes] if hashes else [])
        first: dict[str, Row] = {}
        simple = not self.splits.needed
        side = self.places.side
        for row in rows:
            content = row.content_hash
            if content in first or content in hashes:
                refused += self._come_again(row, first.get(content), taken)
                continue
            name = row.external_id
            if row.split == Split.POOL and _may_be_held_out(row):
                refused.append(Rejection(row.number, HELD_OUT, "origin", name or ""))
                continue
            if name is not None and name in taken:
                refused.append(Rejection(row.number, ID_TAKEN, "id", name))
                continue
            if simple:
                split = row.split or row.drawn
            else:
                try:
                    split = self.splits.settle(row)
                except RowRejected as error:
                    refused.append(Rejection(row.number, error.reason, error.field, name or ""))
                    continue
                if row.origin == PRODUCTION and row.split == Split.POOL and split != Split.POOL:
                    refused.append(Rejection(row.number, HELD_OUT, "origin", name or ""))
                    continue
                path = original_name(project, row.picture.sha256) if row.picture else ""
                self.splits.remember(row, split, path)
            first[content] = row
            if name is not None:
                taken.add(name)
            fresh.append((row, side(row, split)))
        if self.completion.completed:
            fresh = [(self.completion.grown(row), split) for row, split in fresh]
        return fresh, refused

    def _come_again(self, row: Row, first: Row | None, taken: set[str]) -> list[Rejection]:
        """Completes the item that has the content of the row; a rejection where the row contradicts it."""
        there = self.completion.known(row, first)
        if there is None:
            return []
        reason, field = self.places.misnamed(row, there.external_id), "id"
        if not reason:
            try:
                self.completion.take(row, there, taken)
            except RowRejected as error:
                reason, field = error.reason, error.field
        return [Rejection(row.number, reason, field, row.external_id or "")] if reason else []

    def _insert(self, fresh: list[Fresh], chunk: Chunk) -> None:
        assets = asset_ids(self.project, [row.picture for row, _ in fresh if row.picture])
        place_of = self.places.of
        overlap, share = chunk.project.overlap, share_of(chunk.project)
        constants = {"project": self.project.pk, "batch": self.batch.pk, "created_at": now()}
        RawInsert(Item, (*FIELDS, *self.places.fields), constants)(
            (
                ordinal, row.external_id, row.content_hash, row.text,
                assets[row.picture.sha256] if row.picture else None, row.data,
                row.context, row.group, row.origin, split, row.draw_key, *slots_of(split, row.draw_key, overlap, share),
                *place_of(row),
            )
            for ordinal, (row, split) in enumerate(fresh, chunk.next_ordinal)
        )  # fmt: skip

    def _insert_answers(self, fresh: Sequence[Fresh], first: int) -> None:
        answers = {
            ordinal: row for ordinal, (row, _) in enumerate(fresh, first) if row.answer is not None or row.by_name
        }
        if not answers:
            return
        written = Item.objects.filter(project=self.project, ordinal__gte=first, ordinal__lt=first + len(fresh))
        constants = {"project": self.project.pk, "source": Source.IMPORT.value, "created_at": now()}
        ids = written.order_by("ordinal").values_list("ordinal", "pk")
        labeled = [(pk, answers[ordinal]) for ordinal, pk in ids if ordinal in answers]
        given = [
            (pk, name, answer, row.remarks.get(name, NO_REMARK)) for pk, row in labeled for name, answer in row.said
        ]
        insert_given(given, constants)


def _may_be_held_out(row: Row) -> bool:
    """Whether what came back from production may be in another context among the held-out items: the same content is
    on the same side in all contexts."""
    return row.origin == PRODUCTION and bool(row.context) and row.drawn == Split.EVAL


def _know_by_earlier_hash(project: int, rows: Sequence[Row]) -> None:
    """Rows of a table that are there with numbers for what the row keeps as written are known by the hash of those."""
    earlier = [row.earlier_hash for row in rows if row.earlier_hash]
    there = known(Item, project, "content_hash", earlier) if earlier else set()
    for row in rows:
        if row.earlier_hash in there:
            row.content_hash = row.earlier_hash


def _counted(fresh: Sequence[Fresh]) -> "Counter[str]":
    evals = [split for _, split in fresh].count(Split.EVAL.value)
    pools = len(fresh) - evals
    labeled = sum((row.answer is not None) + len(row.by_name) for row, _ in fresh)
    return Counter(
        next_ordinal=len(fresh), pool_items=pools, eval_items=evals, pool_open=pools, eval_open=evals,
        imported_annotations=labeled,
    )  # fmt: skip
