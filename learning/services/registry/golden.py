"""Golden rows: items whose features and outputs are kept with a model, so that whoever loads it can prove that it sees
and says the same (decision 0115)."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learning.core import artifacts
from learning.core.encoders import FittedEncoder
from learning.models import EncoderVersion, ModelVersion
from learning.services import files
from learning.services.features import contents
from learning.services.features.matrix import ItemFeatures

ROWS = 100
#: Encoded between two beats; of pictures whole blocks of an encoder, which are of eight.
ITEMS_AT_ONCE = 16
TOLERANCE = 1e-6
_FORMAT = "golden@1"

Floats = NDArray[np.float32]


class NotGolden(files.Corrupt):
    """A model that was loaded does not see or say what it did when it was made."""


def keep(matrix: ItemFeatures, outputs: Callable[[Floats], Floats | None]) -> dict[str, str]:
    """Stores golden rows of a model; the fields of its version that name them. The same model names the same file."""
    version = matrix.version
    ordinals = _ordinals(version, matrix.n_rows)
    features = matrix.take(ordinals)
    said = outputs(features)
    if said is None or not len(ordinals):
        return {}
    arrays: dict[str, NDArray[Any]] = {"ordinals": ordinals, "features": features, "outputs": said}
    path, sha256 = files.store(f"learning/{version.project_id}/golden", ".zip", artifacts.pack(_FORMAT, {}, arrays))
    return {"golden_path": path, "golden_sha256": sha256}


def _ordinals(version: EncoderVersion, n_rows: int) -> NDArray[np.int64]:
    """The same of every model on one encoder: who loads the next one has encoded them already."""
    seed = int(artifacts.sha256(version.version.encode())[:15], 16)
    n = min(n_rows, version.fitted_on or n_rows)
    return np.sort(np.random.default_rng(seed).choice(n, min(ROWS, n), replace=False)).astype(np.int64)


class GoldenItems:
    """Items as one encoder sees them here and now. Encoded once; the newest encoder's are kept."""

    def __init__(self) -> None:
        self._key = ""
        self._found: list[int] = []
        self._features: Floats = np.zeros((0, 0), np.float32)

    def of(
        self, version: EncoderVersion, encoder: FittedEncoder, ordinals: NDArray[np.int64], beat: Callable[[], object]
    ) -> tuple[list[int], Floats]:
        """(ordinals that are still there, features). ``beat`` is called every few items: pictures may be large."""
        key = f"{version.pk}:{version.sha256}:{artifacts.sha256(ordinals.tobytes())}"
        if key != self._key:
            found, items = contents.contents_at(version.project, ordinals.tolist())
            blocks = [np.zeros((0, encoder.dimension), np.float32)]
            for first in range(0, len(found), ITEMS_AT_ONCE):
                beat()
                blocks.append(encoder.transform(items[first : first + ITEMS_AT_ONCE]))
            self._features = np.concatenate(blocks)
            self._found, self._key = found, key
        return self._found, self._features


def check(
    version: ModelVersion,
    encoder_version: EncoderVersion,
    encoder: FittedEncoder,
    outputs: Callable[[Floats], Floats | None],
    items: GoldenItems,
    beat: Callable[[], object] = lambda: None,
) -> int:
    """Encodes the golden rows that are still there and asks the model about all; how many were seen again, 0 of a
    version that was made before there were any. Raises NotGolden, files.Corrupt."""
    if not version.golden_path:
        return 0
    try:
        _, kept = artifacts.unpack(_FORMAT, files.load(version.golden_path, version.golden_sha256))
    except artifacts.ArtifactError as error:
        raise files.Corrupt(str(error)) from error
    found, seen = items.of(encoder_version, encoder, kept["ordinals"], beat)
    places = np.searchsorted(kept["ordinals"], found)
    readable = _agree(kept["features"][places], seen)
    if not readable.all():
        lost = contents.unreadable(version.project, [found[place] for place in np.flatnonzero(~readable)])
        if differ := [found[place] for place in np.flatnonzero(~readable) if found[place] not in lost]:
            raise NotGolden(f"{len(differ)} of {len(found)} golden rows have other features than when it was made")
    said = outputs(kept["features"])
    assert said is not None
    if said.shape != kept["outputs"].shape or not _agree(kept["outputs"], said).all():
        raise NotGolden("golden rows are answered otherwise than when it was made")
    return int(readable.sum())


def outputs(version: ModelVersion) -> Floats:
    """What the version made of its golden rows, (n, k). Raises files.Corrupt, artifacts.ArtifactError."""
    _, kept = artifacts.unpack(_FORMAT, files.load(version.golden_path, version.golden_sha256))
    return np.asarray(kept["outputs"], dtype=np.float32)


def _agree(kept: Any, now: Any) -> NDArray[np.bool_]:
    """Row by row, within a millionth of the larger of 1 and the value; a NaN never agrees."""
    return np.asarray(np.all(np.abs(kept - now) <= TOLERANCE * np.maximum(1.0, np.abs(kept)), axis=1))
