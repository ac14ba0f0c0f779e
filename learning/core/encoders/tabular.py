"""Table rows: columns typed by looking at them, then scaled or one-hot."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np

from learning.core import artifacts
from learning.core.arrays import FloatMatrix
from learning.core.encoders.base import choose

FORMAT = "encoder/columns@1"
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "-"})
_FIT_ROWS = 20_000
_MAX_LEVELS = 30
_FEW_NUMBERS = 12
_MOSTLY = 0.95
_CLIP = 5.0


@dataclass(frozen=True)
class Column:
    """One column of the table and what becomes of it.

    A number or date gives its scaled value, a flag where values were missing, and one-hot levels when they are few. A
    category gives one-hot levels, one of them for everything rare or unseen.
    """

    name: str
    kind: Literal["number", "date", "category"]
    centre: float = 0.0
    scale: float = 1.0
    flag_missing: bool = False
    levels: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """Number of features this column becomes."""
        numeric = 0 if self.kind == "category" else 1 + self.flag_missing
        return numeric + (len(self.levels) + 1 if self.levels else 0)

    def encode(self, values: Sequence[object], out: FloatMatrix) -> None:
        """Write the features of ``values`` into ``out`` of shape (n, width), which holds zeros."""
        first = 0
        if self.kind != "category":
            numbers = np.array([as_number(value, self.kind) for value in values], dtype=np.float64)
            absent = np.isnan(numbers)
            scaled = np.clip((np.where(absent, self.centre, numbers) - self.centre) / self.scale, -_CLIP, _CLIP)
            out[:, 0] = scaled
            if self.flag_missing:
                out[:, 1] = absent
            first = 1 + self.flag_missing
        if self.levels:
            position = {level: first + 1 + index for index, level in enumerate(self.levels)}
            for row, value in enumerate(values):
                out[row, position.get(as_level(value), first)] = 1.0


def as_level(value: object) -> str:
    """Return a category's name; every way of saying "missing" is the empty string.

    Examples
    --------
    >>> as_level(" N/A "), as_level(None), as_level(float("nan")), as_level(True)
    ('', '', '', 'True')
    """
    text = "" if value is None else str(value).strip()
    return "" if text.lower() in MISSING else text


def as_number(value: object, kind: str = "number") -> float:
    """Return a number, or days since 1970 for a date; NaN when it is neither or not finite.

    Examples
    --------
    >>> as_number(" 1e3 "), as_number("1970-01-02", "date"), as_number("soon")
    (1000.0, 1.0, nan)
    """
    text = as_level(value)
    if not text:
        return math.nan
    try:
        number = _days(text) if kind == "date" else float(text)
    except (ValueError, OverflowError):
        return math.nan
    return number if math.isfinite(number) else math.nan


def _days(text: str) -> float:
    moment = datetime.fromisoformat(text).replace(tzinfo=None)
    return (moment - datetime(1970, 1, 1)).total_seconds() / 86_400.0


def read_column(name: str, values: Sequence[object]) -> Column | None:
    """Decide what a column is.

    A column is a number (or an ISO date) when at least 95 % of its present values read as one, else a category with at
    most 30 levels. Constant columns and those whose values hardly repeat (identifiers, free text) are left out.

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
    for kind in ("number", "date"):
        numbers = np.array([as_number(level, kind) for level in present])
        known = numbers[~np.isnan(numbers)]
        if known.size >= _MOSTLY * len(present):
            return _numeric_column(name, "number" if kind == "number" else "date", known, levels)
    return _category_column(name, levels)


def _numeric_column(
    name: str, kind: Literal["number", "date"], known: np.ndarray[Any, np.dtype[np.float64]], levels: list[str]
) -> Column:
    low, high = np.quantile(known, [0.01, 0.99])
    scale = float(np.clip(known, low, high).std()) or float(known.std()) or 1.0
    distinct = Counter(level for level in levels if level)
    few = len(distinct) <= _FEW_NUMBERS and len(distinct) * 4 <= len(levels)
    return Column(
        name,
        kind,
        centre=float(np.median(known)),
        scale=scale,
        flag_missing="" in levels,
        levels=tuple(sorted(distinct)) if few and len(distinct) > 2 else (),
    )


def _category_column(name: str, levels: list[str]) -> Column | None:
    counts = Counter(levels)
    frequent = sorted(
        (level for level, count in counts.items() if count > 1 or len(levels) < 10),
        key=lambda level: (-counts[level], level),
    )[:_MAX_LEVELS]
    covered = sum(counts[level] for level in frequent)
    if not frequent or (covered < 0.5 * len(levels) and len(counts) > _MAX_LEVELS):
        return None
    return Column(name, "category", levels=tuple(sorted(frequent)))


class FittedTabularEncoder:
    """One block of features per column, in order of column name; absent columns count as missing.

    Parameters
    ----------
    columns : sequence of Column
    """

    name = "columns"

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = tuple(columns)
        # A table without one useful column still needs a feature: a constant zero.
        self.dimension = max(sum(column.width for column in self.columns), 1)
        self.version = f"{self.name}:1:{artifacts.sha256(self.dump())[:16]}"

    def transform(self, contents: Sequence[Any]) -> FloatMatrix:
        """Encode table rows.

        Parameters
        ----------
        contents : sequence of mapping
            Column name -> value. Unknown columns are ignored.

        Returns
        -------
        ndarray of float32, shape (n, dimension)
        """
        result = np.zeros((len(contents), self.dimension), dtype=np.float32)
        first = 0
        for column in self.columns:
            values = [row.get(column.name) for row in contents]
            column.encode(values, result[:, first : first + column.width])
            first += column.width
        return result

    def dump(self) -> bytes:
        """Serialise the columns."""
        return artifacts.pack(FORMAT, {"columns": [asdict(column) for column in self.columns]}, {})


class TabularEncoder:
    """Learns the columns of a table from a random part of its rows.

    Examples
    --------
    >>> rows = [{"age": 20, "city": "Rome"}, {"age": None, "city": "Oslo"}, {"age": 40, "city": "Rome"}]
    >>> fitted = TabularEncoder().fit(rows, np.random.default_rng(0))
    >>> [(column.name, column.kind, column.width) for column in fitted.columns]
    [('age', 'number', 2), ('city', 'category', 3)]
    """

    name = "columns"
    modality = "tabular"

    def fit(self, contents: Sequence[Any], rng: np.random.Generator) -> FittedTabularEncoder:
        """Fit on at most 20,000 randomly chosen rows.

        Parameters
        ----------
        contents : sequence of Mapping[str, object]
        rng : numpy.random.Generator

        Returns
        -------
        FittedTabularEncoder
        """
        rows: list[Mapping[str, object]] = [contents[row] for row in choose(len(contents), _FIT_ROWS, rng)]
        names = sorted({name for row in rows for name in row})
        columns = [read_column(name, [row.get(name) for row in rows]) for name in names]
        return FittedTabularEncoder([column for column in columns if column is not None])

    def load(self, data: bytes) -> FittedTabularEncoder:
        """Restore a dumped encoder.

        Raises
        ------
        ArtifactError
            If the bytes are not such a dump.
        """
        header, _ = artifacts.unpack(FORMAT, data)
        return FittedTabularEncoder(
            [Column(**{**column, "levels": tuple(column["levels"])}) for column in header["columns"]]
        )
