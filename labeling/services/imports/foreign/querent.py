"""Our own exports besides rows of items, which ``records/own_exports`` knows: answers, judgments, items in contexts."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, ClassVar

from labeling.kinds.cells import is_missing
from labeling.models import Modality
from labeling.models.remark import MAX_COMMENT, NO_REMARK, Remark
from labeling.services.imports.errors import RowRejected
from labeling.services.imports.foreign.base import CSV, JSON, PARQUET, Asked, Record, Said, Told, Tool, read_cell
from labeling.services.imports.foreign.label_studio import own_context
from labeling.services.imports.foreign.pairs import Side, rows_of_pair, side_of_both
from labeling.services.imports.records.own_exports import MARKS, bare, bare_in_context, has_remark, unquoted
from labeling.services.imports.records.rows import PICTURE, REMARKS
from labeling.services.imports.records.values import as_text

_ALL = (JSON, CSV, PARQUET)
_ANSWER = {"item_id", "external_id", "kind", "answer", "annotator", "source", "revision", "split"}
_JUDGMENT = {"pair_id", "left_id", "right_id", "answer", "left_external_id", "right_external_id"}
_PAIR_ITEM = {"item_id", "external_id", "status", "context_external_id", "context_facts"}
_RANKED = {"item_id", "external_id", "rank", "score", "model_verified", "context_id"}
_GRADED = {"query", "query_id", "item_id", "grade", "rank", "model_version"}
_SIDES = ("left", "right")
_CONTEXT = {"context", "context_id", "context_external_id", "context_purpose", "context_facts"}


class _Own(Tool):
    title: ClassVar[str] = "an export of Querent"
    containers: ClassVar[Collection[str]] = _ALL

    def plain(self, record: Record) -> Record:
        return unquoted(record) if self.asked.quotes_formulas else record

    def is_left_out(self, record: Record) -> bool:
        """Whether the answer is in quarantine, which is counted."""
        found = record.get("quarantined") in (True, "true")
        if found:
            one = "answer was in quarantine; it was left out"
            self.asked.lost(one, "answers were in quarantine; they were left out")
        return found


class OwnAnswers(_Own):
    """``rows=annotations``: an answer a row. What people said about one item stands together again."""

    name: ClassVar[str] = "querent-answers"

    @classmethod
    def knows(cls, names: Collection[str], first: Sequence[Record], container: str) -> bool:
        return set(names) >= _ANSWER and not set(names) >= _JUDGMENT

    @property
    def groups(self) -> bool:
        return True

    def refusal(self) -> str:
        return (
            f"This is {self.title} of answers about items; this project compares pairs."
            if self.asked.about_pairs
            else ""
        )

    def told(self, record: Record) -> Iterator[Told | Record]:
        record = self.plain(record)
        value, key = _value(record.get("answer"), self.asked), str(record["item_id"])
        if self.is_left_out(record):
            value = None
        # an item without a label has an empty one: a column called nearly so is not meant
        who = record.get("annotator")
        said = [] if value is None else [Said(value, "" if is_missing(who) else str(who), _remark(record))]
        yield Told({**bare(record), "label": None}, said, key)


class OwnConsensus(_Own):
    """``rows=items`` with labels as lists (the format doccano): an empty list is an answer where people gave one."""

    name: ClassVar[str] = "querent-items"
    containers: ClassVar[Collection[str]] = (JSON,)

    @classmethod
    def knows(cls, names: Collection[str], first: Sequence[Record], container: str) -> bool:
        return set(names) >= MARKS and any(isinstance(row.get("label"), list) for row in first)

    def told(self, record: Record) -> Iterator[Told | Record]:
        labels = record.get("label")
        if isinstance(labels, list):
            soft = record.get("soft_label")
            shares = soft.values() if isinstance(soft, dict) else ()
            if labels:
                record["label"] = labels if self.asked.takes_several else labels[0]
            elif not isinstance(soft, dict) or 0.5 in shares or not self.asked.takes_several:
                record["label"] = None
        yield record


class OwnPairItems(_Own):
    """``rows=items`` of a pairwise project: items in their contexts."""

    name: ClassVar[str] = "querent-pair-items"

    @classmethod
    def knows(cls, names: Collection[str], first: Sequence[Record], container: str) -> bool:
        return set(names) >= _PAIR_ITEM

    def told(self, record: Record) -> Iterator[Told | Record]:
        record = self.plain(record)
        context = own_context(record)
        row = bare_in_context(record, _CONTEXT)
        if self.asked.about_pairs:
            self.asked.notes.say("Which contexts were held out is not in the file: items keep their sides.")
            yield {**row, "context": context}
        else:
            yield {**row, "context": context.get("text")}


class OwnJudgments(_Own):
    """``rows=annotations`` of a pairwise project. Data sets hold what the two show, tables their ids alone."""

    name: ClassVar[str] = "querent-judgments"

    @classmethod
    def knows(cls, names: Collection[str], first: Sequence[Record], container: str) -> bool:
        return set(names) >= _JUDGMENT

    def refusal(self) -> str:
        return "" if self.asked.about_pairs else f"This is {self.title} of judgments. It goes into a pairwise project."

    def told(self, record: Record) -> Iterator[Told | Record]:
        record = self.plain(record)
        if self.is_left_out(record):
            return
        ids = [str(record.get(f"{side}_external_id") or "") for side in _SIDES]
        judgment = {
            "winner": _value(record.get("answer"), self.asked), "annotator": record.get("annotator"),
            "elapsed_ms": record.get("elapsed_ms"), "gold": record.get("gold"), REMARKS: {"": _remark(record)},
        }  # fmt: skip
        left, right = (_side(record, side, id_, self.asked.modality) for side, id_ in zip(_SIDES, ids, strict=True))
        if left and right:
            context = own_context(record)
            sides = left, right
            more = side_of_both(record, self.asked)
            yield from rows_of_pair(sides, context, [judgment], modality=self.asked.modality, more=more)
            return
        if not all(ids):
            raise RowRejected("It names its items by numbers of the server that it comes from only; ids are missing.")
        yield {"left": ids[0], "right": ids[1], **judgment}


class OwnWithoutItems(_Own):
    """Rankings and scores name items and do not hold them."""

    name: ClassVar[str] = "querent-rankings"

    @classmethod
    def knows(cls, names: Collection[str], first: Sequence[Record], container: str) -> bool:
        return (set(names) >= _RANKED or set(names) >= _GRADED) and "text" not in names

    def refusal(self) -> str:
        return f"This is {self.title} of rankings or scores: it names items and does not hold what they show."

    def told(self, record: Record) -> Iterator[Told | Record]:
        return iter(())


def _side(record: Record, side: str, external_id: str, modality: str) -> Side | None:
    """One of the two items as a data set shows it; None where the row does not."""
    if modality == Modality.IMAGE:
        picture, sha256 = record.get(f"{side}_image"), record.get(f"{side}_image_sha256")
        if isinstance(picture, dict):
            return Side({PICTURE: picture.get("bytes"), "image": picture.get("path") or ""}, external_id, sha256)
        name = record.get(f"{side}_file_name")
        return Side({"image": name}, external_id, sha256) if name else None
    content = read_cell(record.get(f"{side}_data")) if modality == Modality.TABULAR else record.get(f"{side}_text")
    return None if is_missing(content) else Side(content, external_id)


def _remark(record: Record) -> Remark:
    """What the author said with the answer of a row. Raises RowRejected."""
    if not has_remark(record):
        return NO_REMARK
    doubt = record["doubt"]
    if not is_missing(doubt) and str(doubt).lower() not in ("true", "false"):
        raise RowRejected("Expected true or false.", "doubt")
    return Remark(str(doubt).lower() == "true", as_text(record["comment"], "comment", MAX_COMMENT))


def _value(answer: Any, asked: Asked) -> Any:
    """The answer as a label: the canonical one, JSON of it, or a value already; None where there is none. The names of
    labels may look like JSON: that of an answer stands in parquet only, a list only where an answer may be one."""
    if not isinstance(answer, str):
        found = answer
    elif asked.takes_several or (asked.container != CSV and answer.startswith("{")):
        found = read_cell(answer)
    else:
        found = answer
    if isinstance(found, dict):
        return asked.kind.value_of(found)
    return None if is_missing(found) else found
