"""Pictures without a network: oriented gradients (HOG) beside a colour histogram (HSV).

Needs nothing but NumPy and learns nothing, so its version never changes with the data and every stored feature stays
valid. Meant as the fallback where no pretrained network can run.

Source: N. Dalal, B. Triggs, "Histograms of oriented gradients for human detection", CVPR 2005; the normalisation by
four neighbourhoods follows P. Felzenszwalb et al., "Object detection with discriminatively trained part-based models",
2010.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learning.core.arrays import FloatMatrix
from learning.core.encoders.base import Unlearned

FORMAT = "encoder/hog-hsv@1"
SIDE = 64
CELL = 8
ORIENTATIONS = 9
HUES, SATURATIONS, VALUES = 8, 4, 4
_CELLS = SIDE // CELL
DIMENSION = _CELLS * _CELLS * ORIENTATIONS + HUES * SATURATIONS * VALUES


def _area_weights(n_in: int, n_out: int) -> FloatMatrix:
    """Return the (n_out, n_in) matrix that averages ``n_in`` pixels into ``n_out`` by overlapping area."""
    edges = np.linspace(0.0, n_in, n_out + 1)
    pixels = np.arange(n_in)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    weights = np.clip(overlap, 0.0, None)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)


def resize(picture: NDArray[np.uint8], side: int = SIDE) -> FloatMatrix:
    """Average a picture into ``side`` x ``side`` pixels (aspect ratio is not kept).

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)

    Returns
    -------
    ndarray of float32, shape (side, side, 3), range [0, 1]

    Examples
    --------
    >>> resize(np.full((3, 5, 3), 255, np.uint8), 2)[0, 0]
    array([1., 1., 1.], dtype=float32)
    """
    height, width, channels = picture.shape
    rows, columns = _area_weights(height, side), _area_weights(width, side)
    # Rows first, in strips, so that a 100-megapixel picture never becomes 1.2 GB of float32.
    narrow = np.zeros((side, width * channels), dtype=np.float32)
    for start in range(0, height, 256):
        strip = picture[start : start + 256].reshape(-1, width * channels).astype(np.float32)
        narrow += rows[:, start : start + 256] @ strip
    small = np.einsum("ow,hwc->hoc", columns, narrow.reshape(side, width, channels), optimize=True)
    return np.asarray(np.clip(small / 255.0, 0.0, 1.0), dtype=np.float32)


def oriented_gradients(grey: FloatMatrix) -> FloatMatrix:
    """Histogram of gradient directions per cell, normalised by its four surrounding 2 x 2 blocks.

    Parameters
    ----------
    grey : ndarray of float32, shape (64, 64), range [0, 1]

    Returns
    -------
    ndarray of float32, shape (576,), range [0, 1]

    Examples
    --------
    >>> float(oriented_gradients(np.full((64, 64), 0.5, np.float32)).sum())
    0.0
    """
    down, right = np.gradient(np.sqrt(grey))
    strength = np.hypot(down, right)
    position = (np.arctan2(down, right) % np.pi) * (ORIENTATIONS / np.pi)
    lower = np.floor(position).astype(np.int64)
    share = position - lower
    cell = (np.arange(SIDE) // CELL)[:, None] * _CELLS + (np.arange(SIDE) // CELL)
    histogram = np.zeros(_CELLS * _CELLS * ORIENTATIONS)
    for orientation, weight in ((lower, 1.0 - share), (lower + 1, share)):
        bins = cell * ORIENTATIONS + orientation % ORIENTATIONS
        histogram += np.bincount(bins.ravel(), (strength * weight).ravel(), minlength=histogram.size)
    cells = histogram.reshape(_CELLS, _CELLS, ORIENTATIONS)
    energy = np.pad((cells**2).sum(axis=2), 1, mode="edge")
    blocks = energy[:-1, :-1] + energy[1:, :-1] + energy[:-1, 1:] + energy[1:, 1:]
    norms = np.sqrt(np.stack([blocks[:-1, :-1], blocks[1:, :-1], blocks[:-1, 1:], blocks[1:, 1:]]) + 1e-2)
    normalised = np.minimum(cells / norms[..., None], 0.4).mean(axis=0)
    return np.asarray(normalised.ravel(), dtype=np.float32)


def colour_histogram(colours: FloatMatrix) -> FloatMatrix:
    """Square root of the share of pixels in each of 8 x 4 x 4 hue, saturation and value bins.

    Parameters
    ----------
    colours : ndarray of float32, shape (height, width, 3), RGB in [0, 1]

    Returns
    -------
    ndarray of float32, shape (128,)
        Non-negative, of length 1.

    Examples
    --------
    >>> histogram = colour_histogram(np.zeros((2, 2, 3), np.float32))
    >>> int(histogram.argmax()), float(histogram.max())
    (0, 1.0)
    """
    red, green, blue = (colours[..., channel].ravel() for channel in range(3))
    value = np.maximum(np.maximum(red, green), blue)
    spread = value - np.minimum(np.minimum(red, green), blue)
    safe = np.where(spread > 0, spread, 1)
    hue = np.where(
        value == red,
        (green - blue) / safe % 6,
        np.where(value == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    hue = np.where(spread > 0, hue / 6, 0)
    saturation = np.where(value > 0, spread / np.where(value > 0, value, 1), 0)
    parts = [
        np.minimum((part * bins).astype(np.int64), bins - 1)
        for part, bins in ((hue, HUES), (saturation, SATURATIONS), (value, VALUES))
    ]
    bins = (parts[0] * SATURATIONS + parts[1]) * VALUES + parts[2]
    shares = np.bincount(bins, minlength=HUES * SATURATIONS * VALUES) / bins.size
    return np.asarray(np.sqrt(shares), dtype=np.float32)


def checked(picture: NDArray[np.uint8], row: int) -> NDArray[np.uint8]:
    """Return the picture if it is RGB uint8 and not empty; raises ValueError naming the row.

    Examples
    --------
    >>> checked(np.zeros((2, 2), np.uint8), 7)
    Traceback (most recent call last):
    ...
    ValueError: picture 7 is not RGB uint8 but uint8 of shape (2, 2)
    """
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise ValueError(f"picture {row} is not RGB uint8 but {picture.dtype} of shape {picture.shape}")
    return picture


class ImageEncoder(Unlearned):
    """HOG and HSV histogram of a decoded picture; also its own fitted form, for there is nothing to fit.

    Contents are uint8 RGB arrays of shape (height, width, 3), upright. The caller decodes, and may pass any sequence
    that decodes on access: items are read one at a time.

    Examples
    --------
    >>> encoder = ImageEncoder().fit([], np.random.default_rng(0))
    >>> encoder.transform([np.zeros((10, 20, 3), np.uint8)]).shape
    (1, 704)
    """

    name = "hog-hsv"
    modality = "image"
    format = FORMAT
    dimension = DIMENSION
    version = f"hog-hsv:1:{SIDE}-{CELL}-{ORIENTATIONS}-{HUES}x{SATURATIONS}x{VALUES}"

    def transform(self, contents: Sequence[Any]) -> FloatMatrix:
        """Encode pictures.

        Parameters
        ----------
        contents : sequence of ndarray of uint8, shape (height, width, 3)

        Returns
        -------
        ndarray of float32, shape (n, 704)

        Raises
        ------
        ValueError
            If a picture is not RGB uint8, or empty.
        """
        result = np.zeros((len(contents), DIMENSION), dtype=np.float32)
        for row, picture in enumerate(contents):
            small = resize(checked(picture, row))
            grey = small @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
            gradients = oriented_gradients(grey)
            result[row, : gradients.size] = gradients
            result[row, gradients.size :] = colour_histogram(small)
        return result
