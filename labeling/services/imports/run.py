"""The import job: claims the batch, reads on from the cursor, stores chunk by chunk, finishes."""

import logging
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction

from labeling.db.statistics import MANY_ROWS, count_anew
from labeling.kinds import KindNotInstalled
from labeling.models import ImportBatch, Item, JobState, Pair, Project
from labeling.services.files import storage
from labeling.services.imports.certificate import sealed
from labeling.services.imports.errors import ImportRefused, RowRejected
from labeling.services.imports.new_labels import NewLabels, brings_labels
from labeling.services.imports.notes import ImportNotes
from labeling.services.imports.readers import reader_of
from labeling.services.imports.readers.base import Numbered
from labeling.services.imports.records.row_names import row_name
from labeling.services.imports.records.rows import Rejection
from labeling.services.imports.row_store import ImportedRow
from labeling.services.imports.store import ChunkStore
from labeling.services.imports.subjects import builder_of, stores_of
from labeling.services.jobs.attempts import FencedOff, claimed, give_back
from labeling.services.jobs.liveness import kept_alive
from labeling.services.outages.causes import outage_of
from labeling.signals import items_imported

log = logging.getLogger(__name__)

CHUNK_BYTES = 16 * 1024**2
#: Attempts that die without storing a single chunk before the import is given up: something in the file kills workers.
MAX_FRUITLESS_ATTEMPTS = 10
#: Rows of one attempt that may meet a mistake of ours before the import ends with it.
MAX_UNEXPECTED = 20
UNEXPECTED = "An error inside Querent; the worker's log has the details."


def run_import(batch_pk: int) -> dict[str, Any]:
    """Imports a batch to its end, or until this attempt is fenced off. Safe to call any number of times."""
    attempt = claimed(ImportBatch.objects.all(), batch_pk)
    if attempt is None:
        return {"import": batch_pk, "outcome": "nothing to do"}
    batch = ImportBatch.objects.select_related("project").get(pk=batch_pk)
    notes = ImportNotes(batch.notes)
    try:
        _guard_against_poison(batch, attempt)
        with kept_alive():
            total = _import(batch, attempt, notes)
        certificate = sealed(batch, total)
        finished = _finish(batch, attempt, JobState.DONE, total=total, certificate=certificate, **notes.changed())
        if finished.get("accepted", 0) >= MANY_ROWS:
            count_anew(Item, Pair)
        return finished
    except FencedOff:
        log.warning("import %s: attempt %s was fenced off", batch_pk, attempt)
        return {"import": batch_pk, "outcome": "fenced off"}
    except ImportRefused as refused:
        certificate = sealed(batch, batch.cursor)
        told = {"error": refused.reason, "certificate": certificate, **notes.changed()}
        return _finish(batch, attempt, JobState.FAILED, **told)
    except KindNotInstalled as missing:
        return _finish(batch, attempt, JobState.FAILED, error=str(missing))
    except MemoryError:
        return _finish(batch, attempt, JobState.FAILED, error=f"Out of memory after row {batch.cursor:,}.")
    except Exception as error:  # our own mistake must end the batch visibly, not leave it running for ever
        if outage := outage_of(error):
            give_back(ImportBatch.objects.all(), batch_pk, attempt, outage, error)
            return {"import": batch_pk, "outcome": f"put back: {outage.cause}"}
        log.exception("import %s failed", batch_pk)
        told = {"certificate": sealed(batch, batch.cursor), **notes.changed()}  # what is in can be counted
        _finish(batch, attempt, JobState.FAILED, error=UNEXPECTED, **told)
        raise


def _guard_against_poison(batch: ImportBatch, attempt: int) -> None:
    """Counts attempts that began at the same row. Raises ImportRefused when a file keeps killing its worker."""
    begun = batch.options.get("begun", {})
    brings_labels(batch)
    here = {"row": batch.cursor, "put_backs": batch.put_backs}  # an attempt that an outage ended killed nobody
    times = begun.get("times", 0) + 1 if begun == {**begun, **here} else 1
    batch.options = {**batch.options, "begun": {**here, "times": times}}
    if not ImportBatch.objects.all().beat(batch.pk, attempt, options=batch.options):
        raise FencedOff
    if times > MAX_FRUITLESS_ATTEMPTS:
        raise ImportRefused(
            f"Given up: {MAX_FRUITLESS_ATTEMPTS} workers died, one after the other, soon after row {batch.cursor:,}."
        )


