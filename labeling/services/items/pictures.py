"""Pictures: what is inside an upload, and the previews derived from it. Originals are never changed.

Everything here works on hostile bytes: only the decoders of ``FORMATS`` are tried, the size is checked before a pixel
is decoded, and whatever a decoder raises becomes a ``PictureRejected`` with a reason for the person.
"""

import hashlib
import io
import logging
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from django.conf import settings
from django.core.files.storage import default_storage
from PIL import Image, ImageCms, UnidentifiedImageError

# Pillow registers a decoder when its module is imported; without these the names in FORMATS are unknown to it
from PIL import AvifImagePlugin, Jpeg2KImagePlugin, TiffImagePlugin, WebPImagePlugin  # noqa: F401  # isort: skip

from labeling.models import Asset
from labeling.services.files import storage
from labeling.services.outages.causes import outage_of
from labeling.services.validation.errors import Invalid

log = logging.getLogger(__name__)

#: Pillow's name of each format that is accepted, and its media type.
FORMATS = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
    "PPM": "image/x-portable-anymap",
    "JPEG2000": "image/jp2",
    "AVIF": "image/avif",
}
_DECODERS = tuple(name for name in FORMATS if name != "MPO")  # several JPEGs in one file: opened by the JPEG decoder
PREVIEW_SIZES = (320, 800, 1600)
PREVIEW_MEDIA_TYPE = "image/webp"
THUMBNAIL_SIDE = 16

_ORIENTATION = 0x0112
_SIDEWAYS = (5, 6, 7, 8)
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_FLAT_BELOW = 12  # grey levels between the brightest and the darkest cell: below it a difference hash is noise
_NOISE = 1  # grey levels
_VERIFY_SIDE = 512  # JPEG decodes at a reduced scale down to this; every byte is still read
_LOSSLESS_UP_TO = 128
_BLOCK_ROWS = 256


class PictureRejected(ValueError):
    """The file is not a picture that can be shown; ``reason`` is for the person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


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
    with _opened(content) as image:
        found, mode = str(image.format), image.mode
        width, height = image.size
        frames = _frames(image)
        image.draft(mode, (_VERIFY_SIDE, _VERIFY_SIDE))
        upright, orientation = _decode(image)
        grey = flatten(to_eight_bit(_shrunk(upright))).convert("L")
    if found == "TIFF":
        width, height = upright.size
    elif orientation in _SIDEWAYS:
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
    cells = np.asarray(grey.resize((9, 8), Image.Resampling.BOX), dtype=np.int16)
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
    name = f"previews/{asset.project_id}/{asset.sha256[:2]}/{asset.sha256}-{size}-v1.webp"
    content = storage.get(name)
    if content is None:
        with default_storage.open(asset.path, "rb") as file:
            content = render(file.read(), size)
        _keep(name, content)
    return content, PREVIEW_MEDIA_TYPE


def _keep(name: str, content: bytes) -> None:
    """Best effort: on a full disk the picture is shown all the same."""
    try:
        storage.put(name, content)
    except OSError as error:
        if outage_of(error) is None:
            raise
        log.warning("preview %s not kept: %s", name, error)


def render(content: bytes, size: int) -> bytes:
    """The preview of a picture as WebP. Small ones are kept without loss. Raises PictureRejected."""
    with _opened(content) as image:
        profile = image.info.get("icc_profile")
        image.draft(image.mode, (size, size))
        upright, _ = _decode(image)
        shown = flatten(to_eight_bit(upright), profile)
        shown.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=3.0)
        return _as_webp(shown)


def _as_webp(shown: Image.Image) -> bytes:
    target = io.BytesIO()
    if max(shown.size) <= _LOSSLESS_UP_TO:
        shown.save(target, "WEBP", lossless=True, method=4)
    else:
        shown.save(target, "WEBP", quality=85, method=2)
    return target.getvalue()


def to_eight_bit(image: Image.Image) -> Image.Image:
    """16-bit, 32-bit and float greys stretched over their real range; other modes unchanged."""
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.asarray(image)
    if values.dtype.kind == "f":
        values = np.where(np.isfinite(values), values, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nothing but NaN: handled on the next line
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if not high > low:
        return Image.new("L", image.size, 128)
    target = np.empty(values.shape, dtype=np.uint8)
    for top in range(0, len(values), _BLOCK_ROWS):  # in blocks: the float copy of 80 megapixels would be 640 MB
        scaled = (values[top : top + _BLOCK_ROWS].astype(np.float64) - low) * (255.0 / (high - low))
        target[top : top + _BLOCK_ROWS] = np.nan_to_num(scaled).round()
    return Image.fromarray(target)


def flatten(image: Image.Image, profile: bytes | None = None) -> Image.Image:
    """RGB (or grey) in sRGB: CMYK and Lab converted, palettes resolved, transparency laid on white."""
    if image.mode == "LAB":
        lab = ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")
        return ImageCms.applyTransform(image, lab) or image
    if "A" in image.getbands() or image.mode == "La" or "transparency" in image.info:
        over = image.convert("RGBA")
        white = Image.new("RGBA", over.size, "white")
        return Image.alpha_composite(white, over).convert("RGB")
    if profile and image.mode in ("RGB", "CMYK"):
        with suppress(ImageCms.PyCMSError, OSError):  # a broken profile: the plain conversion below is good enough
            srgb = ImageCms.profileToProfile(
                image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            if srgb is not None:
                return srgb
    return image if image.mode in ("RGB", "L") else image.convert("L" if image.mode == "1" else "RGB")


class _Opened:
    """Opens with the allowed decoders only and turns everything they raise into PictureRejected."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.warnings = warnings.catch_warnings()

    def __enter__(self) -> Image.Image:
        self.warnings.__enter__()
        warnings.simplefilter("ignore")  # odd metadata; what matters is raised
        try:
            self.image = Image.open(io.BytesIO(self.content), formats=_DECODERS)
            _check_size(*self.image.size)
        except BaseException as error:
            self.warnings.__exit__(None, None, None)
            raise _rejection(error, self.content) from error
        return self.image

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self.warnings.__exit__(None, None, None)
        if error is None:
            self.image.close()
        elif isinstance(error, Exception) and not isinstance(error, PictureRejected):
            raise _rejection(error, self.content) from error


