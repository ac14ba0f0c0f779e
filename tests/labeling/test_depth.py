"""The eye and the model see one picture: every depth is decoded once, by one function, over its real range."""

import io

import numpy as np
import pytest
from django.core.files.storage import default_storage
from PIL import Image, ImageCms

from labeling.models import Asset
from labeling.services.housekeeping.strays import _names_of
from labeling.services.items.decoding import VERSION, is_as_before, shown
from labeling.services.items.pictures import full, inspect, original_name, preview, preview_name, render, windowed
from learning.services.features.contents import pixels_of
from tests.factories import make_project
from tests.labeling.pictures import deep_png, deep_ppm, tiff

RAMP = np.linspace(0, 1, 64, dtype=np.float32)[None, :].repeat(48, axis=0)


def framed(values, *odd):
    """The ramp with odd values in one corner."""
    values = values.copy()
    values[0, : len(odd)] = odd
    return values


def colours(top: int, channels: int = 3):
    values = np.stack([RAMP, RAMP[:, ::-1], RAMP / 2, np.ones_like(RAMP)][:channels], axis=-1) * top
    values[..., 3:] = 65535
    return values.round().astype(np.uint16)


def grey_with_alpha(top: int):
    return np.stack([RAMP * top, np.full_like(RAMP, 65535)], axis=-1).round().astype(np.uint16)


def saved(values, kind: str) -> bytes:
    target = io.BytesIO()
    Image.fromarray(values).save(target, kind)
    return target.getvalue()


#: What is a ramp from black to white however it is stored.
RAMPS = {
    "float 0 to 1": tiff(RAMP),
    "float 0 to .003": tiff(RAMP * np.float32(0.003)),
    "float 0 to 1e-20": tiff(RAMP * np.float32(1e-20)),
    "float -1 to 0": tiff(RAMP - 1),
    "float 1000 to 1000.5": tiff(RAMP / 2 + 1000),
    "float 0 to 1e30": tiff(RAMP * np.float32(1e30)),
    "float, other order": tiff(RAMP, ">"),
    "float, compressed": tiff(RAMP, compressed=True),
    "NaN": tiff(framed(RAMP, np.nan)),
    "infinities": tiff(framed(RAMP, np.inf, -np.inf)),
    "least float": tiff(framed(RAMP, np.finfo(np.float32).min)),
    "greatest float": tiff(framed(RAMP, np.finfo(np.float32).max)),
    "-9999": tiff(framed(RAMP, -9999, -9999)),
    "1e6": tiff(framed(RAMP, 1e6)),
    "no data by its tag": tiff(framed(RAMP * 100, -5, -5), nodata="-5"),
    "int32": tiff((RAMP * 1_000_000).astype(np.int32)),
    "int32 from below": tiff((RAMP * 3_000 - 1_500).astype(np.int32)),
    "uint32 beyond int32": tiff((RAMP.astype(np.float64) * 4e9).astype(np.uint32)),
    "int16": tiff((RAMP * 3_000 - 1_500).astype(np.int16)),
    "12 of 16 bits": tiff((RAMP * 4_095).astype(np.uint16)),
    "12 of 16 bits, other order": tiff((RAMP * 4_095).astype(np.uint16), ">"),
    "12 of 16 bits and one saturated": tiff(framed((RAMP * 4_095).astype(np.uint16), 65_535)),
    "a negative of 16 bits": tiff(((1 - RAMP) * 60_000).astype(np.uint16), least_is_white=True),
    "a negative of floats": tiff(1 - RAMP, least_is_white=True),
    "a negative, no data by its tag": tiff(framed(100 - RAMP * 100, -5, -5), nodata="-5", least_is_white=True),
    "PNG of 16 bits": saved((RAMP * 60_000).astype(np.uint16), "PNG"),
    "dark PNG of 16 bits": saved((RAMP * 400).astype(np.uint16), "PNG"),
    "grey and alpha": deep_png(grey_with_alpha(4_000)),
    "PFM": b"Pf 64 48 -1.0\n" + RAMP[::-1].astype("<f4").tobytes(),
}
COLOURS = {
    "PNG": deep_png(colours(4_095)),
    "very dark PNG": deep_png(colours(200)),
    "RGBA PNG": deep_png(colours(4_095, 4)),
    "TIFF": tiff(colours(4_095)),
    "TIFF, other order": tiff(colours(4_095), ">"),
    "TIFF, compressed": tiff(colours(4_095), compressed=True),
    "TIFF, compressed, other order": tiff(colours(4_095), ">", compressed=True),
    "PPM": deep_ppm(colours(4_095)),
}


def eye(content: bytes):
    return np.asarray(Image.open(io.BytesIO(render(content, 320))).convert("RGB"))


@pytest.mark.parametrize("name", RAMPS)
def test_a_ramp_of_any_depth_is_a_ramp_for_the_eye_and_for_the_model(name):
    seen = eye(RAMPS[name])
    np.testing.assert_array_equal(pixels_of(RAMPS[name]), seen)
    assert (seen[-1, :, 0] == seen[-1, :, 1]).all()
    assert np.abs(seen[-1, :, 0] - np.linspace(0, 255, 64)).max() <= 2
    assert inspect(RAMPS[name]).perceptual_hash is not None


@pytest.mark.parametrize("name", COLOURS)
def test_dark_colours_of_sixteen_bits_are_not_black(name):
    seen = eye(COLOURS[name]).astype(int)
    np.testing.assert_array_equal(pixels_of(COLOURS[name]), seen)
    wanted = colours(255)[..., :3].astype(int)
    assert np.abs(seen - wanted).max() <= 2
    assert inspect(COLOURS[name]).perceptual_hash is not None


