"""doccano's JSONL, JSON and CSV of a text classification project, by what version 1.8.4 writes.

An item that nobody labeled and one that has none of the labels are both ``[]``. Its CSV joins labels by ``#``, which a
label may hold itself. Where people do not work together there is one file a person, in one zip.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, ClassVar

from labeling.kinds.cells import is_missing
from labeling.models import Modality
from labeling.services.imports.foreign.base import CSV, JSON, Record, Told, Tool, key_of, without_side

_OLD = {"id", "text", "label", "meta", "annotation_approver", "comments"}
_SEPARATOR = "#"
#: The name of the file where people work together.
_OF_ALL = "all"


class DoccanoFile(Tool):
    name: ClassVar[str] = "doccano"
    title: ClassVar[str] = "an export of doccano"
    containers: ClassVar[Collection[str]] = (JSON, CSV)

    @classmethod
    def knows(cls, names: Collection[str], first: Sequence[Record], container: str) -> bool:
        names = list(names)
        if container == CSV:
            return names[-2:] == ["label", "Comments"] and names[:1] == ["id"]
        if {"entities", "relations"} <= set(names):
            return "text" in names
        if not first or not all(isinstance(row.get("label"), list) for row in first):
            return False
        if any(_is_span(label) for row in first for label in row["label"]):
            return True
        return {"id", "label", "Comments"} <= set(names) or {"annotation_approver", "label"} <= set(names) <= _OLD

    @property
    def groups(self) -> bool:
        return self.asked.stem != _OF_ALL

    def refusal(self) -> str:
        has_spans = any(_is_span(label) for row in self.first for label in _listed(row.get("label")))
        if has_spans or any("entities" in row for row in self.first):
            return f"This is {self.title} with spans; spans are not supported yet."
        return ""

    def told(self, record: Record) -> Iterator[Told | Record]:
        labels = record.pop("label", None)
        if isinstance(labels, str):
            labels = split_cell(labels)
        if (comments := record.pop("Comments", None)) not in ("", [], None):
            record["comments"] = comments
        if self.asked.modality == Modality.IMAGE:
            record["image"] = record.pop("filename", "")
        given = [label for label in _listed(labels) if not is_missing(label)]
        if not given and self.asked.takes_several:
            self.asked.lost(
                "row has no label, which doccano writes for none of the labels and for no answer alike",
                "rows have no label, which doccano writes for none of the labels and for no answer alike",
            )  # fmt: skip
        meta = record.pop("meta", None)
        more = meta if isinstance(meta, dict) else {} if meta is None else {"meta": meta}
        row = without_side({**more, **record})
        who = self.asked.stem if self.asked.in_zip and self.groups else ""  # alone, its name may be anything
        yield Told(row, self.asked.answer(given, who) if given else [], key_of(record.get("id")))


def split_cell(cell: str) -> list[str]:
    """The labels of a cell of doccano's CSV. A part that is empty belongs to the label before it: ``C#`` is one.

    >>> split_cell("negative#positive"), split_cell("C#"), split_cell("C##negative"), split_cell("")
    (['negative', 'positive'], ['C#'], ['C#', 'negative'], [])
    """
    found: list[str] = []
    for part in cell.split(_SEPARATOR):
        if part or not found:
            found.append(part)
        else:
            found[-1] += _SEPARATOR
    return [label for label in found if label]


def _is_span(label: Any) -> bool:
    return isinstance(label, list) and len(label) == 3 and all(isinstance(at, int) for at in label[:2])


def _listed(labels: Any) -> list[Any]:
    return labels if isinstance(labels, list) else [] if labels is None else [labels]
