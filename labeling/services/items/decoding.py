"""One decoder for the eye and for the model: from the bytes of a picture to its upright pixels in 8 bits of sRGB.

Everything here works on hostile bytes: only the decoders of ``FORMATS`` are tried, the size is checked before a pixel
is decoded, and whatever a decoder raises becomes a ``PictureRejected`` with a reason for the person.
"""

import io
import warnings
from contextlib import suppress
from functools import lru_cache
from typing import Any

from django.conf import settings
from PIL import Image, ImageCms, UnidentifiedImageError

# Pillow registers a decoder when its module is imported; without these the names in FORMATS are unknown to it
from PIL import AvifImagePlugin, Jpeg2KImagePlugin, TiffImagePlugin, WebPImagePlugin  # noqa: F401  # isort: skip

from labeling.services.items import depth

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
#: What is made of a picture depends on it: previews and features of another are made again.
VERSION = "3"
FIRST_VERSION = "1"
_ORIENTATION = 0x0112
SIDEWAYS = (5, 6, 7, 8)
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class PictureRejected(ValueError):
    """The file is not a picture that can be shown; ``reason`` is for the person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def shown(content: bytes, side: int, window: tuple[float, float] = depth.WHOLE) -> Image.Image:
    """The picture as it is seen and learned from, RGB or grey: its first frame, upright, 8 bit, sRGB, on white.

    Where the format allows it, it is decoded smaller, but with no side that is shorter than ``side`` while it was not.
    ``window`` is the part of the real range of deep greys, in shares of it. Raises PictureRejected.
    """
    with opened(content) as image:
        profile = image.info.get("icc_profile")
        image.draft(image.mode, (side, side))
        is_deep = depth.has_deep_colours(image)
        upright, _ = upright_of(image)
        if is_deep:
            upright = deep_colours(upright, content)
        return flatten(depth.to_eight_bit(upright, window), profile)


def deep_colours(upright: Image.Image, content: bytes) -> Image.Image:
    """Colours of 16 bits as 8: unchanged where they are bright enough, else over their real range."""
    if not depth.is_nearly_black(upright):
        return upright
    with opened(content) as again:
        return depth.brightened(upright, again, content, lambda image: upright_of(image)[0])


def version_for(format_: str, mode: str) -> str:
    """The decoder that last changed how pictures of a format and Pillow's mode are seen."""
    is_deep = mode.startswith(("I", "F")) or (format_ in ("PNG", "TIFF", "PPM") and mode in ("RGB", "RGBA"))
    return VERSION if is_deep else FIRST_VERSION


def is_as_before(content: bytes) -> bool:
    """Whether decoder 1 made the very same pixels for the model of this picture. Opens it, and decodes nothing."""
    with opened(content) as image:
        is_plain = image.mode in ("1", "L", "LA", "P", "PA", "RGB", "RGBA") and not depth.has_deep_colours(image)
        return is_plain and not image.info.get("icc_profile")


@lru_cache(maxsize=16)
def _to_srgb(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform:
    """Kept, for the pictures of one camera all carry the same profile. Raises PyCMSError, OSError."""
    given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    return ImageCms.buildTransform(given, ImageCms.createProfile("sRGB"), mode, "RGB")


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
            if (srgb := ImageCms.applyTransform(image, _to_srgb(profile, image.mode))) is not None:
                return srgb
    return image if image.mode in ("RGB", "L") else image.convert("L" if image.mode == "1" else "RGB")


class Opened:
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
        if isinstance(error, Exception) and not isinstance(error, PictureRejected):
            raise _rejection(error, self.content) from error


def opened(content: bytes) -> Opened:
    return Opened(content)


def _check_size(width: int, height: int) -> None:
    limit = settings.IMPORT_MAX_IMAGE_PIXELS
    if width < 1 or height < 1:
        raise PictureRejected("The picture has no pixels.")
    if width * height > limit:
        raise PictureRejected(f"{width} x {height} pixels; at most {limit:,} are accepted.")


def upright_of(image: Image.Image) -> tuple[Image.Image, int]:
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


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - broken EXIF raises anything; the picture itself may be fine
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


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
    (b"\x7fELF", "a program"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office document of before 2007 (save the table as csv)"),
    (b"SQLite format 3\0", "an SQLite database (export the table as csv)"),
    (b"ARROW1\0\0", "an Arrow or Feather file (write it as parquet)"),
    (b"FEA1", "a Feather file (write it as parquet)"),
    (b"Obj\x01", "an Avro file (write it as parquet)"),
    (b"ORC\x08", "an ORC file (write it as parquet)"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file (write the table as csv or parquet)"),
    (b"\x93NUMPY", "a NumPy array (write it as csv or parquet)"),
    (b"$FL2", "an SPSS file (save the table as csv)"),
    (b"<stata_dta>", "a Stata file (save the table as csv)"),
    (b"\0" * 12 + b"\xc2\xea\x81\x60", "a SAS file (save the table as csv)"),
    (b"RDX3\n", "an R data file (write the table as csv)"),
    (b"\x28\xb5\x2f\xfd", "a zstd file (unpack it first)"),
    (b"\xfd7zXZ\0", "an xz file (unpack it first)"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive (pack it as zip)"),
    (b"Rar!\x1a\x07", "a RAR archive (pack it as zip)"),
)
#: Too short to say it alone: text may begin so, a column of mass spectra for one.
_SHORT = (
    (b"MZ", b"\0", "a program"),
    (b"BZh", b"1AY&SY", "a bzip2 file (unpack it first)"),
    (b"\x80", b"\x8c", "a pickle"),
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
    for magic, further, name in _SHORT:
        if head.startswith(magic) and further in head[:64]:
            return name
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for magic, name in _MARKUP:
        if start.startswith(magic):
            return "an SVG drawing (it can carry scripts; save it as PNG)" if b"<svg" in start else name
    return ""
