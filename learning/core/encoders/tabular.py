"""Table rows: columns typed by looking at them, then scaled, one-hot or encoded as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from learning.core import artifacts
from learning.core.arrays import FloatMatrix
from learning.core.encoders.base import choose
from learning.core.encoders.table_columns import TableColumn, read_column

if TYPE_CHECKING:
    from learning.core.encoders.table_text import FittedTextColumn

FORMAT = "encoder/columns@2"
_FIT_ROWS = 20_000


class FittedTabularEncoder:
    """One block of features per column, in order of column name; absent columns count as missing.

    Parameters
    ----------
    columns : sequence of Column
    texts : mapping of str to FittedTextColumn
        The encoder of every text column, by column name.
    """

    name = "columns"

    def __init__(self, columns: Sequence[TableColumn], texts: Mapping[str, FittedTextColumn]) -> None:
        self.columns = tuple(columns)
        self.texts = dict(texts)
        # A table without one useful column still needs a feature: a constant zero.
        self.dimension = max(sum(self._width(column) for column in self.columns), 1)
        self.weights_bytes = max((column.encoder.weights_bytes for column in self.texts.values()), default=0)
        self.version = f"{self.name}:2:{artifacts.sha256(self.dump())[:16]}"

    def _width(self, column: TableColumn) -> int:
        return self.texts[column.name].width if column.kind == "text" else column.width

    def blocks(self) -> list[tuple[str, slice]]:
        """Return the name of each column and where its features stand."""
        found, first = [], 0
        for column in self.columns:
            found.append((column.name, slice(first, first + self._width(column))))
            first += self._width(column)
        return found

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
        for column, (name, place) in zip(self.columns, self.blocks(), strict=True):
            values = [row.get(name) for row in contents]
            if column.kind == "text":
                result[:, place] = self.texts[name].transform(values)
            else:
                column.encode(values, result[:, place])
        return result

    def dump(self) -> bytes:
        """Serialise the columns."""
        arrays: dict[str, NDArray[Any]] = {}
        for number, column in enumerate(self.columns):
            if column.kind == "text":
                text = self.texts[column.name]
                arrays[f"text-{number}"] = np.frombuffer(text.encoder.dump(), dtype=np.uint8)
                arrays[f"projection-{number}"] = text.projection
        return artifacts.pack(FORMAT, {"columns": [_as_header(column) for column in self.columns]}, arrays)


def _as_header(column: TableColumn) -> dict[str, Any]:
    """The fields of a column; newer ones that it does not use are left out, so older encoders keep their version."""
    fields = asdict(column)
    return {name: value for name, value in fields.items() if value or name not in ("decimal", "largest")}


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
        columns, texts = [], {}
        for name in names:
            values = [row.get(name) for row in rows]
            column = read_column(name, values)
            if column is None:
                continue
            if column.kind == "text":
                from learning.core.encoders.table_text import fit_text_column  # noqa: PLC0415 - loads word vectors

                texts[name] = fit_text_column(values, rng)
            columns.append(column)
        return FittedTabularEncoder(columns, texts)

    def load(self, data: bytes) -> FittedTabularEncoder:
        """Restore a dumped encoder.

        Raises
        ------
        ArtifactError
            If the bytes are not such a dump.
        """
        header, arrays = artifacts.unpack(FORMAT, data)
        columns = [
            TableColumn(**{**column, "levels": tuple(column["levels"]), "cycles": tuple(column["cycles"])})
            for column in header["columns"]
        ]
        texts = {}
        for number, column in enumerate(columns):
            if column.kind == "text":
                from learning.core.encoders.table_text import FittedTextColumn  # noqa: PLC0415 - loads word vectors
                from learning.core.encoders.text import TextEncoder  # noqa: PLC0415

                encoder = TextEncoder().load(arrays[f"text-{number}"].tobytes())
                texts[column.name] = FittedTextColumn(encoder, arrays[f"projection-{number}"])
        return FittedTabularEncoder(columns, texts)