def _opened(content: bytes) -> _Opened:
    return _Opened(content)


def _check_size(width: int, height: int) -> None:
    limit = settings.IMPORT_MAX_IMAGE_PIXELS
    if width < 1 or height < 1:
        raise PictureRejected("The picture has no pixels.")
    if width * height > limit:
        raise PictureRejected(f"{width} x {height} pixels; at most {limit:,} are accepted.")


def _decode(image: Image.Image) -> tuple[Image.Image, int]:
    """The upright pixels and the orientation they were stored in.

    PNG looks for EXIF behind the pixels by loading them, so what loading raises must come first.
    """
    if image.format == "TIFF":  # Pillow turns it upright while it loads, and forgets the orientation
        orientation = _orientation(image)
        image.load()
        return image, orientation
    image.load()
    orientation = _orientation(image)
    turn = _UPRIGHT.get(orientation)
    return (image if turn is None else image.transpose(turn)), orientation


def _shrunk(image: Image.Image) -> Image.Image:
    """About ``_VERIFY_SIDE`` pixels a side, for the hash and the thumbnail; small pictures unchanged."""
    factor = max(image.size) // _VERIFY_SIDE
    if factor < 2:
        return image
    if image.mode in ("L", "LA", "RGB", "RGBA", "CMYK", "LAB", "I", "F"):
        return image.reduce(factor)
    width, height = image.size
    return image.resize((max(1, width // factor), max(1, height // factor)), Image.Resampling.NEAREST)


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - broken EXIF raises anything; the picture itself may be fine
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _frames(image: Image.Image) -> int:
    try:
        frames = int(getattr(image, "n_frames", 1))
        image.seek(0)
    except Exception:  # noqa: BLE001 - later frames may be broken; only the first is shown
        with suppress(Exception):
            image.seek(0)
        return 1
    return frames


def _rejection(error: BaseException, content: bytes) -> BaseException:
    """The reason a person can act on, for whatever opening or decoding raised."""
    if isinstance(error, PictureRejected) or not isinstance(error, Exception):
        return error
    if isinstance(error, MemoryError):
        return PictureRejected("Too large to decode.")
    if isinstance(error, Image.DecompressionBombError):
        return PictureRejected(f"Too many pixels; at most {settings.IMPORT_MAX_IMAGE_PIXELS:,} are accepted.")
    other = name_other_content(content[:512])
    if other:
        return PictureRejected(f"Not a picture: {other}.")
    if isinstance(error, UnidentifiedImageError):
        accepted = ", ".join(_DECODERS)
        return PictureRejected(f"Not a picture in an accepted format ({accepted}), or its header is broken.")
    return PictureRejected(f"The picture is broken or cut off: {str(error)[:150] or type(error).__name__}.")


_OTHER = (
    (b"%PDF", "a PDF file"),
    (b"PK\x03\x04", "a zip file"),
    (b"\x1f\x8b", "a gzip file"),
    (b"8BPS", "a Photoshop file (save it as PNG or JPEG)"),
    (b"PAR1", "a parquet file"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
)
_MARKUP = ((b"<svg", "an SVG drawing (it can carry scripts; save it as PNG)"), (b"<!doctype html", "an HTML page"),
           (b"<html", "an HTML page"), (b"<?xml", "an XML file"), (b"<script", "an HTML page"))  # fmt: skip


def name_other_content(head: bytes) -> str:
    """What a file that is no picture is, by its first bytes; empty when they say nothing."""
    if head[128:132] == b"DICM":
        return "a DICOM file (export it as PNG or TIFF first)"
    for magic, name in _OTHER:
        if head.startswith(magic):
            return name
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for magic, name in _MARKUP:
        if start.startswith(magic):
            return "an SVG drawing (it can carry scripts; save it as PNG)" if b"<svg" in start else name
    return ""


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
