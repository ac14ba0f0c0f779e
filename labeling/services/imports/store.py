"""Stores one chunk in one transaction: items, imported answers, rejections, counts and the cursor, or nothing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import F

from labeling.db.insert import RawInsert, known, now
from labeling.models import Annotation, Asset, ImportBatch, ImportRejection, Item, Progress, Project, Source
from labeling.services.files import storage
from labeling.services.imports.errors import RowRejected
from labeling.services.imports.new_labels import NewLabels
from labeling.services.imports.rows import Rejection, Row
from labeling.services.imports.split import SplitAssigner
from labeling.services.items.pictures import PictureFacts, original_name
from labeling.services.jobs.attempts import FencedOff
from labeling.services.projects.doubled import share_of, slots_of


@dataclass(frozen=True, slots=True)
class More:
    """What a chunk held besides items."""

    accepted: int = 0
    refused: list[Rejection] = field(default_factory=list)
    duplicates: int = 0


class ChunkStore:
    """Stores the chunks of one attempt at one import. Kinds with rows that are not items override what is theirs."""

    item_fields: ClassVar[tuple[str, ...]] = (
        "ordinal", "external_id", "content_hash", "text", "asset", "data", "context", "group", "origin", "split",
        "draw_key", "slots_total", "extra_slots",
    )  # fmt: skip

    def __init__(
        self, batch: ImportBatch, attempt: int, columns: Collection[str] = (), new_labels: NewLabels | None = None
    ) -> None:
        self.columns = columns
        self.new_labels = new_labels
        self.batch = batch
        self.attempt = attempt
        self.project: Project = batch.project
        self.splits = SplitAssigner(self.project)

    def store(self, rows: list[Row], rejections: list[Rejection], cursor: int) -> None:
        """Puts rows and rejections in and moves the cursor from where this attempt left it. Raises FencedOff."""
        for row in rows:  # before the transaction: files are named by their hash, storing one twice is harmless
            if row.picture:
                storage.put(original_name(self.project.pk, row.picture.sha256), row.content)
        before = self.batch.cursor
        with transaction.atomic():
            if self.new_labels is not None:
                self.new_labels.store()  # locks the project, which comes before Progress
            self._before(rows)
            progress = Progress.objects.select_for_update().values_list("next_ordinal", flat=True)
            next_ordinal = progress.get(project=self.project)
            # after the lock: services/overlap takes it too, so no item keeps an overlap that was changed meanwhile
            project = Project.objects.get(pk=self.project.pk)
            overlap = project.overlap
            self.splits.catch_up(next_ordinal, rows)
            fresh, refused, duplicates = self._sort_out(rows)
            self._insert(fresh, next_ordinal, overlap, share_of(project))
            more = self._insert_more(fresh, overlap)
            refused += more.refused + rejections
            ImportRejection.objects.bulk_create(
                ImportRejection(
                    batch=self.batch, row=no.number, name=no.name[:255], field=no.field[:100], reason=no.reason[:500]
                )
                for no in refused
            )
            moved = ImportBatch.objects.filter(cursor=before).beat(
                self.batch.pk, self.attempt, cursor=cursor,
                accepted=F("accepted") + len(fresh) + more.accepted,
                duplicates=F("duplicates") + duplicates + more.duplicates,
                rejected=F("rejected") + len(refused),
            )  # fmt: skip
            if not moved:
                raise FencedOff
            self._name_columns()
            self._count(fresh)
        if self.new_labels is not None:
            self.new_labels.stored()
        self.batch.cursor = cursor
        self.splits.stored(next_ordinal + len(fresh))

    def _before(self, rows: list[Row]) -> None:
        """Locks what must be locked before Progress."""

    def _extra(self, row: Row) -> tuple[Any, ...]:
        """Values of what ``item_fields`` has beyond those of every kind."""
        return ()

    def _insert_more(self, fresh: list[tuple[Row, str]], overlap: int) -> More:
        """Stores what the chunk holds besides items."""
        return More()

    def _name_columns(self) -> None:
        """Adds columns of table rows that the project has not seen; the lock on Progress keeps two imports apart."""
        if all(name in self.project.columns for name in self.columns):
            return
        known = Project.objects.values_list("columns", flat=True).get(pk=self.project.pk)
        self.project.columns = list(dict.fromkeys([*known, *self.columns]))
        Project.objects.filter(pk=self.project.pk).update(columns=self.project.columns)

    def _sort_out(self, rows: list[Row]) -> tuple[list[tuple[Row, str]], list[Rejection], int]:
        """New rows with their side, rows refused, and the number of duplicates."""
        project = self.project.pk
        hashes = known(Item, project, "content_hash", [row.content_hash for row in rows])
        given = [row.external_id for row in rows if row.external_id is not None]
        taken = known(Item, project, "external_id", given) if given else set()
        fresh: list[tuple[Row, str]] = []
        refused: list[Rejection] = []
        simple = not self.splits.needed
        for row in rows:
            if row.content_hash in hashes:
                continue
            name = row.external_id
            if name is not None and name in taken:
                refused.append(Rejection(row.number, "Another item has this id already.", "id", name))
                continue
            if simple:
                split = row.split or row.drawn
            else:
                try:
                    split = self.splits.settle(row)
                except RowRejected as error:
                    refused.append(Rejection(row.number, error.reason, error.field, name or ""))
                    continue
                path = original_name(project, row.picture.sha256) if row.picture else ""
                self.splits.remember(row, split, path)
            hashes.add(row.content_hash)
            if name is not None:
                taken.add(name)
            fresh.append((row, split))
        return fresh, refused, len(rows) - len(fresh) - len(refused)

    def _insert(self, fresh: list[tuple[Row, str]], first: int, overlap: int, share: float) -> None:
        assets = self._assets([row.picture for row, _ in fresh if row.picture])
        put = RawInsert(
            Item, self.item_fields,
            {
                "project": self.project.pk, "batch": self.batch.pk, "created_at": now(),
            },
        )  # fmt: skip
        put(
            (
                ordinal, row.external_id, row.content_hash, row.text,
                assets[row.picture.sha256] if row.picture else None, row.data,
                row.context, row.group, row.origin, split, row.draw_key, *slots_of(split, row.draw_key, overlap, share),
                *self._extra(row),
            )
            for ordinal, (row, split) in enumerate(fresh, first)
        )  # fmt: skip
        answers = {ordinal: row.answer for ordinal, (row, _) in enumerate(fresh, first) if row.answer is not None}
        if answers:
            written = Item.objects.filter(project=self.project, ordinal__gte=first, ordinal__lt=first + len(fresh))
            constants = {"project": self.project.pk, "source": Source.IMPORT.value, "created_at": now()}
            RawInsert(Annotation, ("item", "answer"), constants)(
                (pk, answers[ordinal])
                for ordinal, pk in written.order_by("ordinal").values_list("ordinal", "pk")
                if ordinal in answers
            )

    def _assets(self, pictures: Sequence[PictureFacts]) -> dict[str, int]:
        """Id by hash of these pictures; one that is asked about in two contexts is one asset."""
        if not pictures:
            return {}
        facts = {picture.sha256: picture for picture in pictures}
        names = (
            "sha256", "size_bytes", "format", "media_type", "mode", "width", "height", "frames", "orientation",
            "perceptual_hash",
        )  # fmt: skip
        Asset.objects.bulk_create(
            (
                Asset(
                    project=self.project, path=original_name(self.project.pk, sha256),
                    **{name: getattr(fact, name) for name in names},
                )
                for sha256, fact in facts.items()
            ),
            ignore_conflicts=True,
        )  # fmt: skip
        return dict(Asset.objects.filter(project=self.project, sha256__in=facts).values_list("sha256", "pk"))

    def _count(self, fresh: list[tuple[Row, str]]) -> None:
        evals = sum(split == "eval" for _, split in fresh)
        pools = len(fresh) - evals
        labeled = sum(row.answer is not None for row, _ in fresh)
        Progress.objects.filter(project=self.project).update(
            next_ordinal=F("next_ordinal") + len(fresh),
            pool_items=F("pool_items") + pools,
            eval_items=F("eval_items") + evals,
            pool_open=F("pool_open") + pools,
            eval_open=F("eval_open") + evals,
            imported_annotations=F("imported_annotations") + labeled,
            reopened=F("reopened") + 1,
        )
