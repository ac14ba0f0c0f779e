"""Stores one chunk in one transaction: rows of every sort, rejections, counts and the cursor, or nothing."""

import time
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F

from labeling.models import ImportBatch, ImportRejection, Progress, Project
from labeling.services.imports.certificate import with_chunk
from labeling.services.imports.new_labels import NewLabels
from labeling.services.imports.notes import ImportNotes
from labeling.services.imports.records.rows import Rejection
from labeling.services.imports.row_store import Chunk, ChunkHeld, ImportedRow, RowStore, Stored
from labeling.services.jobs.attempts import FencedOff

#: A chunk whose pairs are in somebody's hands just now is stored a moment later.
TRIES = 50
RETRY_AFTER_S = 0.05

COMPLETED_ONE = "1 duplicate gave its item an id, a label or columns that it lacked."
COMPLETED_MANY = "{count} duplicates gave their items an id, a label or columns that they lacked."


#: What stores each sort of row, with the rows of a chunk that are of it.
Sorts = list[tuple[RowStore[Any], list[Any]]]


class ChunkStore:
    """Stores the chunks of one attempt at one import; ``stores`` take its rows, one a sort, in the order given."""

    def __init__(
        self,
        batch: ImportBatch,
        attempt: int,
        stores: Sequence[RowStore[Any]],
        columns: Collection[str] = (),
        new_labels: NewLabels | None = None,
        notes: ImportNotes | None = None,
    ) -> None:
        self.notes = notes if notes is not None else ImportNotes()
        self.columns = columns
        self.new_labels = new_labels
        self.batch = batch
        self.attempt = attempt
        self.project: Project = batch.project
        self.stores = stores
        #: with the chunk that is being stored
        self.certificate = batch.certificate

    def store(self, rows: Sequence[ImportedRow], rejections: list[Rejection], cursor: int) -> None:
        """Puts rows and rejections in and moves the cursor from where this attempt left it. Raises FencedOff."""
        sorts = [(store, [row for row in rows if type(row) is store.row_type]) for store in self.stores]
        for store, of_sort in sorts:
            store.keep_files(of_sort)
        for tries_left in reversed(range(TRIES)):
            try:
                with transaction.atomic():
                    self._store(sorts, rejections, cursor)
                break
            except ChunkHeld:
                if not tries_left:
                    raise
                time.sleep(RETRY_AFTER_S)
        if self.new_labels is not None:
            self.new_labels.stored()
        self.batch.cursor, self.batch.certificate = cursor, self.certificate
        self.notes.kept()
        for store in self.stores:
            store.committed()

    def _store(self, sorts: Sorts, rejections: list[Rejection], cursor: int) -> None:
        if self.new_labels is not None:
            self.new_labels.store()  # locks the project, which comes before Progress
        for store, rows in sorts:
            store.lock(rows)
        progress = Progress.objects.select_for_update().values_list("next_ordinal", flat=True)
        next_ordinal = progress.get(project=self.project)
        # after the lock: services/overlap takes it too, so no item keeps an overlap that was changed meanwhile
        chunk = Chunk(Project.objects.get(pk=self.project.pk), next_ordinal)
        stored = [(store, rows, store.store(rows, chunk)) for store, rows in sorts]
        parts = [part for _, _, part in stored]
        if completed := sum(part.completed for part in parts):
            self.notes.count(COMPLETED_ONE, COMPLETED_MANY, completed)
        added = sorted(self.new_labels.waiting) if self.new_labels else ()
        self.certificate = with_chunk(self.batch.certificate, stored, added)
        self._move_cursor(parts, rejections, cursor)
        self._name_columns()
        moved = Counter(reopened=1)
        for part in parts:
            moved.update(part.moved)  # a sum of Counters would leave out what becomes less
        Progress.objects.filter(project=self.project).update(**{name: F(name) + by for name, by in moved.items()})

    def _move_cursor(self, parts: Sequence[Stored], rejections: list[Rejection], cursor: int) -> None:
        refused = [no for part in parts for no in part.refused] + rejections
        ImportRejection.objects.bulk_create(
            ImportRejection(
                batch=self.batch, row=no.number, name=no.name[:255], field=no.field[:100], reason=no.reason[:500]
            )
            for no in refused
        )
        moved = ImportBatch.objects.filter(cursor=self.batch.cursor).beat(
            self.batch.pk, self.attempt, cursor=cursor,
            accepted=F("accepted") + sum(part.accepted for part in parts),
            duplicates=F("duplicates") + sum(part.duplicates for part in parts),
            rejected=F("rejected") + len(refused),
            certificate=self.certificate,
            **self.notes.changed(),
        )  # fmt: skip
        if not moved:
            raise FencedOff

    def _name_columns(self) -> None:
        """Adds columns of table rows that the project has not seen; the lock on Progress keeps two imports apart."""
        if all(name in self.project.columns for name in self.columns):
            return
        known = Project.objects.values_list("columns", flat=True).get(pk=self.project.pk)
        self.project.columns = list(dict.fromkeys([*known, *self.columns]))
        Project.objects.filter(pk=self.project.pk).update(columns=self.project.columns)
