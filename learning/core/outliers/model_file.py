"""A model and its outlier detector as one file with one hash.

Without a detector the file is the learner's own, as it was before there were any, and such files are read as ever.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learning.core import artifacts
from learning.core.learners import FittedLearner
from learning.core.outliers.detector import OutlierDetector, load_detector

FORMAT = "model-with-outliers@1"
_LEARNER, _DETECTOR = "learner", "outliers"


@dataclass(frozen=True)
class ModelFile:
    """What is registered of a fitted model.

    Parameters
    ----------
    learner : FittedLearner
        With its ``outlier_detector``, or None.
    """

    learner: FittedLearner

    @property
    def name(self) -> str:
        """Return the learner's name, which is the one to load it with."""
        return self.learner.name

    def dump(self) -> bytes:
        """Serialise without pickle; the same model gives the same bytes."""
        detector = self.learner.outlier_detector
        if detector is None:
            return self.learner.dump()
        parts = {_LEARNER: self.learner.dump(), _DETECTOR: detector.dump()}
        return artifacts.pack(FORMAT, {}, {name: np.frombuffer(data, np.uint8) for name, data in parts.items()})


def parts_of(data: bytes) -> tuple[bytes, OutlierDetector | None]:
    """Return a learner's own bytes and the detector beside it; of a file without one the bytes as they are.

    Raises
    ------
    ArtifactError
        If the bytes hold a detector that cannot be read.
    """
    try:
        _, arrays = artifacts.unpack(FORMAT, data)
    except artifacts.ArtifactError:
        return data, None  # of before, or damaged: whoever reads the learner says so
    if arrays.keys() != {_LEARNER, _DETECTOR}:
        raise artifacts.ArtifactError("not a model with its outlier detector")
    return arrays[_LEARNER].tobytes(), load_detector(arrays[_DETECTOR].tobytes())
