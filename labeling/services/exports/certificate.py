"""What an export carried and lost: counted while it was written, checked by reading it back, said to programs and to
people.

The certified form of an export is the snapshot: its bytes never change, so a sum of them says something, and its file
is read back before it is done (decision 0070).
"""

import hashlib
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

from labeling.models import Snapshot
from labeling.models.source import sources_in_words
from labeling.selectors.export import CHOICES
from labeling.services.exports.base import ExportFormat
from labeling.services.exports.counting import ConversionCount
from labeling.services.exports.folders.base import FolderFormat
from labeling.services.exports.folders.written import WrittenArchive
from labeling.services.exports.losses import limits
from labeling.services.validation.verified import check, counted, sentence_of

READ_BYTES = 1024 * 1024

Certificate = dict[str, Any]


class FileRead(NamedTuple):
    """What a written file says of itself; ``rows`` None where only a reader of its own could count them."""

    sha256: str
    size_bytes: int
    rows: int | None


def read_back(file: IO[bytes], format_: ExportFormat | FolderFormat) -> FileRead:
    digest, size_bytes, lines = hashlib.sha256(), 0, 0
    while piece := file.read(READ_BYTES):
        digest.update(piece)
        size_bytes += len(piece)
        lines += piece.count(b"\n")
    file.seek(0)
    return FileRead(digest.hexdigest(), size_bytes, _rows_in(file, format_, lines))


def _rows_in(file: IO[bytes], format_: ExportFormat | FolderFormat, lines: int) -> int | None:
    if isinstance(format_, ExportFormat):
        return format_.rows_in(file, lines)
    return format_.rows_in(WrittenArchive(file))


def sealed(
    snapshot: Snapshot, format_: ExportFormat | FolderFormat, count: ConversionCount, sha256: str, file: IO[bytes]
) -> Certificate:
    """What is kept with a snapshot: counts, losses, and what its stored file says when it is read."""
    found, skipped = read_back(file, format_), count.lost.skipped
    checks = [check("sha256 of the stored file when it is read back", sha256, found.sha256)]
    if found.rows is not None:
        checks.append(check("rows in the file when it is read back", count.rows - skipped, found.rows))
    if count.sources is not None:
        checks.append(check("rows by where their labels come from, added up", count.rows, count.sources.total()))
    if snapshot.rows == "items":
        checks.append(check("every row is another item", count.rows, count.items))
    return {
        "rows": {"read": count.rows, "written": count.rows - skipped, "skipped": skipped},
        "items": count.items,
        "answers": count.answers,
        "sources": count.sources,
        "columns": [{"name": column.name, "type": column.type} for column in count.columns],
        "losses": [lost._asdict() for lost in count.lost.listed()],
        "cannot_hold": limits(format_),
        "checks": checks,
    }


def certificate_of(snapshot: Snapshot) -> Certificate | None:
    """The report of a written snapshot; None for one of a release that counted nothing."""
    if not snapshot.certificate:
        return None
    filters = {name: value for name, value in snapshot.filters.items() if name in CHOICES and value}
    told: Certificate = {
        "conversion": "export",
        "id": str(snapshot.public_id),
        "state": snapshot.state,
        "format": snapshot.format,
        "rows_of": snapshot.rows,
        "filters": filters,
        **({"scheme": scheme} if (scheme := snapshot.filters.get("scheme")) else {}),
        "names": "pseudonyms" if snapshot.filters.get("pseudonyms") else "real",
        "finished_at": snapshot.finished_at,
        "size_bytes": snapshot.size_bytes,
        "sha256": snapshot.sha256,
        "sources": None,  # of a release that did not count them
        **snapshot.certificate,
    }
    return {**told, "summary": list(_sentences(told))}


def _sentences(told: Certificate) -> Iterator[str]:
    rows = told["rows"]
    about = [counted(told[name], name.removesuffix("s")) for name in ("items", "answers") if told[name] is not None]
    skipped = f" of {rows['read']:,}" if rows["skipped"] else ""
    of = f", of {' and '.join(about)}" if about else ""
    yield f"{rows['written']:,}{skipped} row{'' if rows['read'] == 1 else 's'} written{of}."
    if told["sources"]:
        yield f"Where their labels come from: {sources_in_words(told['sources'])}."
    if rows["skipped"]:
        yield f"{counted(rows['skipped'], 'row')} not in the file: the format does not take them."
    for lost in told["losses"]:
        column = f", {lost['column']}" if lost["column"] else ""
        yield f"{counted(lost['rows'], 'row')}{column}: {lost['what']}"
    if not told["losses"]:
        yield "No value of a row was lost."
    yield sentence_of(told["checks"])
