"""The form of what mistakes cost: a cell for each pair of labels, or a table to paste where there are many."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labeling.models import Label, Project
from labeling.selectors.costs import ALL_MISTAKES, PRICES, told
from labeling.services.validation.errors import Invalid

#: More labels than these have no cell each.
MOST_CELLS = 12
PRICE_WORDS = {
    "review": ("A case that a person answers", "The model leaves to people what any answer of its own is dearer than."),
    "skip": ("A case left without an answer", "Where nobody looks at it either."),
    "most_acceptable": ("Most acceptable, a case", "On average. A model above it is not promoted, and alarms."),
    "deadline_ms": ("Deadline of an answer, ms", "A slower model is not promoted, even if it is better."),
}


@dataclass(frozen=True)
class Field:
    """One typed-in number."""

    name: str
    value: str
    label: str
    help: str = ""


class CostsForm:
    """Of a project; with ``data`` as it was sent."""

    def __init__(self, project: Project, data: Mapping[str, Any] | None = None) -> None:
        self.labels: list[Label] = list(project.labels.in_use())
        self.has_cells = len(self.labels) <= MOST_CELLS
        self.is_set = bool(project.costs)
        self.error = ""
        self._data = data
        self._now = told(project)

    def rows(self) -> list[tuple[Label, list[Field]]]:
        """By true label a field for each answer."""
        return [
            (
                truth,
                [Field(self._cell(truth, answer), self._shown(truth, answer), answer.name) for answer in self.labels],
            )
            for truth in self.labels
        ]

    def prices(self) -> list[Field]:
        found = [Field(name, self._sent(name, self._now.get(name)), *PRICE_WORDS[name]) for name in PRICES]
        unit = Field(
            "unit", self._sent("unit", self._now.get("unit")), "Unit", "What the numbers are: €, minutes, points."
        )
        return [unit, *found]

    def all_mistakes(self) -> Field:
        """One number in place of the cells."""
        words = "In place of the table. Empty where some mistakes are worse than others."
        shown = self._sent(ALL_MISTAKES, self._now.get(ALL_MISTAKES))
        return Field(ALL_MISTAKES, shown, "Every mistake costs the same", words)

    def table(self) -> str:
        """The costs as a table to paste: answers in the first line, a line for each true label."""
        if self._data is not None:
            return str(self._data.get("table", ""))
        if "matrix" not in self._now:
            return ""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["", *self._now["matrix"]])
        writer.writerows([truth, *(f"{cost:g}" for cost in row.values())] for truth, row in self._now["matrix"].items())
        return out.getvalue()

    def values(self) -> dict[str, Any]:
        """What ``update_project`` takes as ``costs``. Raises Invalid."""
        data = self._data or {}
        prices = {name: _number(f"costs.{name}", data[name]) for name in PRICES if str(data.get(name, "")).strip()}
        unit = str(data.get("unit", ""))
        if each := str(data.get(ALL_MISTAKES, "")).strip():
            return {ALL_MISTAKES: _number(f"costs.{ALL_MISTAKES}", each), "unit": unit, **prices}
        if self.has_cells:
            matrix = {
                truth.name: {
                    answer.name: _number(
                        f"costs.matrix.{truth.name}.{answer.name}", data.get(self._cell(truth, answer))
                    )
                    for answer in self.labels
                }
                for truth in self.labels
            }
        else:
            matrix = _pasted(str(data.get("table", "")))
        return {"matrix": matrix, "unit": unit, **prices}

    def _cell(self, truth: Label, answer: Label) -> str:
        return f"cost-{truth.pk}-{answer.pk}"

    def _shown(self, truth: Label, answer: Label) -> str:
        wrong = self._now.get(ALL_MISTAKES, 1.0) * (truth.pk != answer.pk)
        kept = self._now.get("matrix", {}).get(truth.name, {}).get(answer.name, wrong)
        return self._sent(self._cell(truth, answer), kept)

    def _sent(self, name: str, kept: Any) -> str:
        if self._data is not None:
            return str(self._data.get(name, ""))
        return f"{kept:g}" if isinstance(kept, float) else str(kept or "")


def _number(field: str, value: Any) -> float:
    try:
        return float(str(value if value is not None else "").strip().replace(",", "."))
    except ValueError:
        raise Invalid(field, "Expected a number.") from None


def _pasted(table: str) -> dict[str, dict[str, float]]:
    """Separated by tabs, as a spreadsheet copies them, or by commas."""
    rows = [row for row in csv.reader(io.StringIO(table), delimiter="\t" if "\t" in table else ",") if any(row)]
    if not rows:
        raise Invalid("costs.matrix", "Paste a table: the answers in its first line, then a line for each true label.")
    answers = [name.strip() for name in rows[0][1:]]
    for row in rows[1:]:
        if len(row) != len(rows[0]):
            raise Invalid("costs.matrix", f"The line of {row[0]!r} has {len(row) - 1} costs, not {len(answers)}.")
    return {
        truth.strip(): {
            answer: _number(f"costs.matrix.{truth.strip()}.{answer}", cost)
            for answer, cost in zip(answers, costs, strict=True)
        }
        for truth, *costs in rows[1:]
    }
