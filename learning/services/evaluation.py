"""What a model is worth on the eval split, as rows can keep it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.models import Kind
from learning.core.cycle import Answers, Settings, evaluate_model, step_rng
from learning.core.evaluation import evaluate
from learning.core.evaluation.baselines import majority, majority_multilabel
from learning.core.learners import FittedLearner
from learning.models import ModelVersion, Run
from learning.services.labels import Frozen
from learning.services.matrix import FeatureMatrix
from learning.services.model_files import predict_at


@dataclass(frozen=True)
class Measured:
    """``correct``: per eval item whether the candidate had it right; the rest as ModelVersion keeps it."""

    correct: NDArray[np.bool_]
    constant_correct: NDArray[np.bool_]
    metrics: dict[str, Any]
    baselines: dict[str, Any]
    report: dict[str, Any]


def measure(
    run: Run, data: Frozen, matrix: FeatureMatrix, answers: Answers, model: FittedLearner, settings: Settings
) -> Measured | None:
    """None while no eval item is answered."""
    held = data.evaluation
    features = matrix.take(held.ordinals)
    rng = step_rng(run.seed, "evaluate")
    assessment = evaluate_model(model, answers, Answers(features, held.hard), settings, rng)
    if assessment is None:
        return None
    # Labels chosen by a strategy are not distributed like the items. The constant answer to beat is therefore the best
    # one for the eval split itself, which no honest constant can do better than.
    constant = majority if settings.kind == Kind.CLASSIFICATION.value else majority_multilabel
    best_constant = constant(held.hard, len(held)).astype(np.float32)
    baselines = {name: found.as_dict()["metrics"] for name, found in assessment.baselines.items()}
    baselines["majority"] = evaluate(best_constant, held.hard, kind=settings.kind, rng=rng).as_dict()["metrics"]
    found = assessment.model.as_dict()
    report = {name: found[name] for name in ("labels", "confusion", "reliability")}
    return Measured(
        correct=is_correct(model.predict(features), held.hard, settings.kind),
        constant_correct=is_correct(best_constant, held.hard, settings.kind),
        metrics=found["metrics"],
        baselines=baselines,
        report={**report, "n_eval": len(held), "n_imported": held.n_imported, "learner": dict(model.facts)},
    )


def is_correct(probabilities: NDArray[Any], truth: NDArray[np.float64], kind: str) -> NDArray[np.bool_]:
    """Per item: the most likely label is the true one; of several labels, all of them are right."""
    if kind == Kind.CLASSIFICATION:
        return np.asarray(probabilities.argmax(axis=1) == truth.argmax(axis=1))
    return np.asarray(((probabilities >= 0.5) == (truth > 0.5)).all(axis=1))


def correct_of(version: ModelVersion, data: Frozen, kind: str) -> NDArray[np.bool_]:
    """Which eval items an older version has right, its labels matched by name. Raises files.Corrupt."""
    given = predict_at(version, data.evaluation.ordinals)
    probabilities = np.zeros((len(given), len(data.labels)), dtype=np.float32)
    for column, name in enumerate(version.labels):
        if name in data.labels:
            probabilities[:, data.labels.index(name)] = given[:, column]
    return is_correct(probabilities, data.evaluation.hard, kind)
