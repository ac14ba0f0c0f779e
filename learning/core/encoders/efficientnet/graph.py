"""Builds the ONNX graph of the feature extractor: structure only, its weights are named and come from elsewhere.

The result is committed as ``features.onnx``, so that running the encoder needs ONNX Runtime but not the ``onnx``
package: ``python -m learning.core.encoders.efficientnet.graph`` writes it anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from learning.core.encoders.efficientnet.layers import DIMENSION, SIDE, layers

PATH = Path(__file__).with_name("features.onnx")
OPSET = 17
IR_VERSION = 9


def build() -> bytes:
    """Return the graph: ``pictures`` (n, 3, 224, 224) float32, (x - 127) / 128 -> ``features`` (n, 1280) float32."""
    import onnx  # noqa: PLC0415  only whoever rebuilds the graph has it
    from onnx import TensorProto, helper  # noqa: PLC0415

    nodes: list[Any] = []
    initializers: list[Any] = [
        helper.make_tensor("zero", TensorProto.FLOAT, [], [0.0]),
        helper.make_tensor("six", TensorProto.FLOAT, [], [6.0]),
    ]
    current, shortcut = "pictures", ""
    for layer in layers():
        for part, shape in (("weight", layer.shape), ("bias", layer.shape[:1])):
            initializers.append(_external(onnx, f"{layer.name}.{part}", shape))
        if layer.shortcut:
            shortcut = current
        # TensorFlow's "same" padding puts the odd pixel at the lower right, as SAME_UPPER does
        nodes.append(
            helper.make_node(
                "Conv", [current, f"{layer.name}.weight", f"{layer.name}.bias"], [layer.name], auto_pad="SAME_UPPER",
                strides=[layer.stride] * 2, kernel_shape=list(layer.shape[2:]), group=layer.groups,
            )
        )  # fmt: skip
        current = layer.name
        if layer.relu6:
            nodes.append(helper.make_node("Clip", [current, "zero", "six"], [f"{layer.name}:relu6"]))
            current = f"{layer.name}:relu6"
        if layer.add:
            nodes.append(helper.make_node("Add", [current, shortcut], [f"{layer.name}:sum"]))
            current = f"{layer.name}:sum"
    nodes.append(helper.make_node("GlobalAveragePool", [current], ["pooled"]))
    nodes.append(helper.make_node("Flatten", ["pooled"], ["features"], axis=1))
    graph = helper.make_graph(
        nodes, "efficientnet-lite0-features",
        [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", DIMENSION])],
        initializers,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    return bytes(model.SerializeToString(deterministic=True))


def _external(onnx: Any, name: str, shape: tuple[int, ...]) -> Any:
    tensor = onnx.TensorProto(
        name=name, dims=shape, data_type=onnx.TensorProto.FLOAT, data_location=onnx.TensorProto.EXTERNAL
    )
    tensor.external_data.add(key="location", value="given-at-load")
    return tensor


if __name__ == "__main__":
    PATH.write_bytes(build())
