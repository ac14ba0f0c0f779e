"""What an import carried and lost: counted chunk by chunk, sealed when it ends, said to programs and to people.

The counts are stored with the chunk they belong to, like the notes, so an attempt that goes on counts on from what is
stored. At the end the reasons of rejections are gathered (the rejected rows themselves are let go by housekeeping) and
what can be checked is checked: sums, the database, the bytes (decision 0070).
"""

import ast
import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import IO, Any

from django.core.files.storage import default_storage
from django.db.models import Count, Max, Min

from labeling.models import ImportBatch, ImportRejection, Item
from labeling.selectors.importing import sentences_of
from labeling.services.imports.records.rows import Row
from labeling.services.imports.row_store import RowStore, Stored
from labeling.services.validation.verified import check, counted, sentence_of

READ_BYTES = 1024 * 1024
#: Reasons that a certificate lists; the rows of further ones are counted together.
MAX_REASONS = 100
#: Rejected rows whose reasons are put together at once.
ROWS_A_PIECE = 50_000
#: Names of labels that it lists.
MAX_NAMES = 100
#: How the reason of a row ends whose label the project lacks (``kinds.question.one_of``).
_UNKNOWN_LABEL = " is not in the label set of this project."

Certificate = dict[str, Any]
#: What stores each sort of row, the rows of a chunk that are of it, and what became of them.
Sorted = Sequence[tuple[RowStore[Any], list[Any], Stored]]


def with_chunk(certificate: Certificate, sorts: Sorted, labels_added: Sequence[str]) -> Certificate:
    """The counts with those of one more chunk."""
    counts = dict(certificate.get("counts", {}))

    def count(name: str, n: int) -> None:
        counts[name] = counts.get(name, 0) + n

    for store, rows, stored in sorts:
        count(store.counted_as, stored.accepted)
        count("completed", stored.completed)
        count("answers_read", sum(len(row.answers) for row in rows))
        count("answers_by_name", sum(row.n_by_name for row in rows))
        count("answers_stored", stored.moved["imported_annotations"])
        count("answers_contradicted", stored.contradicted)
        count("gold_read", sum(row.gold is not None for row in rows if isinstance(row, Row)))
        count("gold_stored", stored.gold)
    added = [*certificate.get("labels_added", ()), *labels_added] if labels_added else None
    return {**certificate, "counts": counts, **({"labels_added": added} if added else {})}


def sum_of(file: IO[bytes]) -> str:
    """SHA-256 of a whole file."""
    digest = hashlib.sha256()
    file.seek(0)
    while piece := file.read(READ_BYTES):
        digest.update(piece)
    return digest.hexdigest()


def sealed(batch: ImportBatch, records: int) -> Certificate:
    """What is kept with an import that has read so many records: counts, reasons and checks."""
    now = ImportBatch.objects.values("accepted", "duplicates", "rejected").get(pk=batch.pk)
    counts = batch.certificate.get("counts", {})
    checks = [
        check("every record is accepted, a duplicate or rejected", records, sum(now.values())),
        check("items of this import in the database", counts.get("items", 0), _items_of(batch)),
        check("rejected rows with their reason", now["rejected"], batch.rejections.count() if now["rejected"] else 0),
    ]
    if batch.sha256:
        with default_storage.open(batch.path, "rb") as file:
            checks.append(check("sha256 of the upload after it was read", batch.sha256, sum_of(file)))
    return {**batch.certificate, "records": records, "reasons": _reasons(batch, now["rejected"]), "checks": checks}


def _items_of(batch: ImportBatch) -> int:
    return Item.objects.filter(batch=batch).count()


def _reasons(batch: ImportBatch, rejected: int) -> list[dict[str, Any]]:
    if not rejected:
        return []
    rejections = ImportRejection.objects.filter(batch=batch).order_by()
    (newest,) = rejections.aggregate(Max("row")).values()
    # rows may have a reason each: they are put together on disk, some rows at a time
    with closing(sqlite3.connect("")) as together:
        together.executescript(_REASONS)
        for start in range(0, newest + 1, ROWS_A_PIECE):
            piece = rejections.filter(row__gte=start, row__lt=start + ROWS_A_PIECE).values_list("field", "reason")
            together.executemany(_ADD, piece.annotate(Count("pk"), Min("row"), Max("row")).iterator())
        found = together.execute(f"SELECT * FROM reason ORDER BY rows DESC, first LIMIT {MAX_REASONS}")
        return [dict(zip(("field", "reason", "rows", "first", "last"), line, strict=True)) for line in found]


