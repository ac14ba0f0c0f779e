"""What every encoder promises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol, Self

import numpy as np

from learning.core import artifacts
from learning.core.arrays import FloatMatrix


class FittedEncoder(Protocol):
    """An encoder whose state is settled: the same content always gives the same row."""

    name: str
    version: str
    """Name, parameters and a hash of weights and fitted state, e.g. ``hog-hsv:1:3f2a…``; a key for stored features."""
    dimension: int
    weights_bytes: int
    """Of a network that no dump holds and all encoders of this sort share; 0 without one."""

    def transform(self, contents: Sequence[Any]) -> FloatMatrix:
        """Return features of shape (len(contents), dimension); memory beyond the result is bounded."""
        ...

    def dump(self) -> bytes:
        """Serialise the fitted state without pickle."""
        ...


class Encoder(Protocol):
    """Learns its state from contents."""

    name: str
    modality: str

    def fit(self, contents: Sequence[Any], rng: np.random.Generator) -> FittedEncoder:
        """Learn from any number of contents of at least one (a bounded random part of them is looked at)."""
        ...

    def load(self, data: bytes) -> FittedEncoder:
        """Restore what :meth:`FittedEncoder.dump` wrote; raises ArtifactError on anything else."""
        ...


class Unlearned:
    """What an encoder with nothing to learn does: it is its own fitted form, and a dump holds its version only."""

    format: ClassVar[str]
    """Of a dump."""
    version: str
    weights_bytes = 0

    def fit(self, contents: Sequence[Any], rng: np.random.Generator) -> Self:
        """Return the encoder itself."""
        return self

    def dump(self) -> bytes:
        """Serialise the version: there is no other state."""
        return artifacts.pack(self.format, {"version": self.version}, {})

    def load(self, data: bytes) -> Self:
        """Check that the dump was made by this version and return the encoder.

        Raises
        ------
        ArtifactError
            If it was not.
        """
        header, _ = artifacts.unpack(self.format, data)
        if header["version"] != self.version:
            raise artifacts.ArtifactError(f"features of {header['version']} cannot be made by {self.version}")
        return self


def choose(n: int, at_most: int, rng: np.random.Generator) -> list[int]:
    """Return up to ``at_most`` distinct row numbers below ``n``, ascending.

    Examples
    --------
    >>> choose(3, 5, np.random.default_rng(0))
    [0, 1, 2]
    """
    if n <= at_most:
        return list(range(n))
    return sorted(int(row) for row in rng.choice(n, size=at_most, replace=False))
