"""What makes an item or a context the same as another, whatever it is stored as: hashes of its canonical spelling."""

import hashlib
import math
import re
from collections.abc import Callable
from typing import Any

import orjson

from labeling.kinds.cells import ROUNDED_FROM
from labeling.kinds.spelling import canonical

_WHOLE_BELOW = 2**63
SORTED_JSON = orjson.OPT_NON_STR_KEYS | orjson.OPT_SORT_KEYS


#: A whole number as a program writes it whose column has gaps: they make it one of floating-point numbers.
_WHOLE = re.compile(r"\d\.0[,}\]]")


def has_whole_floats(data: str) -> bool:
    """Whether compact JSON may hold a whole number that is written as a floating-point one."""
    return ".0" in data and _WHOLE.search(data) is not None


def asked_of_row(data: str, *, by_type: bool = False) -> bytes:
    """What is asked about by a table row that is stored as this compact JSON with sorted keys; ``by_type`` as it was
    while 3.0 was another cell than 3."""
    has_whole = not by_type and has_whole_floats(data)
    # nothing in a compact row stands beside a blank, but a blank at the end of a text; escapes hide line ends
    if not has_whole and data.isascii() and '" ' not in data and ' "' not in data and "\\" not in data:
        return data.encode()
    row = orjson.loads(data)
    same = {canonical(name): canonical_of(value) for name, value in row.items()}
    if has_whole:
        same = {name: _whole_of(value) for name, value in same.items()}
    if len(same) < len(row):
        return data.encode()  # two columns differ by their spelling alone: they are two
    return orjson.dumps(same, option=SORTED_JSON)


def canonical_of(value: Any) -> Any:
    """A value with every text in it in canonical spelling."""
    return _with_each(value, lambda inner: canonical(inner) if isinstance(inner, str) else inner)


def _whole_of(value: Any) -> Any:
    """A value with every floating-point number in it that is a whole one as that: 3.0 of one file is 3 of another."""
    return _with_each(value, _whole)


def _whole(number: Any) -> Any:
    is_whole = isinstance(number, float) and abs(number) < ROUNDED_FROM and number.is_integer()
    return int(number) if is_whole else number


def _with_each(value: Any, become: Callable[[Any], Any]) -> Any:
    """The value with each of the plain values in it replaced by what it becomes."""
    if isinstance(value, list):
        return [_with_each(part, become) for part in value]
    if isinstance(value, dict):
        return {name: _with_each(part, become) for name, part in value.items()}
    return become(value)


def content_hash(asked: bytes, identity: str) -> str:
    """The fingerprint of an item; ``identity`` is that of its context, "" without one."""
    digest = hashlib.sha256(asked)
    if identity:
        digest.update(b"\0" + identity.encode())
    return digest.hexdigest()


def context_hash(
    external_id: str | None, text: str, purpose: str, facts: list[list[Any]], picture_sha256: str | None
) -> str:
    """The fingerprint of a context: its id, else all it says."""
    said: list[Any] = ["id", external_id]
    if not external_id:
        said = [canonical(text), canonical(purpose), canonical_of(facts), *filter(None, [picture_sha256])]
    return hashlib.sha256(orjson.dumps(said)).hexdigest()


def number_once(cell: str) -> Any:
    """What a cell was before columns were looked at: its number whatever its spelling, None when blank, else itself.

    Items stored then are recognised by it, and their twins that are kept as written fall on the same side of the split.
    """
    text = cell.strip()
    if not text:
        return None
    if not text.isascii() or text[0] not in "+-.0123456789" or "_" in text:
        return cell
    digits = text.lstrip("+-")
    if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        return cell
    try:
        number = int(text)
        return number if -_WHOLE_BELOW <= number < _WHOLE_BELOW else cell
    except ValueError:
        pass
    try:
        decimal = float(text)
    except ValueError:
        return cell
    return decimal if math.isfinite(decimal) else cell
