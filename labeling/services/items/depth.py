"""Pictures of more than 8 bits as 8 bits, the same for the eye and for the model.

A grey picture is stretched over its real range. So is a colour picture of 16 bits whose brightest value is in the lower
half: camera and satellite data of 10 to 14 bits in 16 would be nearly black. A brighter one is shown as every viewer
shows it.

No part of the range: NaN and infinity, the value that GDAL's tag calls missing, the greatest numbers of float32, and
one value at either end that is all alone (-9999 beside reflectances from 0 to 1; a saturated 65535 beside 12 bits).
"""

import math
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

#: All of a picture's real range.
WHOLE = (0.0, 1.0)
BLOCK_PIXELS = 2**18  # at a time as float64: what is made of them stays below a few MB
_FLAT = 128
_NO_NUMBER = 1e38  # float32 ends at 3.4e38, which many programs write for "nothing here"
_ALONE = 15 / 16  # of the range between a value at its end and the next one
_HALF = 128
_GDAL_NODATA, _SAMPLE_FORMAT, _PHOTOMETRIC, _BITS = 42113, 339, 262, 258
_UNSIGNED, _MIN_IS_WHITE = 1, 0

_OTHER = "B" if sys.byteorder == "little" else "L"
#: How Pillow reads two bytes a channel: it keeps the high one. Read in the other order it keeps the low one.
_LOW_BYTES = {
    "RGB;16B": "RGB;16L", "RGB;16L": "RGB;16B", "RGB;16N": f"RGB;16{_OTHER}",
    "RGBA;16B": "RGBA;16L", "RGBA;16L": "RGBA;16B", "RGBA;16N": f"RGBA;16{_OTHER}",
    "RGBX;16B": "RGBX;16L", "RGBX;16L": "RGBX;16B", "RGBX;16N": f"RGBX;16{_OTHER}",
    "LA;16B": "RGBA",  # grey and alpha, high and low byte of each: four channels of 8 bits
}  # fmt: skip
Block = NDArray[Any]
Blocks = Callable[[], Iterator[Block]]
#: The upright pixels of a picture that is only opened.
Decode = Callable[[Image.Image], Image.Image]


def to_eight_bit(image: Image.Image, window: tuple[float, float] = WHOLE) -> Image.Image:
    """Greys of 16 and 32 bits and floats stretched over their real range, or over the part of it from ``window[0]`` to
    ``window[1]`` in shares of it, which may reach beyond; other modes unchanged."""
    if not image.mode.startswith(("I", "F")):
        return image
    missing = _missing_value(image)
    is_unsigned = _is_unsigned(image)
    # Pillow turns it round for 8 bits only: radiographs of more would be their own negatives
    sign = -1.0 if getattr(image, "tag_v2", {}).get(_PHOTOMETRIC) == _MIN_IS_WHITE else 1.0

    def blocks() -> Iterator[Block]:
        for top, bottom in _strips(image):
            values = np.asarray(image.crop((0, top, image.width, bottom)))
            values = values.view(np.uint32) if is_unsigned else values
            yield sign * _without(values.astype(np.float64), missing)

    low, high = _range(blocks)
    if not high > low:
        return Image.new("L", image.size, _FLAT)
    low, high = (low + share * (high - low) for share in window)
    target = np.empty((image.height, image.width), dtype=np.uint8)
    for (top, bottom), values in zip(_strips(image), blocks(), strict=True):
        target[top:bottom] = _stretched(values, low, high)
    return Image.fromarray(target)


