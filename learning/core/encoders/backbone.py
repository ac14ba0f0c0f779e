"""Pictures through a network the administrator chose: any ONNX file that turns pictures into vectors.

The file is named in the settings of the installation with its SHA-256, never uploaded by users. It takes one input
``(n, 3, height, width)`` of float32 and its first output is ``(n, d)``, or ``(n, d, h, w)``, which is averaged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from PIL import Image

from learning.core.arrays import FloatMatrix
from learning.core.encoders.base import Unlearned
from learning.core.encoders.image import checked

NAME = "onnx"
FORMAT = "encoder/onnx@1"
BLOCK = 8
USUAL_SIDE = 224


@dataclass(frozen=True)
class Backbone:
    """Where a network comes from and how pixels are handed to it.

    Parameters
    ----------
    read : callable
        Returns the bytes of the ONNX file.
    sha256 : str
        What those bytes must hash to.
    centre, scale : tuple of float
        Per channel (RGB): the network sees ``(x - centre) / scale`` with x from 0 to 255.
    """

    read: Callable[[], bytes]
    sha256: str
    centre: tuple[float, float, float] = (127.0, 127.0, 127.0)
    scale: tuple[float, float, float] = (128.0, 128.0, 128.0)

    @property
    def version(self) -> str:
        """Name of encoder and file, and of how pixels are prepared: a key for stored features."""
        prepared = hashlib.sha256(repr((self.centre, self.scale)).encode()).hexdigest()[:6]
        return f"{NAME}:1:{self.sha256[:16]}:{prepared}"


_chosen: list[Backbone] = []


def choose(backbone: Backbone | None) -> None:
    """Set the network of this installation, or none. Called at start, before any encoder is made."""
    _chosen[:] = [backbone] if backbone else []


@cache
def _session(backbone: Backbone) -> Any:
    import onnxruntime  # noqa: PLC0415  60 MB that only picture projects need

    data = backbone.read()
    found = hashlib.sha256(data).hexdigest()
    if found != backbone.sha256:
        raise RuntimeError(f"the network set by the administrator has SHA-256 {found}, expected {backbone.sha256}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


class BackboneEncoder(Unlearned):
    """Features of pictures by the installation's network; there is nothing to fit, so it is its own fitted form.

    Contents are uint8 RGB arrays of shape (height, width, 3), upright, read one at a time.

    Raises
    ------
    ValueError
        If the installation has no network of its own.
    """

    name = NAME
    modality = "image"
    format = FORMAT

    def __init__(self) -> None:
        if not _chosen:
            raise ValueError("the encoder 'onnx' needs a network: IMAGE_ENCODER_ONNX names its file")
        self._backbone = _chosen[0]
        self.version = self._backbone.version

    @cached_property
    def dimension(self) -> int:
        """Numbers a picture, found by encoding a black one."""
        height, width = self._size()
        return int(self._run(np.zeros((1, 3, height, width), dtype=np.float32)).shape[1])

    @cached_property
    def weights_bytes(self) -> int:  # type: ignore[override]  # the size of the installation's file
        """Bytes of the file."""
        return len(self._backbone.read())

    def transform(self, contents: Sequence[Any]) -> FloatMatrix:
        """Encode pictures in blocks of eight.

        Parameters
        ----------
        contents : sequence of ndarray of uint8, shape (height, width, 3)

        Returns
        -------
        ndarray of float32, shape (n, dimension), finite

        Raises
        ------
        RuntimeError
            If the file is not the expected one, or does not turn a picture into a finite vector.
        ValueError
            If a picture is not RGB uint8, or empty.
        """
        result = np.empty((len(contents), self.dimension), dtype=np.float32)
        for start in range(0, len(contents), BLOCK):
            rows = range(start, min(start + BLOCK, len(contents)))
            result[rows.start : rows.stop] = self._run(np.stack([self._prepared(contents[row], row) for row in rows]))
        return result

    def _prepared(self, picture: Any, row: int) -> FloatMatrix:
        height, width = self._size()
        small = Image.fromarray(checked(picture, row)).resize((width, height), Image.Resampling.BILINEAR)
        centre, scale = (np.array(values, dtype=np.float32) for values in (self._backbone.centre, self._backbone.scale))
        return np.ascontiguousarray(((np.asarray(small, dtype=np.float32) - centre) / scale).transpose(2, 0, 1))

    def _size(self) -> tuple[int, int]:
        """Height and width of the network's input; a free one is 224."""
        inputs = _session(self._backbone).get_inputs()
        shape = inputs[0].shape
        if len(inputs) != 1 or len(shape) != 4 or inputs[0].type != "tensor(float)" or shape[1] not in (3, "3"):
            raise RuntimeError("the network must take one input of float32, shape (n, 3, height, width)")
        height, width = (side if isinstance(side, int) and side > 0 else USUAL_SIDE for side in shape[2:])
        return height, width

    def _run(self, pictures: FloatMatrix) -> FloatMatrix:
        session = _session(self._backbone)
        fixed = session.get_inputs()[0].shape[0] == 1  # exported for one picture at a time
        parts = np.split(pictures, len(pictures)) if fixed else [pictures]
        feed = session.get_inputs()[0].name
        output = np.concatenate([session.run(None, {feed: part})[0] for part in parts]).astype(np.float32, copy=False)
        if output.ndim == 4:
            output = output.mean(axis=(2, 3), dtype=np.float32)
        if output.ndim != 2 or len(output) != len(pictures) or not np.isfinite(output).all():
            raise RuntimeError(
                f"the network gave {output.shape} for {len(pictures)} pictures, not a finite row for each"
            )
        return np.asarray(output)
