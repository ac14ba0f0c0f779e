"""What a picture is is told by decoding it; previews are upright, 8 bit, without metadata."""

import csv
import io
import os
import struct
import zlib

import numpy as np
import pytest
from django.core.files.storage import default_storage
from PIL import Image

from labeling.models import Asset
from labeling.services.items.decoding import FORMATS, PictureRejected
from labeling.services.items.pictures import PictureFacts, inspect, original_name, preview, render
from labeling.services.validation.errors import Invalid
from tests.factories import make_project
from tests.outages.trouble import no_space


def encode(image: Image.Image, kind: str = "PNG", **save) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **save)
    return target.getvalue()


def corners(orientation: int = 1, kind: str = "JPEG") -> bytes:
    """60 x 40: red top left, green top right, blue bottom left, white bottom right, stored with an EXIF orientation."""
    upright = Image.new("RGB", (60, 40), "white")
    for colour, box in (("red", (0, 0, 30, 20)), ("lime", (30, 0, 60, 20)), ("blue", (0, 20, 30, 40))):
        upright.paste(colour, box)
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }.get(orientation)  # fmt: skip
    stored = upright.transpose(turn) if turn is not None else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "a camera"
    return encode(stored, kind, exif=exif)


def shown(content: bytes, size: int = 320) -> Image.Image:
    return Image.open(io.BytesIO(render(content, size)))


