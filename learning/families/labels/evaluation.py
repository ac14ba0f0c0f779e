"""What a model is worth on the eval split, as rows can keep it."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learning.core.cycle import OUTLIERS, Answers, Settings, evaluate_model, step_rng
from learning.core.encoders import FittedEncoder
from learning.core.evaluation.baselines import LabeledRows
from learning.core.evaluation.gate import Contender
from learning.core.evaluation.intervals import share
from learning.core.evaluation.objectives import Objective
from learning.core.evaluation.report import Evaluation
from learning.core.evaluation.thresholds import at_thresholds
from learning.core.learners import FittedLearner
from learning.families.labels import eval_answers
from learning.families.labels.older_labels import in_labels_of_now
from learning.families.labels.training_data import LabelData
from learning.models import ModelVersion, Run, VersionReport
from learning.services.features import contents, encoder_versions
from learning.services.features.matrix import ItemFeatures
from learning.services.monitoring.leaks import leaks
from learning.services.registry import model_files

#: One item is answered at least ``_TIMED_AT_LEAST`` times and until ``_TIMED_S`` have passed; the median counts.
_TIMED_S = 0.02
_TIMED_AT_LEAST, _TIMED_AT_MOST = 3, 20


@dataclass(frozen=True)
class MeasuredLabels:
    """What the gate compares; ``fields`` is what ModelVersion keeps. ``constant``: the best constant answer's rows,
    ``simple``: by its name what each baseline that looks at the items says of them."""

    probabilities: NDArray[np.float32]
    evaluation: Evaluation
    constant: NDArray[np.float32]
    targets: NDArray[np.float64]
    latency_ms: float
    fields: dict[str, Any]
    objective: Objective
    simple: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    @property
    def metrics(self) -> dict[str, Any]:
        found: dict[str, Any] = self.fields["metrics"]
        return found

    def contender(self, version: ModelVersion) -> Contender:
        return Contender(self.probabilities, self.evaluation, self.latency_ms, version.size_bytes)


def measure(
    run: Run, data: LabelData, matrix: ItemFeatures, answers: Answers, model: FittedLearner, settings: Settings
) -> MeasuredLabels | None:
    """None while no eval item is answered."""
    held = data.evaluation
    features = matrix.take(held.ordinals)
    rng = step_rng(run.seed, "evaluate")
    assessment = evaluate_model(model, answers, Answers(features, held.hard), settings, rng)
    if assessment is None:
        return None
    # Labels chosen by a strategy are not distributed like the items. The constant answer to beat is therefore the best
    # one for the eval split itself, which no honest constant can do better than.
    objective = settings.objective
    baselines = {name: found.as_dict()["metrics"] for name, found in assessment.baselines.items()}
    constants = {name: given.astype(np.float32) for name, given in objective.constants(held.hard).items()}
    for name, given in constants.items():
        baselines[name] = objective.evaluate(given, held.hard, rng).as_dict()["metrics"]
    simple = objective.simple(LabeledRows(answers.features, answers.targets, answers.weights), features)
    found = assessment.model.as_dict()
    ceiling = objective.ceiling(np.concatenate((held.agreement, data.tied.agreement)))
    report = VersionReport(
        **{name: found[name] for name in ("labels", "confusion", "reliability")},
        n_eval=len(held),
        n_imported=held.n_imported,
        n_tied=len(data.tied),
        learner={name: fact for name, fact in model.facts.items() if name != OUTLIERS},
        outliers=outlier_facts(model, features),
        human_ceiling=ceiling.as_dict() if ceiling else None,
        leaks=leaks(run.project, run.items_seen).as_dict(),
    )
    probabilities = model.predict(features)
    if objective.one_answer:
        decided = objective.decide(probabilities)
        kept = eval_answers.store(run.project_id, held.ordinals, probabilities, decided, held.hard)
        report = replace(report, eval_answers=kept)
    if stated := objective.stated:
        told = {"stated": run.project.costs, "unit": stated.unit, "review": stated.review}
        report = replace(report, costs=told | {"from": [list(ends) for ends in stated.answered_from()]})
    if objective.suggests_thresholds(len(data.labels)):
        at = at_thresholds(probabilities, held.hard, model.facts.get("thresholds") or ())
        report = replace(report, thresholds=[each.as_dict() for each in at])
    latency_ms = latency(run, held.ordinals, encoder_versions.fitted(matrix.version), model)
    return MeasuredLabels(
        probabilities=probabilities,
        evaluation=assessment.model,
        constant=constants[objective.best_constant],
        objective=objective,
        targets=held.hard,
        latency_ms=latency_ms,
        fields={
            "metrics": found["metrics"],
            "baselines": baselines,
            "report": report.as_json(),
            "eval_sha256": manifest_of(data),
            "n_eval": len(held),
            "latency_ms": round(latency_ms, 3),
        },
        simple={name: given.astype(np.float32) for name, given in simple.items()},
    )


def outlier_facts(model: FittedLearner, features: NDArray[np.float32]) -> dict[str, Any]:
    """What is known of a model's outlier detector, and how many held-out items it flags; empty without facts."""
    facts = dict(model.facts.get(OUTLIERS, {}))
    detector = model.outlier_detector
    if detector is None or not len(features):
        return facts
    flagged = int((detector.score(features) > detector.threshold).sum())
    return {**facts, "on_eval": share(flagged, len(features)).as_dict()}


def manifest_of(data: LabelData) -> str:
    """SHA-256 of what was asked: labels, items and their true answers. The same eval set has the same one."""
    digest = hashlib.sha256("\n".join(data.labels).encode())
    digest.update(np.ascontiguousarray(data.evaluation.ordinals).tobytes())
    digest.update(np.ascontiguousarray(data.evaluation.hard).tobytes())
    return digest.hexdigest()


def latency(run: Run, ordinals: NDArray[np.int64], encoder: FittedEncoder, model: FittedLearner) -> float:
    """Milliseconds from the content of one item to its probabilities, the median of a few; bounded in time."""
    items = contents.contents_at(run.project, ordinals[:_TIMED_AT_MOST].tolist())[1]

    def answer(number: int) -> None:
        model.predict(encoder.transform([items[number]]))

    return _median_ms(answer, items)


def _median_ms(answer: Callable[[int], None], items: Sequence[Any]) -> float:
    answer(0)  # whatever is only loaded by the first
    taken: list[float] = []
    for _ in range(_TIMED_AT_MOST):
        started = time.perf_counter()
        answer(len(taken) % len(items))
        taken.append(time.perf_counter() - started)
        if len(taken) >= _TIMED_AT_LEAST and sum(taken) > _TIMED_S:
            break
    return 1_000 * median(taken)


def contender_of(version: ModelVersion, run: Run, data: LabelData, settings: Settings) -> Contender:
    """An older version on the same eval items, its labels matched by what they are now: of those that were merged since
    the probabilities add up. Raises files.Corrupt, EncoderVersion's DoesNotExist."""
    given = model_files.predict_at(version, data.evaluation.ordinals)
    one_answer = settings.objective.one_answer
    probabilities = in_labels_of_now(given, version.labels, data.labels, data.present, one_answer=one_answer)
    found = settings.objective.evaluate(probabilities, data.evaluation.hard, step_rng(run.seed, "champion"))
    encoder = encoder_versions.fitted(model_files.encoder_of(version))
    latency_ms = latency(run, data.evaluation.ordinals, encoder, model_files.load_model(version))
    return Contender(probabilities, found, latency_ms, version.size_bytes)
