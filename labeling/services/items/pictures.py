"""Pictures: what is inside an upload, and the previews derived from it. Originals are never changed."""

import hashlib
import io
import logging
import math
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from django.conf import settings
from django.core.files.storage import default_storage
from PIL import Image

from labeling.models import Asset
from labeling.services.files import storage
from labeling.services.items.decoding import (
    FORMATS,
    SIDEWAYS,
    PictureRejected,
    deep_colours,
    flatten,
    opened,
    shown,
    upright_of,
    version_for,
)
from labeling.services.items.depth import WHOLE, has_deep_colours, to_eight_bit
from labeling.services.outages.causes import outage_of
from labeling.services.validation.errors import Invalid

log = logging.getLogger(__name__)

PREVIEW_SIZES = (320, 800, 1600)
PREVIEW_MEDIA_TYPE = "image/webp"
THUMBNAIL_SIDE = 16
#: Up to this many pixels a picture is shown pixel by pixel; larger ones are scaled down to it.
FULL_MAX_PIXELS = 32_000_000
#: ... and up to this many without loss.
FULL_LOSSLESS_PIXELS = 1_000_000
Window = tuple[float, float]

_FLAT_BELOW = 12  # grey levels between the brightest and the darkest cell: below it a difference hash is noise
_NOISE = 1  # grey levels
_VERIFY_SIDE = 512  # JPEG decodes at a reduced scale down to this; every byte is still read
_LOSSLESS_UP_TO = 128


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What decoding found. ``width`` and ``height`` are those of the upright picture.

    ``thumbnail`` is the upright picture as 16 x 16 grey bytes: near-duplicates are confirmed with it.
    """

    sha256: str
    size_bytes: int
    format: str
    media_type: str
    mode: str
    width: int
    height: int
    frames: int
    orientation: int
    perceptual_hash: int | None
    thumbnail: bytes


def inspect(source: str | Path | bytes | IO[bytes]) -> PictureFacts:
    """Decodes a picture completely (its first frame) and reports the facts. Raises PictureRejected."""
    content = _bytes_of(source)
    if not content:
        raise PictureRejected("The file is empty.")
    with opened(content) as image:
        found, mode = str(image.format), image.mode
        width, height = image.size
        frames = _frames(image)
        image.draft(mode, (_VERIFY_SIDE, _VERIFY_SIDE))
        is_deep = has_deep_colours(image)
        upright, orientation = upright_of(image)
        seen = deep_colours(upright, content) if is_deep else upright
        grey = flatten(to_eight_bit(_shrunk(seen))).convert("L")
    if found == "TIFF":
        width, height = upright.size
    elif orientation in SIDEWAYS:
        width, height = height, width
    return PictureFacts(
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        format=found,
        media_type=FORMATS[found],
        mode=mode,
        width=width,
        height=height,
        frames=frames,
        orientation=orientation,
        perceptual_hash=difference_hash(grey),
        thumbnail=grey.resize((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BOX).tobytes(),
    )


def difference_hash(grey: Image.Image) -> int | None:
    """64 bits, each "brighter than its left neighbour" on a 9 x 8 grid, as a signed number; None for a flat picture.

    Brighter by more than the noise of a recompression: otherwise every flat area inside a picture would be a coin toss.
    """
    levels = np.frombuffer(grey.resize((9, 8), Image.Resampling.BOX).tobytes(), dtype=np.uint8)
    cells = levels.astype(np.int16).reshape(8, 9)
    if int(cells.max()) - int(cells.min()) < _FLAT_BELOW:
        return None
    return int(np.packbits(cells[:, 1:] - cells[:, :-1] > _NOISE).view(">i8")[0])


def original_name(project_id: int, sha256: str) -> str:
    """Where the bytes of a picture lie in the file storage."""
    return f"originals/{project_id}/{sha256[:2]}/{sha256}"


def preview(asset: Asset, size: int) -> tuple[bytes, str]:
    """A derived picture of at most ``size`` pixels a side: upright, 8 bit, sRGB, without metadata.

    Kept in the file storage under a name made of the original's hash. Raises Invalid for a size that is not offered.
    """
    if size not in PREVIEW_SIZES:
        raise Invalid("size", f"Must be one of {', '.join(map(str, PREVIEW_SIZES))}.")
    name = preview_name(asset.project_id, asset.sha256, size, version_for(asset.format, asset.mode))
    content = storage.get(name)
    if content is None:
        with default_storage.open(asset.path, "rb") as file:
            content = render(file.read(), size)
        _keep(name, content)
    return content, PREVIEW_MEDIA_TYPE


def full(asset: Asset, window: Window = WHOLE) -> tuple[bytes, str]:
    """Every pixel of a picture for the eye, with its media type: upright, 8 bit, sRGB, without metadata. Up to
    ``FULL_LOSSLESS_PIXELS`` as they are (WebP), then as a fine JPEG, beyond ``FULL_MAX_PIXELS`` scaled down to them.

    Kept like a preview; one through a ``window`` is made anew each time.
    """
    media_type = PREVIEW_MEDIA_TYPE if asset.width * asset.height <= FULL_LOSSLESS_PIXELS else "image/jpeg"
    name = preview_name(asset.project_id, asset.sha256, "full", version_for(asset.format, asset.mode))
    content = storage.get(name) if window == WHOLE else None
    if content is None:
        with default_storage.open(asset.path, "rb") as file:
            content = _full(shown(file.read(), max(asset.width, asset.height), window), media_type)
        if window == WHOLE:
            _keep(name, content)
    return content, media_type


def _full(picture: Image.Image, media_type: str) -> bytes:
    target = io.BytesIO()
    if media_type == PREVIEW_MEDIA_TYPE:
        picture.save(target, "WEBP", lossless=True, method=0)
        return target.getvalue()
    pixels = picture.width * picture.height
    if pixels > FULL_MAX_PIXELS:
        share = math.sqrt(FULL_MAX_PIXELS / pixels)
        picture.thumbnail((int(picture.width * share) or 1, int(picture.height * share) or 1), Image.Resampling.LANCZOS)
    picture.save(target, "JPEG", quality=95, subsampling=0)
    return target.getvalue()


def windowed(asset: Asset, size: int, window: Window) -> tuple[bytes, str]:
    """A preview of a part of a deep picture's range. Not kept: there are too many of them."""
    if size not in PREVIEW_SIZES:
        raise Invalid("size", f"Must be one of {', '.join(map(str, PREVIEW_SIZES))}.")
    with default_storage.open(asset.path, "rb") as file:
        return render(file.read(), size, window), PREVIEW_MEDIA_TYPE


