"""Single values of a row, the same in every format and kind of row: what is missing, what is kept, what is refused.

Reserved columns (ids, groups, texts, sides) become text by ``as_text``. All other columns stay what they are as far as
JSON holds them: ``storable`` and ``take_infinities`` are for the few rows with something that it does not hold.
"""

from collections.abc import Collection
from typing import Any

from labeling.kinds import QuestionKind
from labeling.kinds.cells import NoSpelling, is_missing, kind_of_value, spelled
from labeling.models import Modality, Split
from labeling.services.imports.errors import RowRejected

#: Key under which a reader names the columns of a table whose cells it keeps as written, be they numbers or not.
AS_WRITTEN = "\0as written"
#: Key of the name of whoever gave the label of a row: a column that is called so is data until it is chosen for it.
ANNOTATOR = "\0annotator"
#: Characters of an id, a group and an origin.
SHORT = 200
#: Columns of what is known to be true, in rows about items.
GOLD, EXPLANATION = "gold", "gold_explanation"
_OF_ITEMS = frozenset({"id", "label", "group", "context", "origin", "split"})
_OF_PAIRS = frozenset({"left", "right", "winner", "gold", "annotator", "elapsed_ms"})
_OF_CONTEXTS = frozenset({"context_id", "context_purpose", "context_split"})
_LARGEST, _SMALLEST = 2**64 - 1, -(2**63)
#: Columns in which true and false can only be another column that was taken for them.
_NEVER_BOOLEAN = frozenset({"text", "id", "left", "right", "context_id"})
_SPACES_STAY = frozenset({"text", "context"})


def as_text(value: Any, field: str, limit: int) -> str:
    """The value of a reserved column, "" where it is missing. Raises RowRejected."""
    if type(value) is not str:
        if is_missing(value):
            return ""
        if isinstance(value, bool) and field in _NEVER_BOOLEAN:
            raise RowRejected(f"Expected text, found {kind_of_value(value)}.", field)
        try:
            value = spelled(value)
        except NoSpelling as error:
            raise RowRejected(str(error), field) from error
    if "\0" in value:
        raise RowRejected("Holds a NUL character.", field)
    if not value.isascii():
        utf8_of(value, field)
    if len(value) > limit:
        raise RowRejected(f"{len(value):,} characters; at most {limit:,} are accepted.", field)
    if field in _SPACES_STAY:
        return "" if value.isspace() else value
    return value.strip()


def as_split(value: Any) -> str:
    """A side of the split, "" where none is given. Raises RowRejected."""
    if is_missing(value):
        return ""
    text = str(value).strip().lower()
    if text not in Split.values:
        raise RowRejected(f"{str(value)[:40]!r} is not a split; pool and eval are.", "split")
    return text


def utf8_of(value: str, field: str) -> bytes:
    """The bytes of a text. Raises RowRejected where a byte of the file or half a character came through."""
    try:
        return value.encode()
    except UnicodeEncodeError as error:
        code = ord(value[error.start])
        found = f"byte 0x{code - 0xDC00:02X}" if 0xDC80 <= code <= 0xDCFF else "half a surrogate pair"
        raise RowRejected(
            f"Not UTF-8: {found} at character {error.start + 1}. Save the file as UTF-8.", field
        ) from error


def reserved_columns(modality: str, kind: QuestionKind) -> frozenset[str]:
    """The columns that are read as text or as an answer and not kept as they are."""
    names = _OF_ITEMS if modality == Modality.TABULAR else _OF_ITEMS | {"text"}
    names |= _OF_PAIRS if kind.rows_name_items else {ANNOTATOR, GOLD, EXPLANATION}
    return names | _OF_CONTEXTS if kind.has_contexts else names


def storable(value: Any) -> Any:
    """The value with whole numbers of more than 64 bits as text, digit for digit: readers of JSON would round them."""
    if isinstance(value, dict):
        return {name: storable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [storable(inner) for inner in value]
    if isinstance(value, int) and not _SMALLEST <= value <= _LARGEST:
        return spelled(value)
    return value


def take_infinities(record: dict[str, Any], kept: Collection[str]) -> list[str]:
    """Empties the cells (and the places inside lists and objects) that hold infinity; the names of their columns.

    The ``kept`` columns keep theirs: ``as_text`` and the kind of question refuse it by name.
    """
    found = []
    for name, value in record.items():
        if name not in kept and _holds_infinity(value):
            record[name] = _finite(value)
            found.append(str(name))
    return found


def _holds_infinity(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_infinity, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_holds_infinity, value))
    return isinstance(value, float) and value in (float("inf"), -float("inf"))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if _holds_infinity(value) else value
