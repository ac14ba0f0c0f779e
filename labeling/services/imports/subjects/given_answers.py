"""Answers of an import about items, as they are stored."""

from collections.abc import Sequence
from typing import Any

from labeling.db.insert import RawInsert
from labeling.models import Annotation
from labeling.models.remark import NO_REMARK, Remark

#: (item, name of who gave it or "", answer as JSON, what he said with it)
Given = tuple[int, str, str, Remark]

_COLUMNS = ("item", "answer", "imported_annotator", "doubt", "comment")


def insert_given(given: Sequence[Given], constants: dict[str, Any]) -> None:
    """Each sort in one statement of the columns it has: most files have no names, and no remarks but our own."""
    RawInsert(Annotation, ("item", "answer"), constants)(
        (pk, answer) for pk, name, answer, remark in given if not name and remark is NO_REMARK
    )
    RawInsert(Annotation, ("item", "answer", "imported_annotator"), constants)(
        (pk, answer, name) for pk, name, answer, remark in given if name and remark is NO_REMARK
    )
    RawInsert(Annotation, _COLUMNS, constants)(
        (pk, answer, name, *remark.columns.values()) for pk, name, answer, remark in given if remark is not NO_REMARK
    )
