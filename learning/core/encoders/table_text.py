"""A column of free text inside a table: the text encoder, narrowed so that it does not drown the other columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from learning.core.arrays import FloatMatrix
from learning.core.encoders.table_values import as_level
from learning.core.encoders.text import FittedTextEncoder, TextEncoder, TextParameters

COMPONENTS = 32
_FIT_TEXTS = 4_000


@dataclass(frozen=True)
class FittedTextColumn:
    """A text encoder and the principal directions of its rows.

    Parameters
    ----------
    encoder : FittedTextEncoder
    projection : ndarray of float32, shape (encoder.dimension, at most 32)
        Scaled so that the whole block varies about as much as two ordinary columns.
    """

    encoder: FittedTextEncoder
    projection: FloatMatrix

    @property
    def width(self) -> int:
        """Number of features."""
        return int(self.projection.shape[1])

    def transform(self, values: Sequence[object]) -> FloatMatrix:
        """Return features of shape (n, width); missing texts are zeros."""
        # Row by row: a product of many rows at once may end in other last bits than one row alone.
        rows = self.encoder.transform([as_level(value) for value in values])
        result = np.empty((len(rows), self.width), dtype=np.float32)
        for number, row in enumerate(rows):
            result[number] = row @ self.projection
        return result


def fit_text_column(values: Sequence[object], rng: np.random.Generator) -> FittedTextColumn:
    """Fit on at most 4,000 of the values.

    Examples
    --------
    >>> texts = [f"the {a} sat on the {b}" for a in ("cat", "dog", "hen") for b in ("mat", "sofa", "roof")]
    >>> fitted = fit_text_column(texts, np.random.default_rng(0))
    >>> fitted.transform(texts).shape == (9, fitted.width)
    True
    """
    texts = [level for level in map(as_level, values) if level]
    if len(texts) > _FIT_TEXTS:
        texts = [texts[row] for row in np.sort(rng.choice(len(texts), _FIT_TEXTS, replace=False))]
    encoder = TextEncoder(TextParameters(components=64, max_terms=5_000)).fit(texts, rng)
    rows = encoder.transform(texts).astype(np.float64)
    values_, axes = np.linalg.eigh(rows.T @ rows / max(len(rows), 1))
    kept = np.argsort(-values_)[: min(COMPONENTS, len(texts))]
    axes = axes[:, kept]
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    spread = float(np.sqrt((rows @ axes).var(axis=0).sum())) or 1.0
    return FittedTextColumn(encoder, np.ascontiguousarray(axes * (np.sqrt(2.0) / spread), dtype=np.float32))
