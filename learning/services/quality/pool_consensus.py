"""What a run's answers come to by the rule there is evidence for, kept as a file that exports say it from."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.extensions import WeighedLabel, WeighedLabels
from labeling.models import Project
from learning.core import artifacts
from learning.core.aggregation import NO_LABEL
from learning.models import Run
from learning.selectors.weighed_consensus import WeighedBallots
from learning.services import files

logger = logging.getLogger(__name__)

FORMAT = "pool-consensus@1"


@dataclass(frozen=True)
class PoolConsensus:
    """Row by row of ``ordinals``, rising, what ``found`` says in the numbers of ``labels``. ``answers`` is the sum of
    the numbers of the answers it was made of: who has others knows that it is not of them. ``machines``: what those
    that voted weigh, by name and version."""

    ordinals: NDArray[np.int64]
    answers: NDArray[np.int64]
    labels: tuple[str, ...]
    found: WeighedBallots
    machines: Mapping[str, float]

    @property
    def sha256(self) -> str:
        """Of all that is learned from it."""
        digest = sha256(f"{self.found.rule} {self.found.version}".encode())
        digest.update(np.ascontiguousarray(self.found.posterior).tobytes())
        return digest.hexdigest()


def store(project_id: int, consensus: PoolConsensus) -> dict[str, Any]:
    """Writes the file; returns what ``Run.consensus`` keeps."""
    found = consensus.found
    arrays: dict[str, NDArray[Any]] = {
        "ordinals": consensus.ordinals,
        "answers": consensus.answers,
        "label": found.labels.astype(np.int32),
        "confidence": found.confidence.astype(np.float32),
        "machine_votes": found.machine_votes.astype(np.int32),
    }
    data = artifacts.pack(FORMAT, {"labels": list(consensus.labels)}, arrays)
    path, digest = files.store(f"learning/{project_id}/consensus", ".zip", data)
    return {
        "rule": found.rule,
        "version": found.version,
        "reason": found.reason,
        "is_probability": found.is_probability,
        "machines": dict(consensus.machines),
        "items": len(consensus.ordinals),
        "path": path,
        "sha256": digest,
    }


def weighed_labels(project: Project) -> WeighedLabels | None:
    """What the newest run of the project found; None where none has, or where its file is not to be had."""
    run = Run.objects.filter(project=project, consensus__has_key="path").newest_first().first()
    if run is None:
        return None
    kept = run.consensus
    try:
        header, arrays = artifacts.unpack(FORMAT, files.load(kept["path"], kept["sha256"]))
    except (files.Corrupt, artifacts.ArtifactError):
        logger.warning("what the answers of %s come to by evidence cannot be read; the next run says it", project.slug)
        return None
    labels, ordinals = header["labels"], arrays["ordinals"]
    said = [arrays[name] for name in ("answers", "label", "confidence", "machine_votes")]

    def of(ordinal: int, answers: int) -> WeighedLabel | None:
        row = int(np.searchsorted(ordinals, ordinal))
        if row == len(ordinals) or ordinals[row] != ordinal:
            return None
        of_answers, label, confidence, votes = (each[row].item() for each in said)
        if of_answers != answers:
            return None
        return WeighedLabel(None if label == NO_LABEL else labels[label], round(confidence, 6), votes)

    return WeighedLabels(kept["rule"], kept["version"], kept["is_probability"], of)