def _import(batch: ImportBatch, attempt: int, notes: ImportNotes) -> int:
    """Reads and stores from the cursor to the end; returns the number of rows."""
    with default_storage.open(batch.path, "rb") as file:
        project = batch.project
        reader = reader_of(file, project, batch.format, batch.file_name, batch.options, notes)
        builder = builder_of(project)(project, notes=notes)
        builder.own_export.quotes_formulas = reader.quotes_formulas
        new_labels = NewLabels(project) if brings_labels(batch) else None
        if new_labels:
            builder.answer_of, builder.labels = new_labels.answer, new_labels.known
        store = ChunkStore(batch, attempt, stores_of(batch), builder.columns, new_labels, notes)
        size, announced, unexpected, max_rows = 0, False, 0, settings.IMPORT_MAX_ROWS
        rows: list[ImportedRow] = []
        rejections: list[Rejection] = []
        reading = _ToItsEnd(reader.records(batch.cursor))
        last = batch.cursor
        for number, record in reading:
            if number > max_rows:
                reading.ended_by = ImportRefused(f"More than {max_rows:,} rows; those before that are kept.")
                break
            last = number
            if isinstance(record, Rejection):
                rejections.append(record)
            else:
                given_id = record.get("id")  # building a row takes it out
                try:
                    row = builder.build(number, record)
                    rows.append(row)
                    size += row.size_bytes
                except RowRejected as error:
                    rejections.append(Rejection(number, error.reason, error.field, row_name(given_id, record)))
                except Exception as error:  # our own mistake costs this row, not those that wait with it
                    if isinstance(error, MemoryError) or outage_of(error):
                        raise
                    log.exception("import %s: row %s cannot be built", batch.pk, number)
                    rejections.append(Rejection(number, UNEXPECTED, name=row_name(given_id, record)))
                    unexpected += 1
                    if unexpected == MAX_UNEXPECTED:  # no row is to blame
                        reading.ended_by = error
                        break
            if size > CHUNK_BYTES or len(rows) + len(rejections) >= reader.chunk_rows:
                if reader.total and not announced:
                    announced = ImportBatch.objects.all().beat(batch.pk, attempt, total=reader.total)
                store.store(rows, rejections, last)
                rows, rejections, size = [], [], 0
        if rows or rejections:
            store.store(rows, rejections, last)
    if reading.ended_by is not None:
        raise reading.ended_by
    if last == 0:
        raise ImportRefused("The file holds no rows.")
    return last


class _ToItsEnd:
    """The records of a file to where it can be read; ``ended_by`` is why it cannot be read to its end.

    So what came before is stored whatever happens behind it: only an outage, which passes, and a lack of memory end
    the attempt on the spot.
    """

    def __init__(self, records: Iterator[Numbered]) -> None:
        self.records = records
        self.ended_by: Exception | None = None

    def __iter__(self) -> Iterator[Numbered]:
        try:
            yield from self.records
        except MemoryError:
            raise
        except Exception as error:  # whatever it is is raised again, once the rows before it are stored
            if not isinstance(error, ImportRefused) and outage_of(error):
                raise
            self.ended_by = error


def _finish(batch: ImportBatch, attempt: int, state: JobState, **fields: Any) -> dict[str, Any]:
    """Ends the attempt, announces the items and removes the upload: everything it held is in the database by now."""
    with transaction.atomic():
        if not ImportBatch.objects.all().finish(batch.pk, attempt, state, **fields):
            return {"import": batch.pk, "outcome": "fenced off"}
        project_id = batch.project_id
        transaction.on_commit(lambda: items_imported.send(Project, project_id=project_id))
    drop_upload(batch)
    counts = ImportBatch.objects.values("state", "accepted", "duplicates", "rejected").get(pk=batch.pk)
    return {"import": batch.pk, "outcome": state.value, **counts}


def drop_upload(batch: ImportBatch) -> None:
    """Deletes the uploaded file of a finished import. Pictures live on as assets, rows as items.

    A backup under way may have copied the import unfinished: then the sweep deletes the file later.
    """
    if storage.let_go(batch.path):
        ImportBatch.objects.filter(pk=batch.pk).update(path="")
