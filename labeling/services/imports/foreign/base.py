"""What every tool's module provides: how its files are told, and what its records are here. Adding one is a module and
a line in the registry."""

import json
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

from labeling.kinds import QuestionKind
from labeling.kinds.cells import is_missing
from labeling.models import Modality, Split
from labeling.models.remark import NO_REMARK, Remark
from labeling.services.imports.notes import ImportNotes

Record = dict[str, Any]

JSON, CSV, PARQUET = "json", "csv", "parquet"
#: Where predictions are kept with an item until they have a place of their own: no annotator and no model sees it.
PREDICTIONS = "predictions"


class Said(NamedTuple):
    """An answer as a label, the name of who gave it ("" where the file does not say), and what he said with it."""

    label: Any
    by: str = ""
    remark: Remark = NO_REMARK


@dataclass(frozen=True)
class Asked:
    """What a file is read for. ``chosen``: what the sender said that columns are for; ``stem``: of the file's name;
    ``in_zip``: it is one of a zip; ``quotes_formulas``: cells may have a ' in front (exports/delimited.neutral)."""

    kind: QuestionKind
    modality: str
    notes: ImportNotes
    container: str = JSON
    chosen: Mapping[str, str] = field(default_factory=dict)
    stem: str = ""
    in_zip: bool = False
    quotes_formulas: bool = False

    @property
    def about_pairs(self) -> bool:
        return self.kind.rows_name_items

    @property
    def takes_several(self) -> bool:
        """Whether one answer may give several labels."""
        return self.kind.label_type == "list"

    def answer(self, labels: Sequence[Any], by: str = "") -> list[Said]:
        """The labels that one person gave as the answers they are: one, or none."""
        if self.takes_several:
            return [Said(list(labels), by)]
        if len(labels) > 1:
            self.notes.count(
                "1 answer gave several labels; this project asks for one, so it was left out.",
                "{count} answers gave several labels; this project asks for one, so they were left out.",
            )
        return [Said(labels[0], by)] if len(labels) == 1 else []

    def lost(self, what: str, many: str, by: int = 1) -> None:
        """Counts what has no place here: "answer was a skip", "answers were skips"."""
        if by:
            self.notes.count(f"1 {what}.", f"{{count}} {many}.", by)

    def keep_predictions(self, record: Record, predictions: list[Record]) -> None:
        if not predictions:
            return
        if self.modality == Modality.TABULAR or self.about_pairs:
            self.lost(
                "prediction was left out: there is no place for it where every column is shown",
                "predictions were left out: there is no place for them where every column is shown",
                len(predictions),
            )  # fmt: skip
        else:
            record[PREDICTIONS] = predictions
            self.notes.say(f"Predictions are kept with their items as {PREDICTIONS!r}, which no annotator sees.")


@dataclass(slots=True)
class Told:
    """What a record says about one item: our columns, and the answers of people. Records with one ``key`` are about one
    item, one without is about its own."""

    record: Record
    answers: list[Said] = field(default_factory=list)
    key: str = ""


def key_of(number: Any) -> str:
    """The key of the item that a record names so; of none where the cell is missing."""
    return "" if is_missing(number) else str(number)


class Tool(ABC):
    """Reads the records of one file. ``first`` are its first records; they decide what holds for the file."""

    name: ClassVar[str]
    #: "This is …"
    title: ClassVar[str]
    containers: ClassVar[Collection[str]]

    def __init__(self, first: Sequence[Record], asked: Asked) -> None:
        self.first = first
        self.asked = asked

    @classmethod
    @abstractmethod
    def knows(cls, names: Collection[str], first: Sequence[Record], container: str) -> bool:
        """Whether a file with these columns and first records is this tool's."""

    @property
    def groups(self) -> bool:
        """Whether several records, wherever they stand, may be about one item."""
        return False

    def refusal(self) -> str:
        """Why nothing of the file can go in; "" where something can."""
        return ""

    @abstractmethod
    def told(self, record: Record) -> Iterator[Told | Record]:
        """What a record is here: items with their answers, or rows as they are. Raises RowRejected."""


def without_side(record: Record) -> Record:
    """The record with a ``split`` that is none of ours (train, test) under another name, and blank ones gone."""
    side = record.get("split")
    if side is not None and str(side).strip().lower() not in Split.values:
        record["split_"] = record.pop("split")
    return record


def most_common(names: Iterable[str]) -> str:
    """The name that comes most often, of several the first; "" of none."""
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return max(counts, key=lambda name: counts[name], default="")


def read_cell(value: Any) -> Any:
    """A cell of CSV as the JSON it may be."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
