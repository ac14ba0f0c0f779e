"""Loads what the first run of a worker process would wait for: scikit-learn, SciPy and the text weights."""

import numpy as np
from threadpoolctl import threadpool_limits

from learning.core.cycle import Answers, Settings, run
from learning.core.encoders import make_encoder
from learning.core.learners import one_hot
from learning.core.pools import ArrayPool


def load() -> None:
    """Turns the whole cycle once on a handful of rows, so that every lazy import and allocation has happened."""
    threadpool_limits(limits=1)
    rng = np.random.default_rng(0)
    encoder = make_encoder("auto", "text").fit(["a red car", "a blue car", "green tea"], rng)
    encoder.transform(["a red car"])
    features = rng.normal(size=(60, 8)).astype(np.float32)
    answers = Answers(features[:24], one_hot(np.arange(24) % 2, 2))
    eligible = np.arange(60) >= 24
    run(ArrayPool(features), eligible, answers, answers, Settings("classification", 2, head=10), seed=0)