@pytest.mark.parametrize("write", [deep_png, tiff, deep_ppm], ids=["PNG", "TIFF", "PPM"])
def test_bright_colours_of_sixteen_bits_are_what_every_viewer_shows(write):
    values = colours(40_000)
    assert np.abs(eye(write(values)).astype(int) - values / 257).max() <= 1
    assert inspect(write(values)).mode == "RGB"


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf], ids=str)
def test_what_is_no_number_anywhere_and_what_is_flat_is_grey(odd):
    for values in (np.full_like(RAMP, odd), np.full_like(RAMP, 7), framed(np.full_like(RAMP, 7), odd)):
        seen = eye(tiff(values))
        np.testing.assert_array_equal(pixels_of(tiff(values)), seen)
        assert set(seen[-1].ravel()) == {128}


def test_black_colours_stay_black():
    assert set(pixels_of(deep_png(np.zeros((20, 20, 3), np.uint16))).ravel()) == {0}


@pytest.mark.parametrize("values", [(0, 65_535), (0, 1), (5, 60_000), (0, 1, 65_535)], ids=str)
def test_masks_keep_their_values_apart(values):
    picture = np.array(values, dtype=np.uint16).repeat(16)[None, :].repeat(16, axis=0)
    assert len(set(pixels_of(saved(picture, "PNG"))[..., 0].ravel())) >= 2


def profiled() -> bytes:
    """A profile in which red is another red: the pixels must be converted for both."""
    target = io.BytesIO()
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8))
    picture.save(target, "PNG", icc_profile=lab)
    return target.getvalue()


def plain(mode: str, kind: str) -> bytes:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (40, 60, 3), dtype=np.uint8))
    target = io.BytesIO()
    noise.convert(mode).save(target, kind)
    return target.getvalue()


OTHERS = {
    **{f"{kind} {mode}": plain(mode, kind) for mode, kind in (
        ("RGB", "JPEG"), ("L", "JPEG"), ("CMYK", "JPEG"), ("RGB", "PNG"), ("RGBA", "PNG"), ("LA", "PNG"), ("1", "PNG"),
        ("P", "PNG"), ("P", "GIF"), ("RGB", "WEBP"), ("RGB", "BMP"), ("RGB", "TIFF"), ("LAB", "TIFF"), ("CMYK", "TIFF"),
        ("RGB", "JPEG2000"), ("RGB", "PPM"),
    ) if mode != "LAB"},
    "with a profile": profiled(),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_every_other_picture_is_one_for_both_too(name):
    np.testing.assert_array_equal(pixels_of(OTHERS[name]), eye(OTHERS[name]))


def test_what_the_first_decoder_saw_alike_is_told_without_decoding():
    assert [name for name, content in OTHERS.items() if not is_as_before(content)] == [
        "JPEG CMYK", "TIFF CMYK", "with a profile",
    ]  # fmt: skip
    assert not any(map(is_as_before, [*RAMPS.values(), *COLOURS.values()]))


def test_strips_of_any_height_come_to_the_same(monkeypatch):
    for content in (RAMPS["NaN"], RAMPS["grey and alpha"], *COLOURS.values()):
        whole = shown(content, 320).tobytes()
        monkeypatch.setattr("labeling.services.items.depth.BLOCK_PIXELS", 150)
        assert shown(content, 320).tobytes() == whole
        monkeypatch.undo()


def test_the_same_bytes_give_the_same_pixels():
    for content in (RAMPS["NaN"], COLOURS["TIFF"]):
        assert shown(content, 320).tobytes() == shown(content, 320).tobytes()


@pytest.mark.django_db
def test_previews_of_the_first_decoder_are_made_again_where_it_saw_otherwise():
    project = make_project(modality="image")
    kept = {}
    for name, content in {"deep": RAMPS["NaN"], "photo": OTHERS["JPEG RGB"]}.items():
        facts = inspect(content)
        default_storage.save(original_name(project.pk, facts.sha256), io.BytesIO(content))
        kept[name] = Asset.objects.create(
            project=project, sha256=facts.sha256, path=original_name(project.pk, facts.sha256), format=facts.format,
            size_bytes=len(content), media_type=facts.media_type, mode=facts.mode, width=64, height=48,
        )  # fmt: skip
        default_storage.save(preview_name(project.pk, facts.sha256, 320, "1"), io.BytesIO(b"of the first"))
    assert preview(kept["photo"], 320)[0] == b"of the first"
    assert preview(kept["deep"], 320)[0] == render(RAMPS["NaN"], 320)
    is_named = _names_of(project.pk)
    names = {name: preview_name(project.pk, asset.sha256, 320, "1") for name, asset in kept.items()}
    assert is_named(names["photo"], False)
    assert not is_named(names["deep"], False)
    assert is_named(preview_name(project.pk, kept["deep"].sha256, 320, VERSION), False)
    # every pixel, and a part of a range: the middle fifth of the ramp from black to white
    whole = np.asarray(Image.open(io.BytesIO(full(kept["deep"])[0])).convert("L"))
    assert np.array_equal(whole, np.asarray(shown(RAMPS["NaN"], 320)))
    assert default_storage.exists(preview_name(project.pk, kept["deep"].sha256, "full", VERSION))
    part = np.asarray(Image.open(io.BytesIO(windowed(kept["deep"], 320, (0.4, 0.6))[0])).convert("L"))
    assert (part[1, :25].max(), part[1, 39:].min(), len(set(part[1, 26:38]))) == (0, 255, 12)
