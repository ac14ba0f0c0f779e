"""The photo encoder: against PyTorch's own numbers, and against files that are not what they seem."""

import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from learning.core.encoders.efficientnet import EfficientNetEncoder, graph
from learning.core.encoders.efficientnet.encoder import network_features, prepared
from learning.core.encoders.efficientnet.layers import folded
from learning.core.encoders.efficientnet.state_dict import MAGIC, PROTOCOL, StateDictError, read_state_dict

GOLDEN = Path(__file__).with_name("efficientnet_golden.npz")


def pictures() -> list[np.ndarray]:
    """The three pictures whose features were computed with PyTorch 2.13 and stored."""
    y, x = np.mgrid[0:240, 0:180]
    noise = np.random.default_rng(0).integers(0, 256, (100, 140, 3), dtype=np.uint8)
    pattern = np.stack([x % 256, y % 256, (x * y) % 256], -1).astype(np.uint8)
    return [noise, pattern, np.zeros((30, 30, 3), np.uint8)]


def test_features_are_those_of_the_reference_implementation():
    expected = np.load(GOLDEN)["features"]
    found = network_features(np.stack([prepared(picture) for picture in pictures()]))
    np.testing.assert_allclose(found, expected, atol=5e-5)


def test_colours_are_told_apart():
    red, blue = (np.full((50, 50, 3), colour, np.uint8) for colour in ([200, 20, 20], [20, 20, 200]))
    features = EfficientNetEncoder().transform([red, blue])[:, 1280:]
    assert features[0] @ features[1] == 0
    np.testing.assert_allclose(np.linalg.norm(features, axis=1), 8.0, rtol=1e-6)


def test_a_picture_does_not_depend_on_its_neighbours():
    encoder = EfficientNetEncoder()
    together = encoder.transform(pictures() * 4)
    alone = encoder.transform(pictures()[1:2])
    np.testing.assert_allclose(together[10], alone[0], atol=1e-3)


def test_the_committed_graph_is_the_one_the_code_builds():
    pytest.importorskip("onnx", reason="the onnx package is only needed to rebuild the graph")
    assert graph.build() == graph.PATH.read_bytes()


def legacy_file(state: object, keys: list[str], storages: bytes) -> bytes:
    head = b"".join(pickle.dumps(part, 2) for part in (MAGIC, PROTOCOL, {"little_endian": True}))
    return head + pickle.dumps(state, 2) + pickle.dumps(keys, 2) + storages


class Harmful:
    def __reduce__(self):
        return (exec, ("raise SystemExit",))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\x02.",
        pickle.dumps(Harmful()),
        legacy_file(Harmful(), [], b""),
        legacy_file({}, ["1"], struct.pack("<q", 10)),
        legacy_file({}, [], b"")[:-30],
    ],
    ids=["empty", "no value", "code first", "code in the dict", "unknown storage", "cut short"],
)
def test_a_file_that_is_no_state_dict_is_refused(data):
    with pytest.raises(StateDictError):
        read_state_dict(data)


def test_weights_of_another_network_are_refused():
    with pytest.raises(ValueError, match="lack"):
        folded({"_conv_stem.weight": np.zeros((1, 3, 3, 3), np.float32)})
