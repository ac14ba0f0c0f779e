"""JSON lines for a text classification project of doccano 1.8: ``text``, ``label`` as a list, the rest is meta."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from labeling.kinds import kind_of
from labeling.models import Project
from labeling.services.exports.base import Row
from labeling.services.exports.folders.archive import Archive
from labeling.services.exports.folders.base import FolderFormat
from labeling.services.exports.folders.content import DataSet, shows_texts
from labeling.services.exports.folders.lines import json_lines, lines_in
from labeling.services.exports.folders.written import WrittenArchive

NO_TEXT = "An item without a text is left out: doccano refuses it."
NO_CONSENSUS = "No consensus is an empty list of labels, as none of the labels is."


class Doccano(FolderFormat):
    """``train.jsonl`` and ``test.jsonl``, a line an item. Import each as JSONL; an empty side has no file."""

    name = "doccano"
    label = "doccano"
    hint = "JSON lines of texts with a list of labels"
    cannot_hold = (
        "It has one set of labels an item: who gave which answer is not in it.",
        "All columns but the text and the label become meta data.",
    )

    def rows_in(self, archive: WrittenArchive) -> int:
        return sum(map(lines_in, archive.files(".jsonl")))

    def refuse(self, project: Project, rows: str) -> str:
        kind = kind_of(project)
        if not shows_texts(project) or not kind.has_labels or kind.label_type not in ("text", "list"):
            return "doccano takes texts with labels."
        return "" if rows == "items" else "doccano takes items."

    def write(self, data: DataSet, archive: Archive) -> Iterator[bytes]:
        for side, filters in data.sides():
            pieces = json_lines(_objects(data, data.records(filters)))
            for first in islice(pieces, 1):  # a side without a line has no file
                yield from archive.add(f"{side}.jsonl", chain([first], pieces), squeeze=True, is_large=True)


def _objects(data: DataSet, rows: Iterable[Row]) -> Iterator[Row]:
    for row in rows:
        if not row["text"]:
            data.lost.skip(NO_TEXT)
            continue
        given = row["label"]
        if given is None:
            data.lost[NO_CONSENSUS] += 1
        row["label"] = [] if given is None else [given] if isinstance(given, str) else given
        yield row
