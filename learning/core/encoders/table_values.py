"""Cells of a table as people write them: numbers, dates, names, and the many ways of saying "missing"."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "-"})
DATE_FORMATS = (
    "iso",
    "%d.%m.%Y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%Y/%m/%d",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d.%m.%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%Y/%m/%d %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
)
"""``iso`` is ISO 8601. Of two that read equally many cells the first wins."""
_EPOCH = datetime(1970, 1, 1)
_UNITS = re.compile(r"^[$€£¥]\s*|\s*[$€£¥%]$")
_GROUPED = re.compile(r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$")
_DECIMAL_COMMA = re.compile(r"^[+-]?\d+,\d+$")
_GROUPED_BY_DOTS = re.compile(r"^[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d+)?$")
_COMMA_MUST_BE_DECIMAL = re.compile(r"^[+-]?(0,\d+|\d+,(\d{1,2}|\d{4,})|\d{4,},\d+|[1-9]\d{0,2}(\.\d{3})+,\d+)$")
_COMMA_MUST_GROUP = re.compile(r"^[+-]?[1-9]\d{0,2}(,\d{3}(,\d{3})+(\.\d+)?|,\d{3}\.\d+)$")
_LEADING_ZERO = re.compile(r"0\d+")
_PHONE = re.compile(r"\+\d{7,}")
_WHOLE_EXPONENT = re.compile(r"\d+[eE]\d+")
_SAMPLE = 200
MOSTLY = 0.95


def as_level(value: object) -> str:
    """Return a category's name; every way of saying "missing" is the empty string.

    Examples
    --------
    >>> as_level(" N/A "), as_level(None), as_level(float("nan")), as_level(True)
    ('', '', '', 'True')
    """
    text = "" if value is None else str(value).strip()
    return "" if text.lower() in MISSING else text


def whole_level(level: str) -> str:
    """Return the name of a whole number however it is written: one file has a column as integers, another as floats.

    Examples
    --------
    >>> whole_level("3.0"), whole_level("3"), whole_level("-0.0"), whole_level("3.10")
    ('3', '3', '0', '3.10')
    """
    name = level.removesuffix(".0")
    return "0" if name == "-0" else name


def as_number(value: object, decimal: str = "") -> float:
    """Return a number, NaN when it is none or not finite. Thousands commas, currencies and percent signs are read.

    ``decimal`` is what :func:`decimal_of` says of the column: "," where commas are decimal and dots group.

    Examples
    --------
    >>> as_number(" 1e3 "), as_number("$1,234.50"), as_number("45 %"), as_number("0,5"), as_number("soon")
    (1000.0, 1234.5, 45.0, 0.5, nan)
    >>> as_number("0,125"), as_number("0,125", ","), as_number("1.234,5 €", ","), as_number(1.234, ",")
    (125.0, 0.125, 1234.5, 1.234)
    """
    text = as_level(value)
    if decimal and isinstance(value, str):
        text = _UNITS.sub("", text)
        text = (text.replace(".", "") if _GROUPED_BY_DOTS.match(text) else text).replace(",", ".")
    try:
        return _finite(float(text))
    except ValueError:
        text = _UNITS.sub("", text)
    if _GROUPED.match(text):
        text = text.replace(",", "")
    elif _DECIMAL_COMMA.match(text):
        text = text.replace(",", ".")
    try:
        return _finite(float(text))
    except ValueError:
        return math.nan


def decimal_of(levels: Sequence[str]) -> str:
    """Return "," when a column's commas are decimal, else an empty string: then each cell speaks for itself.

    Cells such as ``0,5`` or ``1.234,50`` can only be read so, ``1,234.50`` only otherwise; ``0,125`` and ``1,250``
    could be read either way and follow them.

    Examples
    --------
    >>> decimal_of(["1,250", "0,5", "3,125"]), decimal_of(["1,250", "12,500"]), decimal_of(["1,250.5", "0.5"])
    (',', '', '')
    """
    balance = 0
    for level in levels:
        if "," in level:
            text = _UNITS.sub("", level)
            balance += bool(_COMMA_MUST_BE_DECIMAL.match(text)) - bool(_COMMA_MUST_GROUP.match(text))
    return "," if balance > 0 else ""


def are_codes(levels: Sequence[str], all_numbers: bool) -> bool:
    """Return whether present values that read as numbers are codes: zip codes, phone or part numbers.

    Examples
    --------
    >>> are_codes(["10001", "00501"], True), are_codes(["+4312345678"], True), are_codes(["-1", "+2", "0.5"], True)
    (True, True, False)
    >>> are_codes(["5E2", "A12"], False), are_codes(["5e2", "7.5"], True)
    (True, False)
    """
    codes = (_LEADING_ZERO, _PHONE) if all_numbers else (_LEADING_ZERO, _PHONE, _WHOLE_EXPONENT)
    return any(code.fullmatch(level) for level in levels for code in codes)


def as_moment(value: object, date_format: str) -> datetime | None:
    """Return the moment of a cell, None when it is not written in the format. Time zones are left out.

    Examples
    --------
    >>> as_moment("31/12/2024", "%d/%m/%Y"), as_moment("2024-02-30", "iso")
    (datetime.datetime(2024, 12, 31, 0, 0), None)
    """
    text = as_level(value)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text) if date_format == "iso" else datetime.strptime(text, date_format)
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=None)


def days(moment: datetime) -> float:
    """Return days since 1970.

    Examples
    --------
    >>> days(datetime(1970, 1, 2, 12))
    1.5
    """
    return (moment - _EPOCH).total_seconds() / 86_400.0


def date_format_of(values: Sequence[str]) -> str:
    """Return the format in which at least 95 % of the values are dates, or an empty string.

    A first pass over 200 values leaves the formats worth a second one.

    Examples
    --------
    >>> date_format_of(["01/02/2024", "13/02/2024"]), date_format_of(["1", "2"])
    ('%d/%m/%Y', '')
    """
    likely = [value for value in values if len(value) >= 6 and any(sign in value for sign in "-/. T")]
    if not values or len(likely) < MOSTLY * len(values):
        return ""
    step = max(len(values) // _SAMPLE, 1)
    best, most = "", 0
    for date_format in DATE_FORMATS:
        if not any(as_moment(value, date_format) for value in values[::step]):
            continue
        read = sum(as_moment(value, date_format) is not None for value in values)
        if read > most:
            best, most = date_format, read
    return best if most >= MOSTLY * len(values) else ""


def _finite(number: float) -> float:
    return number if math.isfinite(number) else math.nan