def _strips(image: Image.Image) -> Iterator[tuple[int, int]]:
    """The rows of a picture, some at a time: first and next."""
    rows = max(1, BLOCK_PIXELS // image.width)
    return ((top, min(top + rows, image.height)) for top in range(0, image.height, rows))


def has_deep_colours(image: Image.Image) -> bool:
    """Whether an opened picture has colours of 16 bits, of which Pillow will keep the upper eight."""
    tiles = getattr(image, "tile", ())
    return bool(tiles) and (_is_deep_ppm(image) or all(_raw_mode(tile) in _LOW_BYTES for tile in tiles))


def _is_deep_ppm(image: Image.Image) -> bool:
    tile = image.tile[0]  # type: ignore[attr-defined]  # of every ImageFile
    return image.mode == "RGB" and tile.codec_name == "ppm" and tile.args[1] > 255


def _raw_mode(tile: Any) -> str:
    return str(tile.args if isinstance(tile.args, str) else tile.args[0] if tile.args else "")


def is_nearly_black(image: Image.Image) -> bool:
    """Whether no colour uses the upper half of the range."""
    extrema = [image.getchannel(band).getextrema() for band in image.getbands() if band != "A"]
    return all(highest < _HALF for _, highest in extrema)  # type: ignore[operator]  # numbers, of bands of 8 bits


def brightened(image: Image.Image, again: Image.Image, content: bytes, decode: Decode) -> Image.Image:
    """Deep colours over their real range, written into ``image``, which is upright and decoded, where that is RGB;
    ``again`` is the same file, only opened. A picture of one value stays as it is."""
    is_grey = False
    if _is_deep_ppm(again):
        width, height = again.size
        offset = again.tile[0].offset  # type: ignore[attr-defined]
        deep = np.frombuffer(content, ">u2", width * height * 3, offset).reshape(height, width, 3)

        def rows(top: int, bottom: int) -> Block:
            return deep[top:bottom]
    else:
        is_grey = _raw_mode(again.tile[0]) == "LA;16B"  # type: ignore[attr-defined]
        again.tile = [_of_low_bytes(tile) for tile in again.tile]  # type: ignore[attr-defined]
        low = decode(again)

        def rows(top: int, bottom: int) -> Block:
            box = (0, top, image.width, bottom)
            lower = np.asarray(low.crop(box), dtype=np.uint16)
            if is_grey:
                return lower[..., 0] << 8 | lower[..., 1]
            return np.asarray(image.crop(box), dtype=np.uint16)[..., :3] << 8 | lower[..., :3]

    def blocks() -> Iterator[Block]:
        return (rows(top, bottom).astype(np.float64) for top, bottom in _strips(image))

    least, greatest = _range(blocks)
    if not greatest > least:
        return image
    shown = image if image.mode == "RGB" else Image.new("RGB", image.size)
    for (top, _), values in zip(_strips(image), blocks(), strict=True):  # a strip is read before it is written
        shown.paste(Image.fromarray(_stretched(values, least, greatest)), (0, top))
    if "A" in image.getbands():
        shown.putalpha(image.getchannel("A"))
    return shown


def _of_low_bytes(tile: Any) -> Any:
    other = _LOW_BYTES[_raw_mode(tile)]
    return tile._replace(args=other if isinstance(tile.args, str) else (other, *tile.args[1:]))


def _missing_value(image: Image.Image) -> float:
    """What GDAL's tag of a TIFF calls missing; NaN when it says nothing."""
    try:
        return float(str(getattr(image, "tag_v2", {}).get(_GDAL_NODATA, "nan")).strip("\0 "))
    except ValueError:
        return math.nan


def _is_unsigned(image: Image.Image) -> bool:
    """Whether Pillow hands over unsigned numbers of 32 bits as signed ones."""
    tags = getattr(image, "tag_v2", {})
    return image.mode == "I" and tags.get(_BITS) == (32,) and tags.get(_SAMPLE_FORMAT, (_UNSIGNED,)) == (_UNSIGNED,)


def _without(values: Block, missing: float) -> Block:
    """The values with NaN wherever there is no number."""
    values[(values == missing) | ~(np.abs(values) < _NO_NUMBER)] = np.nan
    return values


def _stretched(values: Block, low: float, high: float) -> NDArray[np.uint8]:
    """0 to 255 over a range; what is no number is black."""
    scaled = np.clip((values - low) * (255.0 / (high - low)), 0.0, 255.0)
    return np.asarray(np.nan_to_num(scaled).round(), dtype=np.uint8)


def _range(blocks: Blocks) -> tuple[float, float]:
    """The least and the greatest number, without one at an end that stands alone."""
    lowest, highest = _ends(blocks())
    if len(lowest) < 2:
        return 0.0, 0.0  # flat, or nothing but NaN
    (low, second), (high, last_but_one) = lowest, highest
    if second - low > _ALONE * (high - low) and high > second:
        return second, high
    if high - last_but_one > _ALONE * (high - low) and last_but_one > low:
        return low, last_but_one
    return low, high


def _ends(blocks: Iterator[Block]) -> tuple[list[float], list[float]]:
    """The two least and the two greatest numbers that differ, from the end inwards; nothing when there are no two."""
    lowest, highest = set[float](), set[float]()
    for values in blocks:
        numbers = values[np.isfinite(values)]
        if not numbers.size:
            continue
        low, high = float(numbers.min()), float(numbers.max())
        lowest |= {low, float(numbers.min(initial=high, where=numbers > low))}
        highest |= {high, float(numbers.max(initial=low, where=numbers < high))}
        lowest, highest = set(sorted(lowest)[:2]), set(sorted(highest)[-2:])
    return sorted(lowest), sorted(highest, reverse=True)
