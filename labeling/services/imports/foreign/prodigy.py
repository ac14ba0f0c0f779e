"""Prodigy's JSONL (``db-out``) of textcat, choice and mark, by its documentation: https://prodi.gy/docs/api-interfaces.

``answer`` is accept, reject or ignore. A task with ``options`` names the chosen ones in ``accept``; a binary one asks
whether its ``label`` holds. One input may stand in several records: of several people (``_session_id``), or of several
labels.
"""

import base64
import binascii
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any, ClassVar

from labeling.models import Modality
from labeling.services.imports.errors import RowRejected
from labeling.services.imports.foreign.base import JSON, Asked, Record, Said, Told, Tool, key_of, without_side
from labeling.services.imports.records.rows import PICTURE

_ANSWERS = {"accept", "reject", "ignore"}
_A_TIME = re.compile(r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d$")
#: Of the tool, not of the item.
_OF_TOOL = {
    "options",
    "accept",
    "answer",
    "label",
    "spans",
    "tokens",
    "config",
    "relations",
    "html",
    "priority",
    "score",
}


class Prodigy(Tool):
    name: ClassVar[str] = "prodigy"
    title: ClassVar[str] = "an export of Prodigy"
    containers: ClassVar[Collection[str]] = (JSON,)

    def __init__(self, first: Sequence[Record], asked: Asked) -> None:
        super().__init__(first, asked)
        #: neither options nor labels: the question is whether to accept
        self.is_mark = not any(row.get("options") or row.get("label") for row in first)

    @classmethod
    def knows(cls, names: Collection[str], first: Sequence[Record], container: str) -> bool:
        told = ("_input_hash" in row or "_task_hash" in row or "_session_id" in row for row in first)
        return "answer" in names and any(told) and all(row.get("answer") in _ANSWERS for row in first)

    @property
    def groups(self) -> bool:
        return True

    def refusal(self) -> str:
        if self.asked.about_pairs:
            return f"This is {self.title}, which holds single items; this project compares pairs."
        if any(row.get("spans") for row in self.first) and self.is_mark:
            what = (
                "boxes" if any("points" in span for row in self.first for span in row.get("spans") or ()) else "spans"
            )
            return f"This is {self.title} with {what}; {what} are not supported yet."
        return ""

    def told(self, record: Record) -> Iterator[Told | Record]:
        row = {name: value for name, value in record.items() if name not in _OF_TOOL and not name.startswith("_")}
        if self.asked.modality == Modality.IMAGE:
            row[PICTURE] = picture_in(row.get("image"))
            row["image"] = str(record.get("path") or "")
        meta = row.pop("meta", None)
        row = {**(meta if isinstance(meta, dict) else {}), **row}
        row.pop("label", None)
        key = key_of(record.get("_input_hash")) or key_of(row.get("text"))
        yield Told(without_side(row), self._answers(record), key)

    def _answers(self, record: Record) -> list[Said]:
        answer, who = record.get("answer"), _who(record)
        if answer == "ignore":
            self.asked.lost("answer was a skip (ignore)", "answers were skips (ignore)")
            return []
        if self.is_mark:
            return self.asked.answer([answer], who)
        if answer == "reject":
            self.asked.lost(
                "answer says which label an item does not have (reject); it was left out",
                "answers say which label an item does not have (reject); they were left out",
            )
            return []
        if "options" not in record and "accept" not in record:
            label = record.get("label")
            return self.asked.answer([label], who) if label else []
        texts = {
            option.get("id"): option.get("text") for option in record.get("options") or () if isinstance(option, dict)
        }
        return self.asked.answer([_name(chosen, texts) for chosen in record.get("accept") or ()], who)


def _who(record: Record) -> str:
    """The session of a person (``?session=ann``); "" for a session without a name, which is called by its time."""
    who = str(record.get("_annotator_id") or record.get("_session_id") or "")
    return "" if _A_TIME.search(who) else who


def _name(chosen: Any, texts: dict[Any, Any]) -> Any:
    """An option by its id, or by its text where ids are numbers."""
    return texts.get(chosen) or chosen if isinstance(chosen, int) else chosen


def picture_in(value: Any) -> bytes:
    """The bytes of a data URI. Raises RowRejected for an address: none is ever fetched."""
    text = value if isinstance(value, str) else ""
    head, comma, body = text.partition(",")
    if not head.startswith("data:") or not comma or "base64" not in head:
        raise RowRejected("The file names the picture and does not hold it; no address is fetched.", "image")
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise RowRejected(f"The picture is no base64: {error}.", "image") from error
