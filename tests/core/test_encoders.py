"""The contract of every encoder, then what each of them is for."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from learning.core.artifacts import ArtifactError
from learning.core.encoders import AUTO, BY_MODALITY, ENCODERS, image, make_encoder
from learning.core.encoders.table_columns import read_column
from learning.core.encoders.tabular import TabularEncoder
from learning.core.encoders.wordllama import mean_vectors

RNG = np.random.default_rng(7)
TEXTS = ["a red car", "", "   ", "\ud800 lone surrogate", "naïve café 日本語 🙂‍↔️", "a" * 50_000, "the car is red\x00"]
ROWS = [
    {"age": "31", "city": "Rome", "when": "2024-01-02"},
    {"age": "", "city": "Oslo", "when": None},
    {"age": "1e999", "city": None, "when": "2024-02-30"},
    {},
    {"age": 44, "city": "Rome", "when": "2024-03-02T10:00:00+02:00", "other": object()},
]
PICTURES = [
    RNG.integers(0, 256, (height, width, 3), dtype=np.uint8)
    for height, width in ((1, 1), (3, 200), (64, 64), (301, 97), (128, 128))
]
CONTENTS = {"text": TEXTS, "tabular": ROWS, "image": PICTURES}

contract = pytest.mark.parametrize("name", ENCODERS.names())


def contents_of(name: str) -> list[object]:
    return list(CONTENTS[ENCODERS.make(name).modality])


@contract
@pytest.mark.parametrize("n", [1, 2, 5])
def test_any_number_of_items(name: str, n: int) -> None:
    contents = contents_of(name)
    fitted = ENCODERS.make(name).fit(contents[:n], np.random.default_rng(0))
    features = fitted.transform(contents)
    assert features.shape == (len(contents), fitted.dimension)
    assert features.dtype == np.float32
    assert np.isfinite(features).all()
    assert fitted.transform([]).shape == (0, fitted.dimension)


@contract
def test_a_row_does_not_depend_on_its_neighbours(name: str) -> None:
    contents = contents_of(name)
    fitted = ENCODERS.make(name).fit(contents, np.random.default_rng(0))
    together = fitted.transform(contents)
    for row, content in enumerate(contents):
        assert (fitted.transform([content])[0] == together[row]).all()


@contract
def test_same_seed_same_bytes_and_nothing_lost_by_dump(name: str) -> None:
    contents = contents_of(name)
    first = ENCODERS.make(name).fit(contents, np.random.default_rng(3))
    again = ENCODERS.make(name).fit(contents, np.random.default_rng(3))
    assert first.dump() == again.dump()
    loaded = ENCODERS.make(name).load(first.dump())
    assert loaded.version == first.version == again.version
    assert loaded.version.startswith(f"{name}:")
    assert (loaded.transform(contents) == first.transform(contents)).all()


@contract
def test_foreign_bytes_are_refused(name: str) -> None:
    for data in (b"", b"\x80\x04N.", b"PK\x05\x06" + bytes(18)):
        with pytest.raises(ArtifactError):
            ENCODERS.make(name).load(data)


def test_auto_knows_every_modality() -> None:
    for modality in ("text", "image", "tabular"):
        assert make_encoder("auto", modality).name == AUTO[modality]
    with pytest.raises(ValueError, match="unknown modality"):
        make_encoder("auto", "sound")
    with pytest.raises(ValueError, match="reads image, not text"):
        make_encoder("hog-hsv", "text")
    with pytest.raises(ValueError, match="unknown encoder"):
        make_encoder("bert", "text")


def test_version_follows_the_fitted_state() -> None:
    one = ENCODERS.make("wordllama-tfidf").fit(["a b", "b c", "c d"], np.random.default_rng(0))
    other = ENCODERS.make("wordllama-tfidf").fit(["x y", "y z", "z w"], np.random.default_rng(0))
    assert one.version != other.version


def test_mean_vectors_agree_with_the_package() -> None:
    import wordllama

    spec = importlib.util.find_spec("wordllama")
    assert spec is not None
    assert spec.origin is not None
    theirs = wordllama.WordLlama.load(cache_dir=Path(spec.origin).parent, disable_download=True)
    texts = ["the quick brown fox", "", "jumps over the lazy dog, twice", "日本語"]
    assert np.allclose(mean_vectors(texts), theirs.embed(texts), atol=1e-6)


def test_similar_texts_lie_closer() -> None:
    texts = ["my card was stolen", "someone took my credit card", "what is the exchange rate", "euro to dollar rate"]
    features = make_encoder("auto", "text").fit(texts, np.random.default_rng(0)).transform(texts)
    near = features @ features.T
    assert near[0, 1] > near[0, 2]
    assert near[2, 3] > near[0, 3]


def test_columns_are_typed_by_looking() -> None:
    fitted = TabularEncoder().fit(
        [
            {
                "id": f"x{i}",
                "n": str(i),
                "c": "ab"[i % 2],
                "k": "same",
                "d": f"2024-01-{i % 28 + 1:02d}",
                "m": i % 3 or None,
            }
            for i in range(100)
        ],
        np.random.default_rng(0),
    )
    assert [(column.name, column.kind) for column in fitted.columns] == [
        ("c", "category"),
        ("d", "date"),
        ("m", "number"),
        ("n", "number"),
    ]
    assert fitted.columns[2].flag_missing


def test_high_cardinality_is_capped() -> None:
    column = read_column("city", [f"city {i % 200 if i % 2 else i % 7}" for i in range(2_000)])
    assert column is not None
    assert column.width <= 40


def test_numbers_are_scaled_and_clipped_by_hand() -> None:
    column = read_column("n", ["1", "2", "3", "4", "1e12"] * 10)
    assert column is not None
    out = np.zeros((2, column.width), np.float32)
    column.encode(["3", "1e15"], out)
    assert out[:, 0].tolist() == [0.0, 5.0]


def test_resize_averages_by_area() -> None:
    picture = np.zeros((3, 3, 3), np.uint8)
    picture[0] = 255
    # Two rows out of three: the upper one covers row 0 whole and half of row 1.
    assert np.allclose(image.resize(picture, 2)[:, 0, 0], [2 / 3, 0.0])


def test_gradients_see_the_direction_and_colours_the_hue() -> None:
    stripes = np.tile(np.where(np.arange(64) // 4 % 2, 255, 0)[:, None, None], (1, 64, 3)).astype(np.uint8)
    encoder = image.ImageEncoder()
    across, along = encoder.transform([stripes, stripes.transpose(1, 0, 2)])
    # Angle 90 degrees lies between the bins 4 and 5 of nine; angle 0 in bin 0.
    assert across[:576].reshape(-1, 9).mean(0).argmax() in (4, 5)
    assert along[:576].reshape(-1, 9).mean(0).argmax() == 0
    red, blue = encoder.transform([np.full((8, 8, 3), colour, np.uint8) for colour in ([255, 0, 0], [0, 0, 255])])
    assert np.flatnonzero(red[576:]).tolist() == [0 * 16 + 3 * 4 + 3]
    assert np.flatnonzero(blue[576:]).tolist() == [5 * 16 + 3 * 4 + 3]


def test_colours_agree_with_colorsys() -> None:
    import colorsys

    pixels = RNG.random((50, 3)).astype(np.float32)
    expected = np.zeros(128)
    for pixel in pixels.tolist():
        hue, saturation, value = colorsys.rgb_to_hsv(*pixel)
        expected[(min(int(hue * 8), 7) * 4 + min(int(saturation * 4), 3)) * 4 + min(int(value * 4), 3)] += 1 / 50
    assert np.allclose(image.colour_histogram(pixels[None]), np.sqrt(expected), atol=1e-6)


def test_a_picture_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="not RGB uint8"):
        image.ImageEncoder().transform([np.zeros((4, 4), np.uint8)])


def test_names_by_modality_are_those_of_the_registry() -> None:
    assert {(name, ENCODERS.make(name).modality) for name in ENCODERS.names()} == {
        (name, modality) for modality, names in BY_MODALITY.items() for name in names
    }
