"""Rows of items that Querent exported, read back as what they were when they came in.

Known by columns that no other program writes together. Their ids stand in ``external_id``, columns of their own that
are called as one of ours begin with ``item.``, and what only says how an item was answered is no data of it: in a table
it would be a feature, and the number of votes would be learned.
"""

from typing import Any

from labeling.models import Project
from labeling.selectors.columns import labeled_item_columns
from labeling.services.imports.records.values import AS_WRITTEN

#: In every row of items, and in nobody else's.
MARKS = frozenset({"item_id", "external_id", "soft_label", "weight_missing"})
_GIVEN = frozenset({"split", "label", "context", "group", "origin", "text"})
_OF_FORMULAS = "=+-@\t\r"
NOTE = (
    "The file is an export of Querent: external_id was taken as id, and columns that say how items were answered were"
    " left out."
)


class OwnExport:
    """``quotes_formulas`` where cells that a spreadsheet would run have a ' in front (exports/delimited.neutral)."""

    def __init__(self, project: Project) -> None:
        self.left_out = {column.name for column in labeled_item_columns(project)} - _GIVEN
        self.quotes_formulas = False

    def given(self, record: dict[str, Any]) -> dict[str, Any]:
        """The record as an import is given it."""
        if self.quotes_formulas:
            record = {_without_quote(name): _without_quote(value) for name, value in record.items()}
        return {"id": record["external_id"], **self._kept(record)}

    def _kept(self, record: dict[str, Any]) -> dict[str, Any]:
        """The columns of the item, also where a reader names them."""
        kept = {name.removeprefix("item."): value for name, value in record.items() if name not in self.left_out}
        if written := kept.pop(AS_WRITTEN, None):
            kept[AS_WRITTEN] = [name.removeprefix("item.") for name in written if name not in self.left_out]
        return kept


def _without_quote(cell: Any) -> Any:
    if type(cell) is not str or not cell.startswith("'"):
        return cell
    rest = cell.lstrip("'")
    return cell[1:] if rest and rest[0] in _OF_FORMULAS else cell
