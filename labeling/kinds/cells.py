"""One spelling for one value, whatever type a file gives it as: csv says ``1.0``, JSON ``1``, parquet a decimal.

Missing are null, blank text and NaN, and nothing else: 0 and false are values. A spelling is exact, or there is none.
"""

import math
import re
from collections.abc import Iterator, Set
from datetime import date, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from labeling.kinds.question import InvalidAnswer
from labeling.kinds.spelling import case_key, name_key

#: From here on a floating-point number may be another one that was rounded.
ROUNDED_FROM = 2**53
#: Digits that a decimal may have when it is written out; 1E+1000000 has a million.
_MOST_DIGITS = 1_000
_TOO_LONG = f"A number of more than {_MOST_DIGITS:,} digits."
_WHOLE = re.compile(r"([+-]?)0*(\d+)\.0+")
_BOOLEANS = ("true", "false")


class NoSpelling(ValueError):
    """There is no exact text of the value; the message says why."""


def is_missing(value: Any) -> bool:
    """Whether a cell says nothing: null, blank text, NaN.

    >>> [is_missing(value) for value in (None, "", " \\n", float("nan"))]
    [True, True, True, True]
    >>> [is_missing(value) for value in (0, 0.0, False, "0", [])]
    [False, False, False, False, False]
    """
    if value is None:
        return True
    if isinstance(value, str):
        return not value or value.isspace()
    if isinstance(value, float):
        return math.isnan(value)
    return isinstance(value, Decimal) and value.is_nan()


def spelled(value: Any) -> str:
    """The text of a single value that is not missing. Raises NoSpelling.

    >>> spelled(1001.0), spelled(2**70), spelled(Decimal("1.50")), spelled(False), spelled(date(2024, 1, 2))
    ('1001', '1180591620717411303424', '1.5', 'false', '2024-01-02')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return _BOOLEANS[not value]
    if isinstance(value, int):
        if value.bit_length() > 3 * _MOST_DIGITS:  # str() refuses to write thousands of digits
            raise NoSpelling(_TOO_LONG)
        return str(value)
    if isinstance(value, float):
        return _of_float(value)
    if isinstance(value, Decimal):
        return _of_decimal(value)
    if isinstance(value, date | time):  # a datetime is a date
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise NoSpelling(f"Expected text, found {kind_of_value(value)}.")


def _of_float(value: float) -> str:
    if not math.isfinite(value):
        raise NoSpelling("Expected text, found infinity." if math.isinf(value) else "Expected text, found NaN.")
    if value != int(value):
        return _of_decimal(Decimal(repr(value)))
    if abs(value) >= ROUNDED_FROM:
        raise NoSpelling(
            f"{value!r} is a floating-point number of more than 2^53, which may have been rounded: give it as a whole"
            " number or as text."
        )
    return str(int(value))


def _of_decimal(value: Decimal) -> str:
    if not value.is_finite():
        raise NoSpelling("Expected text, found infinity.")
    if abs(value.adjusted()) > _MOST_DIGITS:
        raise NoSpelling(_TOO_LONG)
    text = f"{value:f}"  # normalize() would round to the 28 digits of the context
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def without_fraction(text: str) -> str:
    """The whole number that a text writes as ``1.0``; any other text as it is.

    >>> without_fraction("1001.0"), without_fraction("-0.00"), without_fraction("1.10"), without_fraction("007.0")
    ('1001', '0', '1.10', '7')
    """
    if text[-1:] != "0" or ".0" not in text:
        return text
    match = _WHOLE.fullmatch(text)
    if match is None or not text.isascii():
        return text
    return match[2] if match[1] != "-" or match[2] == "0" else f"-{match[2]}"


def same_number(text: str) -> Iterator[str]:
    """The other ways in which programs write the whole number a text writes: ``1.0`` for ``1``, ``1`` for ``1.0``."""
    whole = without_fraction(text)
    if whole != text:
        yield whole
    elif re.fullmatch(r"-?(0|[1-9][0-9]*)", text):
        yield f"{text}.0"


def group_key(group: str) -> str:
    """What a group is known by: its name as it looks, and a whole number however it is written.

    >>> group_key("1.0") == group_key("1"), group_key("1.10") == group_key("1.1")
    (True, False)
    """
    key = name_key(group)
    return without_fraction(key) if key[-1:] == "0" else key


def near_cell(value: Any) -> Any:
    """A cell of a table as one that is almost the same: text without case and blanks, a whole number as an integer.

    >>> near_cell(3.0) == near_cell(3), repr(near_cell(3.0)), near_cell(" Yes ")
    (True, '3', 'yes')
    """
    if isinstance(value, str):
        return case_key(value)
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < ROUNDED_FROM else value


def as_label(value: Any, labels: Set[str], field: str = "label") -> str:
    """The name of the label that a cell means. A text is a name as it stands, but for spaces around it; a number or
    boolean is the label that is called so, whichever way a program writes it. What is no label of the project comes
    back as it is spelled. Raises InvalidAnswer for what cannot be a name.

    >>> as_label(1, {"1"}), as_label("1.0", {"1"}), as_label(1.0, {"1.0"}), as_label(True, {"true"})
    ('1', '1', '1.0', 'true')
    """
    if isinstance(value, bool):
        spellings = [str(value), *_boolean_spellings(str(value))]
        return next((name for name in spellings if name in labels), spellings[0])
    try:
        text = spelled(value)
    except NoSpelling as error:
        raise InvalidAnswer(field, str(error).replace("Expected text", "Expected a label")) from error
    name = text.strip()
    if name in labels:
        return name
    others = (*same_number(name), *_boolean_spellings(name))
    return next((other for other in others if other in labels), name)


def _boolean_spellings(text: str) -> tuple[str, ...]:
    lower = text.lower()
    return (lower, lower.capitalize(), lower.upper()) if lower in _BOOLEANS else ()


def kind_of_value(value: Any) -> str:
    """What a value is, in words."""
    return {
        list: "a list", tuple: "a list", dict: "an object", bool: "true or false", type(None): "nothing",
        bytes: "bytes",
    }.get(type(value), type(value).__name__)  # fmt: skip
