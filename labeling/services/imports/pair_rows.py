"""Rows of a pairwise project: items with the context they belong to, and pairs with the judgments there are."""

from dataclasses import dataclass
from typing import Any

import orjson

from labeling.kinds import InvalidAnswer, Question
from labeling.kinds.cells import is_missing, without_fraction
from labeling.models.remark import NO_REMARK, Remark
from labeling.services.files import storage
from labeling.services.imports.contexts import take_context
from labeling.services.imports.errors import RowRejected
from labeling.services.imports.records.rows import CONTEXT, CONTEXT_PICTURE, MAX_NAME, REMARKS, Row, RowBuilder
from labeling.services.imports.records.values import SHORT, as_text
from labeling.services.items.pictures import original_name

MAX_ELAPSED_MS = 2**31 - 1
#: The columns of a pair; any others of its row are not kept, and counted.
COLUMNS = ("left", "right", "winner", "annotator", "gold", "elapsed_ms")
_NAMES = frozenset(COLUMNS)


@dataclass(slots=True)
class PairRow:
    """A pair by the external ids of its items. ``answer`` is JSON, ``gold`` a winner; both as the row's sides are."""

    number: int
    left: str
    right: str
    answer: str | None
    annotator: str
    gold: str
    elapsed_ms: int | None
    remark: Remark = NO_REMARK

    @property
    def external_id(self) -> str:
        return f"{self.left} | {self.right}"

    @property
    def size_bytes(self) -> int:
        return len(self.left) + len(self.right)

    @property
    def answers(self) -> tuple[str, ...]:
        return () if self.answer is None else (self.answer,)

    @property
    def n_by_name(self) -> int:
        return len(self.answers) if self.annotator else 0


class PairwiseRowBuilder(RowBuilder):
    """Tells pairs from items by their columns ``left`` and ``right``."""

    def build(self, number: int, record: dict[str, Any]) -> Row | PairRow:  # type: ignore[override]  # one of two
        if not is_missing(record.get("left")) or not is_missing(record.get("right")):
            return self._pair(number, record)
        for name in COLUMNS:
            if not is_missing(record.pop(name, None)):
                self._left_out(name, "an item, of which only a pair")
        picture, content = record.pop(CONTEXT_PICTURE, (None, b""))
        if content:  # named by its hash, as all pictures are: storing it twice, or for nothing, is harmless
            storage.put(original_name(self.project_id, picture.sha256), content)
        if not is_missing(record.get("label")):
            raise RowRejected("Items of pairs have no label; a judgment is a row with left, right and winner.", "label")
        context = take_context(record, self.max_bytes, picture)
        record["context"], record[CONTEXT] = context.text, context.content_hash
        row = super().build(number, record)
        row.about = context
        return row

    def _pair(self, number: int, record: dict[str, Any]) -> PairRow:
        left, right = (_name(record.get(side), side) for side in ("left", "right"))
        if left == right:
            raise RowRejected(f"{left[:80]!r} cannot be compared with itself.", "right")
        for name in record.keys() - _NAMES:
            if not is_missing(record[name]) and not name.startswith("\0"):
                self._left_out(name, "a pair, of which only an item")
        given = {name: record.get(name) for name in ("winner", "gold")}
        answer, gold = (self._winner(name, value) for name, value in given.items())
        return PairRow(
            number, left, right,
            str(orjson.dumps({"winner": answer}), "utf-8") if answer else None,
            as_text(record.get("annotator"), "annotator", MAX_NAME),
            gold,
            _elapsed(record.get("elapsed_ms")),
            record.get(REMARKS, {}).get("", NO_REMARK),
        )  # fmt: skip

    def _left_out(self, name: str, of: str) -> None:
        what = f"of {name[:80]!r} left out: it stands beside {of} has such a column."
        self.notes.count(f"1 value {what}", f"{{count}} values {what}")

    def _winner(self, field: str, value: Any) -> str:
        if is_missing(value):
            return ""
        try:
            return str(self.kind.answer_from_import(value, Question())["winner"])
        except InvalidAnswer as error:
            raise RowRejected(error.reason, field) from error


def _name(value: Any, side: str) -> str:
    name = as_text(value, side, SHORT)
    if not name:
        raise RowRejected("A pair needs the ids of both its items, left and right.", side)
    return name


def _elapsed(value: Any) -> int | None:
    if is_missing(value):
        return None
    try:
        number = int(without_fraction(value.strip()) if isinstance(value, str) else value)
    except (TypeError, ValueError, OverflowError):
        raise RowRejected("Expected a whole number of milliseconds.", "elapsed_ms") from None
    if isinstance(value, bool) or not 0 <= number <= MAX_ELAPSED_MS:
        raise RowRejected(f"Expected milliseconds from 0 to {MAX_ELAPSED_MS}.", "elapsed_ms")
    return number
