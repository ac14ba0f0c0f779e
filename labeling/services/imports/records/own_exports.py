"""Rows of items that Querent exported, read back as what they were when they came in.

Known by columns that no other program writes together. Their ids stand in ``external_id``, columns of their own that
are called as one of ours begin with ``item.``, and what only says how an item was answered is no data of it: in a table
it would be a feature, and the number of votes would be learned.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from labeling.kinds import KINDS
from labeling.models import Project
from labeling.selectors.columns import ANSWER, LABELED_ITEM, REMARK_NAMES, SUGGESTED_NAMES, labeled_item_columns
from labeling.services.imports.records.values import AS_WRITTEN, EXPLANATION, GOLD

#: In every row of items, and in nobody else's.
MARKS = frozenset({"item_id", "external_id", "soft_label", "weight_missing"})
_GIVEN = frozenset({"split", "label", "context", "group", "origin", "text", GOLD, EXPLANATION})
_OF_ANSWER = frozenset(
    {*(column.name for column in ANSWER), "label", "image_sha256"} - _GIVEN - REMARK_NAMES | {"label"}
)
_OF_CONSENSUS = frozenset(
    {
        *(column.name for column in LABELED_ITEM),
        *(name for kind in KINDS.values() for name, _ in kind.item_columns),
        "image_sha256",
    }
    - _GIVEN
    | {"label"}
)
#: What every row of ours has beside the answer, in whichever format.
_BESIDE_A_TASK = frozenset({"external_id", "split", "context", "group", "origin"})
#: In every row of what answers come to. ``label`` is no column of an item's own, the others may be.
_CONSENSUS = frozenset({"label", "soft_label", "confidence", "votes", "agreement"})
_IN_CONTEXTS = frozenset({"item_id", "external_id", "status", "image_sha256"})
#: Key under which the builder of rows is handed what the item called its picture before it was exported; None where
#: it did not, which is no reason to call it as the data set does.
OWN_IMAGE = "\0own image"
_OWN_IMAGE = "\0image"
_BESIDE_A_PICTURE = re.compile(r"(^(left_|right_)?image|(^|_)file_names?)_+$")
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
            record = unquoted(record)
        return {"id": record["external_id"], **self._kept(record)}

    def _kept(self, record: dict[str, Any]) -> dict[str, Any]:
        return _without(record, self.left_out)


def is_ours(record: Mapping[str, Any]) -> bool:
    """Whether columns beside a task of another tool are those that an export of ours puts there."""
    return record.keys() >= _BESIDE_A_TASK


def has_remark(record: Mapping[str, Any]) -> bool:
    """Whether a row of answers says what came with each. Earlier exports do not; one of these names alone is a
    column of the item's own."""
    return record.keys() >= REMARK_NAMES and not record.keys() >= _CONSENSUS


def bare(record: dict[str, Any]) -> dict[str, Any]:
    """The item of an exported row, without its label and whatever says how it was answered. A row of answers has other
    columns of ours, so one of the item's own may be called ``votes`` there."""
    left_out = _OF_CONSENSUS if record.keys() >= _CONSENSUS else _OF_ANSWER
    if has_remark(record):
        left_out |= REMARK_NAMES
    if record.keys() >= SUGGESTED_NAMES:  # of a project that suggested answers; one of these alone is the item's own
        left_out |= SUGGESTED_NAMES
    return {"id": record.get("external_id"), **_without(record, left_out)}


def bare_in_context(record: dict[str, Any], of_context: Collection[str]) -> dict[str, Any]:
    """The item of a row of an item in its context, which says nothing of answers."""
    return {"id": record.get("external_id"), **_without(record, _IN_CONTEXTS | set(of_context))}


def unquoted(record: dict[str, Any]) -> dict[str, Any]:
    """Without the ' in front of cells that a spreadsheet would run."""
    return {_without_quote(name): _without_quote(value) for name, value in record.items()}


def _without(record: Mapping[str, Any], left_out: Collection[str]) -> dict[str, Any]:
    """The columns of the item, also where a reader names them."""
    kept = {name.removeprefix("item."): value for name, value in record.items() if name not in left_out}
    if "image_sha256" in record:  # a data set of pictures has its own names for them beside those of the items
        kept = {_own_name(name): value for name, value in kept.items()}
        kept[OWN_IMAGE] = kept.pop(_OWN_IMAGE, None)
    if written := kept.pop(AS_WRITTEN, None):
        kept[AS_WRITTEN] = [name.removeprefix("item.") for name in written if name not in left_out]
    return kept


def _own_name(name: str) -> str:
    """The name of a column without the _ that a data set gave it (exports/folders/features.beside_pictures)."""
    if name == "image_":
        return _OWN_IMAGE
    return name[:-1] if _BESIDE_A_PICTURE.search(name) else name


def _without_quote(cell: Any) -> Any:
    if type(cell) is not str or not cell.startswith("'"):
        return cell
    rest = cell.lstrip("'")
    return cell[1:] if rest and rest[0] in _OF_FORMULAS else cell