_REASONS = """PRAGMA journal_mode = OFF; PRAGMA temp_store = FILE;
    CREATE TABLE reason (
        field TEXT, reason TEXT, rows INTEGER, first INTEGER, last INTEGER, PRIMARY KEY (field, reason)
    ) WITHOUT ROWID;"""
_ADD = """INSERT INTO reason VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET rows = rows + excluded.rows, last = excluded.last"""


def certificate_of(batch: ImportBatch) -> Certificate:
    """The report of a finished import. What releases of before 0070 did not count is None."""
    kept = batch.certificate
    counts, reasons = kept.get("counts"), kept.get("reasons", [])
    told: Certificate = {
        "conversion": "import",
        "id": str(batch.public_id),
        "state": batch.state,
        "format": batch.format,
        "file_name": batch.file_name,
        "finished_at": batch.finished_at,
        "size_bytes": batch.size_bytes,
        "sha256": batch.sha256 or None,
        "records": {
            "read": kept.get("records", batch.total),
            "accepted": batch.accepted,
            "items": counts and counts.get("items", 0),
            "pairs": counts and counts.get("pairs", 0),
            "duplicates": batch.duplicates,
            "completed": counts and counts.get("completed", 0),
            "rejected": batch.rejected,
        },
        "answers": _answers(counts) if counts is not None else None,
        "gold": _gold(counts) if counts is not None else None,
        "labels": {"added": kept.get("labels_added", []), "unknown": list(_unknown_labels(reasons))[:MAX_NAMES]},
        "rejections": reasons,
        "rejections_unlisted": batch.rejected - sum(reason["rows"] for reason in reasons),
        "changes": [
            {"what": sentence, "count": note["count"]}
            for note, sentence in zip(batch.notes, sentences_of(batch.notes), strict=True)
        ],
        "checks": kept.get("checks", []),
    }
    return {**told, "summary": list(_sentences(told))}


def _answers(counts: dict[str, int]) -> dict[str, int]:
    read, stored = counts.get("answers_read", 0), counts.get("answers_stored", 0)
    return {
        "read": read, "stored": stored, "not_stored": read - stored,
        "contradicted": counts.get("answers_contradicted", 0), "by_name": counts.get("answers_by_name", 0),
    }  # fmt: skip


def _gold(counts: dict[str, int]) -> dict[str, int]:
    """Of items: answers known to be true. Gold of pairs stands with the pairs."""
    read, stored = counts.get("gold_read", 0), counts.get("gold_stored", 0)
    return {"read": read, "stored": stored, "not_stored": read - stored}


def _unknown_labels(reasons: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for reason in reasons:
        shown, ends, _ = reason["reason"].partition(_UNKNOWN_LABEL)
        if ends:
            yield {"name": _unquoted(shown), "rows": reason["rows"]}


def _unquoted(shown: str) -> str:
    try:
        return str(ast.literal_eval(shown))
    except (SyntaxError, ValueError):
        return shown


def _sentences(told: Certificate) -> Iterator[str]:
    """The same for people."""
    records, answers = told["records"], told["answers"]
    yield (
        f"{counted(records['read'] or 0, 'record')} read, {records['accepted']:,} accepted,"
        f" {counted(records['duplicates'], 'duplicate')}, {records['rejected']:,} rejected."
    )
    if records["completed"]:
        yield f"{counted(records['completed'], 'duplicate')} gave items an id, a label or columns that they lacked."
    if answers and answers["read"]:
        by_name = f" {answers['by_name']:,} under the name of who gave them," if answers["by_name"] else ""
        yield f"{counted(answers['read'], 'answer')} came with them,{by_name} {answers['stored']:,} stored."
    if answers and answers["not_stored"]:
        left = counted(answers["not_stored"], "answer")
        yield f"{left} not stored: the item or pair has one, or the row was refused."
    if answers and answers["contradicted"]:
        yield f"{counted(answers['contradicted'], 'answer')} said otherwise than the one the item has, which stays."
    if (gold := told["gold"]) and gold["read"]:
        left = f"; {gold['not_stored']:,} not: the item has it, or the row was refused" if gold["not_stored"] else ""
        yield f"{counted(gold['read'], 'known answer')} came with items, {gold['stored']:,} stored{left}."
    labels = told["labels"]
    if labels["added"]:
        yield f"{counted(len(labels['added']), 'label')} added to the project."
    if labels["unknown"]:
        rows = sum(label["rows"] for label in labels["unknown"])
        yield f"{counted(rows, 'row')} rejected for {counted(len(labels['unknown']), 'label')} that the project lacks."
    yield from (change["what"] for change in told["changes"])
    if told["checks"]:
        yield sentence_of(told["checks"])
    if not told["sha256"]:
        yield "This import is of a release that did not sum up uploads."
