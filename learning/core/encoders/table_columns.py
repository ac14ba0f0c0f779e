"""What a column of a table is, and which features it becomes."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from learning.core.arrays import FloatMatrix
from learning.core.encoders.table_values import (
    MOSTLY,
    are_codes,
    as_level,
    as_moment,
    as_number,
    date_format_of,
    days,
    decimal_of,
    whole_level,
)

Kind: TypeAlias = Literal["number", "date", "category", "text"]
_MAX_LEVELS = 30
_FEW_NUMBERS = 12
_CLIP = 5.0
_STRETCHED = 8.0
_IQR_OF_NORMAL = 1.349
_BUCKETS = 8
_WORDS_OF_TEXT = 3.0
_DAYS_OF_YEAR = 365.25
LARGEST = 3.4e38
"""About the greatest number that 32 bits hold: what is written for a value that is not there is often just below."""
_CYCLES = {"year": 60.0, "week": 6.0, "day": 0.0}
"""A cycle is encoded when the dates span more days than this (and, for the day, when there are times)."""


@dataclass(frozen=True)
class TableColumn:
    """One column of the table and what becomes of it.

    A number or date gives its scaled value, its scaled logarithm when it is stretched, a flag where values were
    missing, and one-hot levels when they are few; a date also gives its place in the year, the week and the day. A
    category gives one-hot levels, one of them for everything rare or unseen, and hash buckets for the rare ones when
    they are many. A text is encoded by :class:`learning.core.encoders.table_text.FittedTextColumn`. Numbers of
    ``largest`` and more, on either side, count as missing: programs write the greatest number there is for one that
    they do not have. Encoders that were dumped before there was a limit have none (0), and encode as they did.
    """

    name: str
    kind: Kind
    centre: float = 0.0
    scale: float = 1.0
    flag_missing: bool = False
    levels: tuple[str, ...] = ()
    log_unit: float = 1.0
    log_scale: float = 0.0
    date_format: str = ""
    cycles: tuple[str, ...] = ()
    buckets: int = 0
    largest: float = 0.0
    decimal: str = ""

    @property
    def width(self) -> int:
        """Number of features this column becomes; a text column's is not known here (0)."""
        if self.kind == "text":
            return 0
        numeric = 0
        if self.kind != "category":
            numeric = 1 + (self.log_scale > 0) + 2 * len(self.cycles) + self.flag_missing
        return numeric + (len(self.levels) + 1 if self.levels else 0) + self.buckets

    def encode(self, values: Sequence[object], out: FloatMatrix) -> None:
        """Write the features of ``values`` into ``out`` of shape (n, width), which holds zeros."""
        first = self._encode_numbers(values, out) if self.kind != "category" else 0
        if not self.levels:
            return
        names = list(map(whole_level, self.levels))
        is_whole = self.kind == "number" and len(set(names)) == len(names)  # older dumps may tell 1 from 1.0
        position = {name: first + 1 + at for at, name in enumerate(names if is_whole else self.levels)}
        after = first + 1 + len(self.levels)
        for row, value in enumerate(values):
            level = whole_level(as_level(value)) if is_whole else as_level(value)
            at = position.get(level, first)
            out[row, at] = 1.0
            if self.buckets and at == first:
                out[row, after + zlib.crc32(level.encode("utf-8", "replace")) % self.buckets] = 1.0

    def _encode_numbers(self, values: Sequence[object], out: FloatMatrix) -> int:
        """Write everything but levels and return how many features that was."""
        if self.kind == "date":
            moments = [as_moment(value, self.date_format) for value in values]
            numbers = np.array([np.nan if moment is None else days(moment) for moment in moments], dtype=np.float64)
        else:
            numbers = np.array([as_number(value, self.decimal) for value in values], dtype=np.float64)
            if self.largest:
                numbers[np.abs(numbers) >= self.largest] = np.nan
        absent = np.isnan(numbers)
        distance = np.where(absent, 0.0, numbers - self.centre)
        out[:, 0] = np.clip(distance / self.scale, -_CLIP, _CLIP)
        first = 1
        if self.log_scale > 0:
            out[:, first] = np.clip(_logarithm(distance, self.log_unit) / self.log_scale, -_CLIP, _CLIP)
            first += 1
        for cycle in self.cycles:
            angle = 2.0 * np.pi * np.where(absent, 0.0, _place(numbers, cycle))
            out[:, first] = np.where(absent, 0.0, np.sin(angle))
            out[:, first + 1] = np.where(absent, 0.0, np.cos(angle))
            first += 2
        if self.flag_missing:
            out[:, first] = absent
            first += 1
        return first


def _logarithm(distance: NDArray[np.float64], unit: float) -> NDArray[np.float64]:
    return np.asarray(np.sign(distance) * np.log1p(np.abs(distance) / unit))


def _place(numbers: NDArray[np.float64], cycle: str) -> NDArray[np.float64]:
    """Return the place in a cycle, in [0, 1)."""
    length = {"year": _DAYS_OF_YEAR, "week": 7.0, "day": 1.0}[cycle]
    return np.asarray(np.mod(numbers, length) / length)