def preview_name(project_id: int, sha256: str, size: int | str, version: str) -> str:
    """Where a preview lies; ``version`` is that of the decoder which made it."""
    return f"previews/{project_id}/{sha256[:2]}/{sha256}-{size}-v{version}.webp"


def _keep(name: str, content: bytes) -> None:
    """Best effort: on a full disk the picture is shown all the same."""
    try:
        storage.put(name, content)
    except OSError as error:
        if outage_of(error) is None:
            raise
        log.warning("preview %s not kept: %s", name, error)


def render(content: bytes, size: int, window: Window = WHOLE) -> bytes:
    """The preview of a picture as WebP. Small ones are kept without loss. Raises PictureRejected."""
    picture = shown(content, size, window)
    picture.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return _as_webp(picture)


def _as_webp(picture: Image.Image) -> bytes:
    target = io.BytesIO()
    if max(picture.size) <= _LOSSLESS_UP_TO:
        picture.save(target, "WEBP", lossless=True, method=4)
    else:
        picture.save(target, "WEBP", quality=85, method=2)
    return target.getvalue()


def _shrunk(image: Image.Image) -> Image.Image:
    """About ``_VERIFY_SIDE`` pixels a side, for the hash and the thumbnail; small pictures unchanged."""
    factor = max(image.size) // _VERIFY_SIDE
    if factor < 2:
        return image
    if image.mode in ("L", "LA", "RGB", "RGBA", "CMYK", "LAB", "I", "F"):
        return image.reduce(factor)
    width, height = image.size
    return image.resize((max(1, width // factor), max(1, height // factor)), Image.Resampling.NEAREST)


def _frames(image: Image.Image) -> int:
    try:
        frames = int(getattr(image, "n_frames", 1))
        image.seek(0)
    except Exception:  # noqa: BLE001 - later frames may be broken; only the first is shown
        with suppress(Exception):
            image.seek(0)
        return 1
    return frames


def _bytes_of(source: str | Path | bytes | IO[bytes]) -> bytes:
    limit = settings.IMPORT_MAX_IMAGE_BYTES
    if isinstance(source, bytes):
        content = source
    elif isinstance(source, str | Path):
        with open(source, "rb") as file:
            content = file.read(limit + 1)
    else:
        content = source.read(limit + 1)
    if len(content) > limit:
        raise PictureRejected(f"More than {limit:,} bytes.")
    return content
