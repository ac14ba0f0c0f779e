"""Photos: accuracy on TrashNet at 60 and 300 random labels, and pictures per CPU second, with the default encoder.

``python benchmarks/core_photos.py`` (seeds 0 to 4; needs ``../shared/data/img_trashnet``; about a minute)
"""

import argparse
import io
import os
import sys
import time
import zipfile
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402

from benchmarks.open_data import DATA  # noqa: E402
from learning.core.encoders import make_encoder  # noqa: E402
from learning.core.learners import make_learner, one_hot  # noqa: E402

ARCHIVE = DATA / "img_trashnet" / "images.zip"
TARGETS = {60: 0.67, 300: 0.81}
HELD_OUT = 500


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    if not ARCHIVE.exists():
        sys.exit(f"{ARCHIVE.name} of TrashNet is not here: nothing measured")
    with zipfile.ZipFile(ARCHIVE) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
        started = time.process_time()
        pictures = [np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("RGB")) for name in names]
    encoder = make_encoder("auto", "image").fit(pictures, np.random.default_rng(0))
    features = encoder.transform(pictures)
    rate = len(names) / (time.process_time() - started)
    print(f"{encoder.version}: {rate:.0f} pictures per CPU second, decoding included (at least 60)")
    labels, truth = np.unique([name.split("/")[-2] for name in names], return_inverse=True)
    for n_labels, target in TARGETS.items():
        scores = [accuracy(features, truth, len(labels), n_labels, seed) for seed in range(5)]
        print(
            f"{n_labels:4d} labels: accuracy {np.mean(scores):.3f} (at least {target}); by seed {np.round(scores, 3)}"
        )


def accuracy(features: np.ndarray, truth: np.ndarray, n_classes: int, n_labels: int, seed: int) -> float:
    order = np.random.default_rng(seed).permutation(len(truth))
    held_out, labeled, rest = np.split(order, [HELD_OUT, HELD_OUT + n_labels])
    model = make_learner("auto").fit(
        features[labeled], one_hot(truth[labeled], n_classes), kind="classification",
        rng=np.random.default_rng(seed), unlabeled=features[rest[:1000]],
    )  # fmt: skip
    return float((model.predict(features[held_out]).argmax(axis=1) == truth[held_out]).mean())


if __name__ == "__main__":
    main()
