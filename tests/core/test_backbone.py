"""A network of the installation's own, made here: a picture's mean colours, plain or as a map that is averaged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
import pytest

from learning.core.artifacts import ArtifactError
from learning.core.encoders import ENCODERS, encoder_names, make_encoder, use_backbone
from learning.core.encoders.backbone import Backbone

onnx = pytest.importorskip("onnx", reason="a development requirement")


def network(*, pooled: bool = True, batch: str | int = "n", side: str | int = 32, channels: int = 3) -> bytes:
    shape = [batch, channels, side, side]
    nodes = [onnx.helper.make_node("Identity", ["pictures"], ["map"])]
    if pooled:
        nodes += [
            onnx.helper.make_node("GlobalAveragePool", ["map"], ["pool"]),
            onnx.helper.make_node("Flatten", ["pool"], ["features"], axis=1),
        ]
    told = ["n", 3] if pooled else shape
    float32 = onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        nodes, "mean colours",
        [onnx.helper.make_tensor_value_info("pictures", float32, shape)],
        [onnx.helper.make_tensor_value_info("features" if pooled else "map", float32, told)],
    )  # fmt: skip
    opset = [onnx.helper.make_opsetid("", 17)]
    return bytes(onnx.helper.make_model(graph, opset_imports=opset, ir_version=9).SerializeToString())


def backbone(data: bytes, **fields: object) -> Backbone:
    return Backbone(lambda: data, **{"sha256": hashlib.sha256(data).hexdigest(), **fields})  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _none_afterwards() -> Iterator[None]:
    yield
    use_backbone(None)


def red_and_grey() -> list[np.ndarray]:
    red = np.zeros((40, 60, 3), np.uint8)
    red[..., 0] = 255
    return [red, np.full((9, 9, 3), 127, np.uint8)]


@pytest.mark.parametrize(
    "options", [{}, {"pooled": False}, {"batch": 1}, {"side": "side"}], ids=["vectors", "map", "one at a time", "free"]
)
def test_features_are_the_networks_output(options: dict[str, object]) -> None:
    use_backbone(backbone(network(**options)))  # type: ignore[arg-type]
    assert encoder_names("image")[-1] == "onnx"
    encoder = make_encoder("onnx", "image").fit([], np.random.default_rng(0))
    features = encoder.transform(red_and_grey() * 6)
    assert encoder.dimension == 3
    assert features.shape == (12, 3)
    assert features[0] == pytest.approx([1.0, -127 / 128, -127 / 128])
    assert features[1] == pytest.approx([0, 0, 0])
    assert (encoder.transform(red_and_grey()[:1])[0] == features[0]).all()
    assert ENCODERS.make("onnx").load(encoder.dump()).version == encoder.version


def test_preparation_is_part_of_the_version() -> None:
    data = network()
    use_backbone(backbone(data, centre=(0.0, 0.0, 0.0), scale=(255.0, 255.0, 255.0)))
    first = ENCODERS.make("onnx").fit([], np.random.default_rng(0))
    assert first.transform(red_and_grey())[0] == pytest.approx([1, 0, 0])
    use_backbone(backbone(data))
    with pytest.raises(ArtifactError, match="cannot be made by"):
        ENCODERS.make("onnx").load(first.dump())


def test_another_file_is_never_run() -> None:
    use_backbone(backbone(network(), sha256="0" * 64))
    with pytest.raises(RuntimeError, match="SHA-256"):
        make_encoder("onnx", "image").fit([], np.random.default_rng(0)).transform(red_and_grey())


def test_network_that_does_not_take_pictures() -> None:
    use_backbone(backbone(network(channels=4)))
    with pytest.raises(RuntimeError, match=r"shape \(n, 3, height, width\)"):
        make_encoder("onnx", "image").fit([], np.random.default_rng(0)).transform(red_and_grey())


def test_without_a_network_there_is_no_such_encoder() -> None:
    assert "onnx" not in encoder_names("image")
    with pytest.raises(ValueError, match="unknown encoder 'onnx'"):
        make_encoder("onnx", "image")
