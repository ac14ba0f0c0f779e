"""EfficientNet-lite0 up to its pooled features: which layers there are, and their weights with batch norm folded in.

Source: M. Tan, Q. Le, "EfficientNet: rethinking model scaling for convolutional neural networks", ICML 2019; the lite
variants (no squeeze-and-excitation, ReLU6) are described in the TensorFlow TPU repository, EfficientNet-Lite.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from learning.core.arrays import FloatMatrix

SIDE = 224
DIMENSION = 1280
BATCH_NORM_EPSILON = 1e-3

# (repeats, kernel, stride of the first, expansion, channels out)
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


class Layer(NamedTuple):
    """One convolution; ``shortcut`` starts, ``add`` ends a residual block."""

    name: str
    norm: str
    shape: tuple[int, int, int, int]
    stride: int
    groups: int
    relu6: bool
    shortcut: bool = False
    add: bool = False


def layers() -> Iterator[Layer]:
    """Yield the convolutions in order, named as in the weights file.

    Examples
    --------
    >>> first, *_, last = layers()
    >>> first.name, first.shape, last.name, last.shape
    ('_conv_stem', (32, 3, 3, 3), '_conv_head', (1280, 320, 1, 1))
    >>> sum(1 for _ in layers())
    49
    """
    yield Layer("_conv_stem", "_bn0", (32, 3, 3, 3), 2, 1, True)
    channels, number = 32, 0
    for repeats, kernel, first_stride, expansion, out in STAGES:
        for repeat in range(repeats):
            stride = first_stride if repeat == 0 else 1
            residual = stride == 1 and channels == out
            block, wide = f"_blocks.{number}.", channels * expansion
            if expansion != 1:
                yield Layer(
                    f"{block}_expand_conv", f"{block}_bn0", (wide, channels, 1, 1), 1, 1, True, shortcut=residual
                )
            depthwise = (wide, 1, kernel, kernel)
            yield Layer(f"{block}_depthwise_conv", f"{block}_bn1", depthwise, stride, wide, True)
            yield Layer(f"{block}_project_conv", f"{block}_bn2", (out, wide, 1, 1), 1, 1, False, add=residual)
            channels, number = out, number + 1
    yield Layer("_conv_head", "_bn1", (DIMENSION, channels, 1, 1), 1, 1, True)


def folded(state: Mapping[str, np.ndarray[Any, Any]]) -> dict[str, FloatMatrix]:
    """Return kernel and bias of every layer, batch normalisation folded in.

    Parameters
    ----------
    state : mapping of str to ndarray
        The state dict.

    Returns
    -------
    dict of str to ndarray of float32
        ``<layer>.weight`` and ``<layer>.bias``.

    Raises
    ------
    ValueError
        If a tensor is missing or has another shape.
    """
    weights: dict[str, FloatMatrix] = {}
    for layer in layers():
        try:
            kernel = state[f"{layer.name}.weight"]
            scale, shift, mean, variance = (
                state[f"{layer.norm}.{part}"].astype(np.float64)
                for part in ("weight", "bias", "running_mean", "running_var")
            )
        except KeyError as error:
            raise ValueError(f"the weights lack {error}") from error
        if kernel.shape != layer.shape:
            raise ValueError(f"{layer.name} has shape {kernel.shape}, not {layer.shape}")
        factor = scale / np.sqrt(variance + BATCH_NORM_EPSILON)
        weights[f"{layer.name}.weight"] = (kernel * factor[:, None, None, None]).astype(np.float32)
        weights[f"{layer.name}.bias"] = (shift - mean * factor).astype(np.float32)
    return weights