def colours(image: Image.Image) -> list[tuple[int, int, int]]:
    w, h = image.size
    image = image.convert("RGB")
    return [image.getpixel(at) for at in ((w // 4, h // 4), (3 * w // 4, h // 4), (w // 4, 3 * h // 4))]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientations_are_turned_upright(orientation, kind):
    content = corners(orientation, kind)
    facts = inspect(content)
    assert (facts.width, facts.height, facts.orientation, facts.format) == (60, 40, orientation, kind)
    preview_ = shown(content)
    assert preview_.size == (60, 40)
    for found, wanted in zip(colours(preview_), ((255, 0, 0), (0, 255, 0), (0, 0, 255)), strict=True):
        assert np.abs(np.subtract(found, wanted)).max() < 60
    expected = inspect(corners(1, kind)).perceptual_hash
    assert bin((facts.perceptual_hash ^ expected) & 0xFFFF_FFFF_FFFF_FFFF).count("1") <= 4


def test_a_preview_carries_no_metadata():
    content = corners(6)
    assert b"a camera" in content
    made = render(content, 320)
    assert b"a camera" not in made
    assert not Image.open(io.BytesIO(made)).getexif()


@pytest.mark.parametrize(
    ("image", "kind", "mode"),
    [
        (Image.new("1", (20, 10), 1), "PNG", "1"),
        (Image.new("L", (20, 10), 9), "PNG", "L"),
        (Image.new("LA", (20, 10), (9, 100)), "PNG", "LA"),
        (Image.new("P", (20, 10), 3), "GIF", "P"),
        (Image.new("RGBA", (20, 10), (1, 2, 3, 100)), "PNG", "RGBA"),
        (Image.new("CMYK", (20, 10), (9, 9, 9, 9)), "JPEG", "CMYK"),
        (Image.new("CMYK", (20, 10), (9, 9, 9, 9)), "TIFF", "CMYK"),
        (Image.new("LAB", (20, 10), (50, 9, 9)), "TIFF", "LAB"),
        (Image.new("I;16", (20, 10), 999), "PNG", "I;16"),
        (Image.new("I;16", (20, 10), 999), "TIFF", "I;16"),
        (Image.new("F", (20, 10), 0.5), "TIFF", "F"),
        (Image.new("RGB", (20, 10)), "BMP", "RGB"),
        (Image.new("RGB", (20, 10)), "PPM", "RGB"),
        (Image.new("RGB", (20, 10)), "JPEG2000", "RGB"),
        (Image.new("RGB", (20, 10)), "AVIF", "RGB"),
        (Image.new("RGB", (1, 1)), "PNG", "RGB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_mode_has_facts_and_a_preview(image, kind, mode):
    content = encode(image, kind)
    facts = inspect(content)
    assert (facts.format, facts.mode, facts.width, facts.height) == (kind, mode, *image.size)
    assert facts.media_type == FORMATS[kind]
    assert facts.perceptual_hash is None  # flat
    assert shown(content).size == image.size


def test_sixteen_bits_are_stretched_over_their_real_range():
    ramp = np.linspace(1000, 1400, 256, dtype=np.uint16).reshape(1, -1).repeat(8, axis=0)
    made = np.asarray(shown(encode(Image.fromarray(ramp), "PNG")).convert("L"))
    assert made.min() <= 1
    assert made.max() >= 252  # lossy WebP keeps to the narrow range of video
    floats = np.linspace(-1, 1, 256, dtype=np.float32).reshape(1, -1).repeat(8, axis=0)
    floats[0, 0], floats[1, 1], floats[2, 2] = np.nan, np.inf, -np.inf
    made = np.asarray(shown(encode(Image.fromarray(floats), "TIFF")).convert("L"))
    assert made.max() >= 252
    assert made[5, 128] in range(120, 136)


def test_cmyk_is_converted_to_its_colours():
    content = encode(Image.new("CMYK", (40, 40), (0, 255, 255, 0)), "JPEG", quality=95)
    red = shown(content).convert("RGB").getpixel((20, 20))
    assert red[0] > 200
    assert max(red[1:]) < 60


def test_transparency_is_laid_on_white():
    image = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    assert shown(encode(image)).convert("RGB").getpixel((20, 20)) == (255, 255, 255)
    palette = Image.new("P", (40, 40), 0)
    palette.putpalette([0, 0, 0, 200, 0, 0])
    content = encode(palette, "GIF", transparency=0)
    assert shown(content).convert("RGB").getpixel((20, 20)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_an_animation_is_its_first_frame(kind):
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "lime", "blue")]
    content = encode(frames[0], kind, save_all=True, append_images=frames[1:])
    facts = inspect(content)
    assert facts.frames == 3
    made = shown(content)
    assert getattr(made, "n_frames", 1) == 1
    assert made.convert("RGB").getpixel((20, 20))[0] > 200


def png_of(width: int, height: int, data: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\0", "Not a picture"),
        (png_of(60_000, 60_000, zlib.compress(bytes(1000))), "Too many pixels"),
        (png_of(12_000, 12_000, zlib.compress(bytes(1000))), "12000 x 12000 pixels"),
        (png_of(0, 10, b""), "(?s)."),
        (png_of(100, 100, zlib.compress(bytes(1000))), "broken or cut off"),
        (encode(NOISE, "JPEG")[:-3000], "cut off"),
        (encode(NOISE, "PNG")[:-3000], "cut off"),
        (encode(NOISE, "WEBP")[:-3000], "picture"),
        (encode(NOISE, "GIF")[:-3000], "cut off"),
        (encode(NOISE, "TIFF")[:-3000], "picture"),
        (encode(NOISE, "BMP")[:-3000], "cut off"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", "SVG"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'></svg>", "SVG"),
        (b"\xef\xbb\xbf \n<!DOCTYPE HTML><p>", "HTML"),
        (b"\0" * 128 + b"DICM" + b"\0" * 50, "DICOM"),
        (b"%PDF-1.4", "PDF"),
        (b"GIF89a" + b"<script>alert(1)</script>" * 9, "(?s)."),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "Not a picture"),
    ],
)
def test_what_is_no_sound_picture_is_rejected_with_a_reason(content, words):
    with pytest.raises(PictureRejected, match=words):
        inspect(content)
    if words != "(?s).":
        with pytest.raises(PictureRejected):
            render(content, 320)


def test_limits_are_settings(settings, tmp_path):
    content = encode(Image.new("RGB", (100, 100)))
    settings.IMPORT_MAX_IMAGE_PIXELS = 9_999
    with pytest.raises(PictureRejected, match="at most 9,999"):
        inspect(content)
    settings.IMPORT_MAX_IMAGE_PIXELS = 10_000
    assert inspect(io.BytesIO(content)).width == 100
    settings.IMPORT_MAX_IMAGE_BYTES = 100
    path = tmp_path / "a.png"
    path.write_bytes(content)
    for source in (content, io.BytesIO(content), path, str(path)):
        with pytest.raises(PictureRejected, match="More than 100 bytes"):
            inspect(source)


def test_running_out_of_memory_is_a_reason(monkeypatch):
    content = encode(NOISE, "BMP")
    monkeypatch.setattr(Image.Image, "load", lambda self: (_ for _ in ()).throw(MemoryError))
    with pytest.raises(PictureRejected, match="Too large to decode"):
        inspect(content)


def test_random_damage_never_escapes_as_anything_else():
    rng, reasons = np.random.default_rng(7), []
    for kind in ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "JPEG2000"):
        good = np.frombuffer(encode(NOISE.resize((40, 40)), kind), dtype=np.uint8)
        for _ in range(40):
            bad = good.copy()
            bad[rng.integers(0, len(bad), 2)] = rng.integers(0, 256, 2)
            content = bad.tobytes()[: len(bad) if rng.random() < 0.7 else rng.integers(1, len(bad))]
            try:
                inspect(content)
                render(content, 320)
            except PictureRejected as rejected:
                reasons.append(rejected.reason)
    assert 80 < len(reasons) < 240  # some damage shows, some does not
    assert all(reasons)


@pytest.mark.django_db
class TestPreview:
    @pytest.fixture
    def asset(self) -> Asset:
        content = encode(NOISE.resize((1000, 500)), "JPEG")
        facts = inspect(content)
        project = make_project(modality="image")
        name = original_name(project.pk, facts.sha256)
        default_storage.save(name, io.BytesIO(content))
        return Asset.objects.create(
            project=project, sha256=facts.sha256, path=name, size_bytes=len(content), format=facts.format,
            media_type=facts.media_type, mode=facts.mode, width=facts.width, height=facts.height,
        )  # fmt: skip

    def test_sizes_are_bounded_and_never_above_the_original(self, asset):
        for size, expected in ((320, (320, 160)), (800, (800, 400)), (1600, (1000, 500))):
            content, media_type = preview(asset, size)
            assert media_type == "image/webp"
            assert Image.open(io.BytesIO(content)).size == expected

    def test_only_the_offered_sizes(self, asset):
        with pytest.raises(Invalid, match="320, 800, 1600"):
            preview(asset, 321)

    def test_made_once(self, asset, monkeypatch):
        first = preview(asset, 320)
        monkeypatch.setattr("labeling.services.items.pictures.render", lambda *args: 1 / 0)
        assert preview(asset, 320) == first

    def test_shown_on_a_full_disk_too(self, asset, monkeypatch):
        monkeypatch.setattr("labeling.services.files.storage.put", no_space)
        assert preview(asset, 320)[1] == "image/webp"


ROBUST = os.path.join(os.path.dirname(__file__), *[".."] * 3, "shared", "data", "robust_images")

#: Where we differ from what Pillow alone does with the file: explained in docs/guide/pictures.md.
EXPLAINED = {
    "colour_profile_alpha_palette/la.tga": "Not a picture in an accepted format",
    "colour_profile_alpha_palette/rgba16.tga": "Not a picture in an accepted format",
    "container/negative_top_left_layer.psd": "Photoshop",
}


def facts_or_reason(path: str) -> tuple[PictureFacts | None, str]:
    try:
        return inspect(path), ""
    except PictureRejected as rejected:
        return None, rejected.reason


@pytest.mark.skipif(not os.path.exists(ROBUST), reason="the odd and broken pictures are not on this machine")
def test_every_odd_picture_has_the_outcome_of_the_manifest():
    with open(os.path.join(ROBUST, "manifest.csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 100
    for row in rows:
        path = os.path.join(ROBUST, row["file"])
        facts, reason = facts_or_reason(path)
        if facts is None:
            if row["kind"] == "dicom":
                assert "DICOM" in reason or row["file"] == "dicom/no_meta.dcm"
            elif row["file"] in EXPLAINED:
                assert EXPLAINED[row["file"]] in reason
            else:
                assert row["decode"] != "ok", (row["file"], reason)
            continue
        assert row["decode"] == "ok", row["file"]
        stored = (int(float(row["width"])), int(float(row["height"])))
        if facts.orientation >= 5 and facts.format != "TIFF":  # the manifest gives the size before turning
            stored = stored[::-1]
        found = (facts.format, facts.mode, facts.frames, (facts.width, facts.height))
        assert found == (row["format"], row["mode"], int(row["frames"]), stored), row["file"]
        with open(path, "rb") as picture:
            made = Image.open(io.BytesIO(render(picture.read(), 320)))
        assert max(made.size) <= 320
        assert made.mode in ("RGB", "L")
