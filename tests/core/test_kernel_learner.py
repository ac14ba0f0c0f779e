"""Kernel logistic regression against an independent solution, and what many answers do to it."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression

from learning.core.learners import LEARNERS, kernel, one_hot
from learning.core.learners.kernel import KernelLogisticLearner


def moons(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    label, angle = rng.integers(2, size=n), rng.uniform(0, np.pi, size=n)
    features = np.stack((np.cos(angle) + label, np.where(label, -1, 1) * np.sin(angle) + 0.4 * label), axis=1)
    return (features + rng.normal(size=(n, 2)) * 0.15).astype(np.float32), label


def test_few_answers_get_the_exact_solution() -> None:
    """scikit-learn's logistic regression in the space of the kernel (its square root) gives the same scores."""
    features, labels = moons(120)
    model = KernelLogisticLearner().fit(
        features, one_hot(labels, 2), kind="classification", rng=np.random.default_rng(0)
    )
    assert len(model.landmarks) == 120
    both = np.concatenate((features, moons(80, seed=1)[0])).astype(np.float64)
    squares = ((both[:, None] - both[None]) ** 2).sum(axis=-1)
    inner = np.exp(-squares / np.median(squares[:120, :120][np.triu_indices(120, 1)]))
    values, directions = np.linalg.eigh(inner)
    root = directions * np.sqrt(np.clip(values, 0, None))
    root -= root[:120].mean(axis=0)
    root /= np.sqrt((root[:120] ** 2).sum(axis=1).mean())
    # Two columns under one penalty each are one column of half the penalty.
    theirs = LogisticRegression(C=2 * model.facts["inverse_penalty"], tol=1e-10, max_iter=10_000)
    theirs.fit(root[:120], labels)
    scores = theirs.decision_function(root[120:]) / model.facts["temperature"]
    ours = model.predict(both[120:].astype(np.float32))[:, 1]
    np.testing.assert_allclose(ours, 1 / (1 + np.exp(-scores)), atol=0.02)


def test_many_answers_keep_the_model_small_and_good() -> None:
    features, labels = moons(2_500)
    learner = LEARNERS.make("kernel_logistic")
    model = learner.fit(
        features[:2_000], one_hot(labels[:2_000], 2), kind="classification", rng=np.random.default_rng(0)
    )
    assert model.facts["landmarks"] == kernel.LANDMARKS < 2_000
    assert len(model.dump()) < 100_000
    assert (model.predict(features[2_000:]).argmax(axis=1) == labels[2_000:]).mean() > 0.97


def test_rows_far_from_every_answer_are_doubtful() -> None:
    """Where a line would be surest, similarities have nothing to say: such rows are asked, not trusted."""
    features, labels = moons(200)
    model = KernelLogisticLearner().fit(
        features, one_hot(labels, 2), kind="classification", rng=np.random.default_rng(0)
    )
    near, far = model.predict(features).max(axis=1), model.predict(features + 1_000).max(axis=1)
    assert np.isfinite(far).all()
    assert far.max() < near.mean()


def test_weights_of_zero_are_no_landmarks() -> None:
    features, labels = moons(100)
    weights = np.r_[np.ones(60), np.zeros(40)]
    model = KernelLogisticLearner().fit(
        features, one_hot(labels, 2), kind="classification", rng=np.random.default_rng(0), weights=weights
    )
    assert model.facts["landmarks"] == 60


def test_copies_of_one_row_break_nothing() -> None:
    features = np.repeat(np.array([[1.0, 2.0]], np.float32), 40, axis=0)
    model = KernelLogisticLearner().fit(
        features, one_hot([0, 1] * 20, 2), kind="classification", rng=np.random.default_rng(0)
    )
    np.testing.assert_allclose(model.predict(features[:1]), [[0.5, 0.5]], atol=0.02)
