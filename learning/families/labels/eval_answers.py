"""What a version answered on each eval item, kept as a file: the items behind every cell of the confusion matrix."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learning.core import artifacts
from learning.models import ModelVersion
from learning.services import files

FORMAT = "eval-answers@1"


@dataclass(frozen=True)
class EvalAnswers:
    """One row an eval item; labels by their number in ``ModelVersion.labels``."""

    ordinals: NDArray[np.int64]
    truth: NDArray[np.int32]
    answer: NDArray[np.int32]
    confidence: NDArray[np.float32]

    def in_cell(self, truth: int, answer: int) -> NDArray[np.int64]:
        """Rows of a cell, the most confident first."""
        rows = np.flatnonzero((self.truth == truth) & (self.answer == answer))
        return np.asarray(rows[np.argsort(-self.confidence[rows], kind="stable")], dtype=np.int64)

    def wrong(self) -> NDArray[np.int64]:
        """Rows the version got wrong, the most confident first: mistakes of the model, or of whoever answered."""
        rows = np.flatnonzero(self.truth != self.answer)
        return np.asarray(rows[np.argsort(-self.confidence[rows], kind="stable")], dtype=np.int64)


def store(
    project_id: int,
    ordinals: NDArray[np.int64],
    probabilities: NDArray[np.float32],
    decided: NDArray[np.int64],
    targets: NDArray[np.float64],
) -> dict[str, str]:
    """Writes the file; returns what ``VersionReport.eval_answers`` keeps: its name and hash."""
    arrays: dict[str, NDArray[Any]] = {
        "ordinals": ordinals.astype(np.int64),
        "truth": targets.argmax(axis=1).astype(np.int32),
        "answer": decided.astype(np.int32),
        "confidence": probabilities[np.arange(len(decided)), decided].astype(np.float32),
    }
    path, sha256 = files.store(f"learning/{project_id}/evaluations", ".zip", artifacts.pack(FORMAT, {}, arrays))
    return {"path": path, "sha256": sha256}


def load(version: ModelVersion) -> EvalAnswers | None:
    """None for a version measured before they were kept, or on several labels an item. Raises files.Corrupt."""
    kept = version.reported.eval_answers
    if not kept:
        return None
    try:
        _, arrays = artifacts.unpack(FORMAT, files.load(kept["path"], kept["sha256"]))
    except artifacts.ArtifactError as error:
        raise files.Corrupt(str(error)) from error
    return EvalAnswers(arrays["ordinals"], arrays["truth"], arrays["answer"], arrays["confidence"])
