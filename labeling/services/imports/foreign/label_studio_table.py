"""Label Studio's JSON-MIN, CSV and TSV: a row an annotation, its answers in columns beside the task's own.

Which columns are answers is not said. In JSON-MIN they stand between ``id`` and ``annotator``, and so does what the
task's own data hold behind an ``id`` of theirs, which the task's number takes the place of
(``findings/label-studio-min-id.sh``); in CSV the columns are in alphabetical order. An answer is ``positive``,
``{"choices": ["a", "b"]}``, ``[{"rating": 4}]`` or ``[{"selected": "left"}]``. A skipped task has no row at all, and
nothing says which answer was marked as the truth.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from typing import Any, ClassVar

from labeling.kinds.cells import is_missing
from labeling.models import Modality
from labeling.services.imports.foreign.base import CSV, JSON, Asked, Record, Told, Tool, key_of, read_cell, without_side
from labeling.services.imports.foreign.label_studio import context_in, file_named, two_compared
from labeling.services.imports.foreign.pairs import Side, rows_of_pair
from labeling.services.imports.records.values import AS_WRITTEN

_MARKS = frozenset({"annotation_id", "annotator", "lead_time"})
_OF_TOOL = _MARKS | {"created_at", "updated_at"}
_FORMS = ("choices", "rating", "selected", "text", "labels", "rectanglelabels")


class LabelStudioTable(Tool):
    name: ClassVar[str] = "label-studio-table"
    title: ClassVar[str] = "an export of Label Studio (JSON-MIN or CSV)"
    containers: ClassVar[Collection[str]] = (JSON, CSV)

    def __init__(self, first: Sequence[Record], asked: Asked) -> None:
        super().__init__(first, asked)
        of_file = {name for row in first for name in row}
        self.answer_columns = [name for name, purpose in asked.chosen.items() if purpose == "label" and name in of_file]
        if not self.answer_columns:
            self.answer_columns = self._in_order() if asked.container == JSON else self._by_cells()
        #: the column of the answer that is asked for; "" where nobody can tell
        self.answer_column = self._of_question()
        if not self.answer_column:
            asked.notes.say("Which column holds the answers is not said in this file: choose one as the label.")
        asked.notes.say("Label Studio leaves skipped tasks and predictions out of JSON-MIN and CSV: its JSON has them.")

    @classmethod
    def knows(cls, names: Collection[str], first: Sequence[Record], container: str) -> bool:
        return set(names) >= _MARKS

    @property
    def groups(self) -> bool:
        return not self.asked.about_pairs

    def refusal(self) -> str:
        forms = {form for row in self.first for value in row.values() for form in _forms_of(read_cell(value))}
        for form, what in (("rectanglelabels", "boxes"), ("labels", "spans")):
            if form in forms and not self.answer_column:
                return f"This is {self.title} with {what}; {what} are not supported yet."
        if self.asked.about_pairs and self.first and "selected" not in forms:
            return f"This is {self.title} without pairwise comparisons; this project compares pairs."
        return ""

    def told(self, record: Record) -> Iterator[Told | Record]:
        answered = not is_missing(record.get("annotation_id"))
        task_id = record.get("id")
        found = read_cell(record.get(self.answer_column)) if self.answer_column else None
        row = {name: value for name, value in record.items() if name not in _OF_TOOL and name != self.answer_column}
        if written := row.pop(AS_WRITTEN, None):
            row[AS_WRITTEN] = [name for name in written if name in row]
        if self.asked.about_pairs:
            yield from self._pair(record, row, _forms_of(found).get("selected"))
            return
        for name in self.answer_columns:
            if name != self.answer_column and not is_missing(row.pop(name, None)):
                self.asked.lost(f"answer to “{name[:60]}” was left out: a project asks one question",
                                f"answers to “{name[:60]}” were left out: a project asks one question")  # fmt: skip
        if self.asked.modality == Modality.IMAGE:
            row["image"] = file_named(row)
        who = record.get("annotator")
        by = "" if is_missing(who) else str(who)
        answers = self.asked.answer(_labels(found), by) if answered and self.answer_column else []
        yield Told(without_side(row), answers, self._item_of(task_id, row))

    def _pair(self, record: Record, row: Record, selected: Any) -> Iterator[Record]:
        row.pop("id", None)
        left, right = two_compared(row, "")
        seconds = record.get("lead_time")
        judgment = {"winner": selected, "annotator": str(record.get("annotator") or "")} if selected else {}
        if selected and not is_missing(seconds):
            judgment["elapsed_ms"] = round(float(str(seconds)) * 1000)
        context = context_in(row, {left, right}, self.answer_column)
        sides = Side(row[left]), Side(row[right])
        yield from rows_of_pair(sides, context, [judgment], modality=self.asked.modality)

    def _item_of(self, task_id: Any, row: Record) -> str:
        """What rows of one task share. A CSV may have an ``id`` of the data in the place of the task's number, blank or
        at several tasks: those are told apart by their text."""
        if is_missing(task_id) or self.asked.container == JSON:
            return key_of(task_id)
        return json.dumps([str(task_id), str(row.get(self._longest, ""))])

    @cached_property
    def _longest(self) -> str:
        """The column with most text in it."""
        lengths: Counter[str] = Counter()
        for row in self.first:
            lengths.update({name: len(str(value)) for name, value in row.items() if not is_missing(value)})
        without = {*_OF_TOOL, *self.answer_columns, "id"}
        return next((name for name, _ in lengths.most_common() if name not in without), "")

    def _in_order(self) -> list[str]:
        """Between ``id`` and ``annotator`` of any row; none where several could each be a column of the task's data."""
        found: dict[str, None] = {}
        for row in self.first:
            names = list(row)
            if "id" in names and "annotator" in names:
                found.update(dict.fromkeys(names[names.index("id") + 1 : names.index("annotator")]))
        without = [row for row in self.first if is_missing(row.get("annotation_id"))]
        between = [name for name in found if all(is_missing(row.get(name)) for row in without)]
        formed = [name for name in between if any(_forms_of(read_cell(row.get(name))) for row in self.first)]
        return between if len(between) - len(formed) < 2 else formed

    def _by_cells(self) -> list[str]:
        """Columns whose cells have the form of an answer, else those that only rows with an annotation fill."""
        names = [name for name in dict.fromkeys(n for row in self.first for n in row) if name not in {*_OF_TOOL, "id"}]
        formed = [name for name in names if any(_forms_of(read_cell(row.get(name))) for row in self.first)]
        without = [row for row in self.first if is_missing(row.get("annotation_id"))]
        filled = [
            name
            for name in names
            if without and all(is_missing(row.get(name)) for row in without)
            and any(not is_missing(row.get(name)) for row in self.first)
        ]  # fmt: skip
        return list(dict.fromkeys([*formed, *filled]))

    def _of_question(self) -> str:
        def has(name: str, form: str) -> bool:
            return any(form in _forms_of(read_cell(row.get(name))) for row in self.first)

        form = "selected" if self.asked.about_pairs else "rating" if self.asked.kind.label_type == "number" else ""
        of_form = [name for name in self.answer_columns if form and has(name, form)]
        others = [name for name in self.answer_columns if not has(name, "labels") and not has(name, "rectanglelabels")]
        return next(iter(of_form or others), "")


def _forms_of(value: Any) -> Record:
    """The answer's forms with what they hold; empty for a plain value."""
    parts = value if isinstance(value, list) else [value]
    return {form: part[form] for part in parts if isinstance(part, dict) for form in _FORMS if form in part}


def _labels(value: Any) -> list[Any]:
    if is_missing(value):
        return []
    forms = _forms_of(value)
    found = forms.get("choices", forms.get("rating", value))
    return found if isinstance(found, list) else [found]
