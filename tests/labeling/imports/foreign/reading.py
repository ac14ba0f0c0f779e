"""What the import makes of a file of another tool, without a database: its rows, its rejections, what it says."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labeling.kinds import kind_of
from labeling.models import Project
from labeling.services.imports.foreign.refused import HEAD_BYTES
from labeling.services.imports.readers import READ_AS, reader_of, tool_of_upload
from labeling.services.imports.records.rows import BY_NAME, PICTURE, Rejection
from labeling.services.imports.sniff import format_of

MADE_BY = Path(__file__).parent / "made_by"


@dataclass
class Reading:
    tool: str
    rows: list[dict[str, Any]]
    rejected: list[str]
    notes: list[str]
    #: labels by the names of those who gave them, for every row
    by_name: list[dict[str, Any]]

    def column(self, *names: str) -> list[Any]:
        """The cells of a column of every row, or tuples of those of several."""
        cells = [tuple(row.get(name) for name in names) for row in self.rows]
        return [row[0] for row in cells] if len(names) == 1 else cells

    def given(self) -> list[Any]:
        """The label of every row, whoever gave it; those of several people as a tuple."""
        found = [
            [*(label for label in [row.get("label")] if label is not None), *by_name.values()]
            for row, by_name in zip(self.rows, self.by_name, strict=True)
        ]
        return [labels[0] if len(labels) == 1 else tuple(labels) or None for labels in found]

    def said(self, part: str) -> bool:
        return any(part in note for note in self.notes)


def project_of(kind: str = "classification", modality: str = "text") -> Project:
    return Project(kind=kind, modality=modality)


def reading(
    source: str | bytes, name: str = "", *, kind: str = "classification", modality: str = "text", start: int = 0,
    **options: Any,
) -> Reading:  # fmt: skip
    """Of a file below ``made_by``, or of bytes. Raises ImportRefused as an import does."""
    content = (MADE_BY / source).read_bytes() if isinstance(source, str) else source
    name = name or (source.rpartition("/")[2] if isinstance(source, str) else "file")
    project, file = project_of(kind, modality), io.BytesIO(content)
    format_ = format_of(content[:HEAD_BYTES], name, modality, None, kind_of(project))
    options[READ_AS] = tool_of_upload(file, project, format_, name, options.get("tool", ""))
    reader = reader_of(file, project, format_, name, options)
    found = Reading(options[READ_AS], [], [], [], [])
    for number, record in reader.records(start):
        assert number == start + len(found.rows) + len(found.rejected) + 1
        if isinstance(record, Rejection):
            found.rejected.append(record.reason)
        else:
            by_name = dict(record.pop(BY_NAME, ()))
            found.rows.append({name: _shown(name, value) for name, value in record.items()})
            found.by_name.append(by_name)
    found.notes = reader.notes.sentences()
    return found


def _shown(name: str, value: Any) -> Any:
    return len(value) if name == PICTURE else value