def read_column(name: str, values: Sequence[object]) -> TableColumn | None:
    """Decide what a column is.

    A column is a number, or a date in one of the usual formats, when at least 95 % of its present values read as one.
    Whether its commas are decimal is decided by all of them. Codes written in digits (zip codes with leading zeros,
    phone numbers) are categories while their values repeat.
    It is text when its values hardly repeat and have three words or more on average, else a category with at most 30
    levels. Constant columns and identifiers (values that hardly repeat and are no text) are left out.

    Parameters
    ----------
    name : str
    values : sequence
        At least one; strings, numbers, booleans or None.

    Returns
    -------
    Column or None
        None for a column that carries nothing.

    Examples
    --------
    >>> read_column("age", ["31", "44", None, "29"]).kind
    'number'
    >>> read_column("colour", ["red", "red", "blue", "blue"]).levels
    ('blue', 'red')
    >>> read_column("constant", [1, 1, 1]) is None
    True
    """
    levels = [as_level(value) for value in values]
    present = [level for level in levels if level]
    if len(set(levels)) < 2:
        return None
    decimal = decimal_of(present)
    numbers = np.array([as_number(value, decimal) for value, level in zip(values, levels, strict=True) if level])
    written = numbers[~np.isnan(numbers)]
    if written.size >= MOSTLY * len(present):
        known = written[np.abs(written) < LARGEST]
        if known.size < written.size and np.unique(known).size < 2:
            return _category_column(name, levels)  # all it says is whether there is a number
        codes = _category_column(name, levels) if are_codes(present, written.size == len(present)) else None
        return codes or _number_column(name, known, levels, decimal)
    date_format = date_format_of(present)
    if date_format:
        return _date_column(name, date_format, present, levels)
    if _is_text(present):
        return TableColumn(name, "text")
    return _category_column(name, levels)


def _is_text(present: list[str]) -> bool:
    words = sum(len(value.split()) for value in present) / len(present)
    return words >= _WORDS_OF_TEXT and len(set(present)) > max(0.5 * len(present), _MAX_LEVELS)


def _spread_of(known: NDArray[Any]) -> tuple[float, float]:
    low, high = np.quantile(known, [0.01, 0.99])
    scale = float(np.clip(known, low, high).std()) or float(known.std()) or 1.0
    return float(np.median(known)), _without_outsiders(known, scale)


def _without_outsiders(known: NDArray[Any], scale: float) -> float:
    """Return the scale, or that of the values near the middle half where values far away alone make it.

    Of few rows one absurd number is more than the hundredth that a scale leaves out, and a code such as 999999 may
    stand in more of many. Beside such a scale all other values are one.
    """
    near = _STRETCHED * (_middle_of(known) or _inner_spread(known))
    if not 0.0 < near < scale:
        return scale
    centre = float(np.median(known))
    return float(np.clip(known, centre - near, centre + near).std()) or scale


def _middle_of(known: NDArray[Any]) -> float:
    """Return the standard deviation of a normal distribution with this middle half; 0 where half is one value."""
    low, high = np.quantile(known, [0.25, 0.75])
    return float(high - low) / _IQR_OF_NORMAL


def _inner_spread(known: NDArray[Any]) -> float:
    """Return the standard deviation without the smallest and the greatest value."""
    return float(np.sort(known)[1:-1].std()) if known.size > 2 else 0.0


def _number_column(name: str, known: NDArray[Any], levels: list[str], decimal: str) -> TableColumn:
    centre, scale = _spread_of(known)
    distinct = Counter(whole_level(level) for level in levels if level)
    few = len(distinct) <= _FEW_NUMBERS and len(distinct) * 4 <= len(levels)
    unit = _middle_of(known) or scale
    stretched = not few and float(np.abs(known - centre).max()) > _STRETCHED * unit
    return TableColumn(
        name,
        "number",
        centre=centre,
        scale=scale,
        flag_missing="" in levels or known.size < sum(distinct.values()),
        levels=tuple(sorted(distinct)) if few and len(distinct) > 2 else (),
        log_unit=unit,
        log_scale=_scale_of_logarithm(known - centre, unit) if stretched else 0.0,
        largest=LARGEST,
        decimal=decimal,
    )


def _scale_of_logarithm(distance: NDArray[Any], unit: float) -> float:
    logarithm = _logarithm(distance, unit)
    return _without_outsiders(logarithm, float(logarithm.std()) or 1.0)


def _date_column(name: str, date_format: str, present: list[str], levels: list[str]) -> TableColumn:
    moments = [moment for moment in (as_moment(level, date_format) for level in present) if moment]
    known = np.array([days(moment) for moment in moments])
    centre, scale = _spread_of(known)
    span = float(known.max() - known.min())
    timed = bool((np.mod(known, 1.0) > 0).any())
    cycles = tuple(cycle for cycle, least in _CYCLES.items() if span > least and (cycle != "day" or timed))
    return TableColumn(
        name,
        "date",
        centre=centre,
        scale=scale,
        flag_missing="" in levels,
        date_format=date_format,
        cycles=cycles,
    )


def _category_column(name: str, levels: list[str]) -> TableColumn | None:
    counts = Counter(levels)
    if len(counts) > max(0.5 * len(levels), _MAX_LEVELS):
        return None
    frequent = sorted(
        (level for level, count in counts.items() if count > 1 or len(levels) < 10),
        key=lambda level: (-counts[level], level),
    )[:_MAX_LEVELS]
    if not frequent:
        return None
    many = len(counts) > 2 * _MAX_LEVELS
    return TableColumn(name, "category", levels=tuple(sorted(frequent)), buckets=_BUCKETS if many else 0)
