"""What a prediction of a version costs, measured on items of the project where the version was made (decision 0124).

Kept in the version's row: times are no function of data and seed, and the file of a model is.
"""

import platform
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from labeling.models import Project
from labeling.selectors.costs import latency_limit_ms
from learning.core import artifacts
from learning.core.encoders import FittedEncoder
from learning.core.evaluation.prediction_cost import (
    BLOCK_ROWS,
    PredictionCost,
    Timing,
    median_of,
    memory_of,
    timed,
    yardstick_ms,
)
from learning.models import EncoderVersion, ModelVersion
from learning.services import files
from learning.services.features import contents, encoder_versions
from learning.services.registry import model_files

#: Pictures, of which one is slow, take a second more than what is asked for.
LEAST_S = 0.01
#: A student and its teacher are timed in turns so many times.
ROUNDS = 3

Outputs = Callable[[Any, NDArray[np.float32]], object]


def is_asked_for(project: Project) -> bool:
    """Whether a new version is measured: always, or where the installation says 0 by the limits of the project."""
    return bool(settings.PREDICTION_COST_MS or latency_limit_ms(project) or project.prediction_limit_cpu_ms)


def measure(version: ModelVersion, outputs: Outputs) -> dict[str, Any]:
    """The cost as ``ModelVersion.prediction_cost`` keeps it, which it is stored as; empty where the project has no
    item. ``outputs`` is what the family makes of features. Raises files.Corrupt."""
    encoder_version = model_files.encoder_of(version)
    found, items = contents.contents_at(version.project, _ordinals(encoder_version))
    if not found:
        return {}
    encoder, model = encoder_versions.fitted(encoder_version), model_files.load_model(version)
    time = timed(_answering(encoder, model, outputs), items, max(settings.PREDICTION_COST_MS / 1_000, LEAST_S))
    cost = PredictionCost(
        **vars(time),
        model_bytes=version.size_bytes,
        encoder_bytes=files.size(encoder_version.path),
        memory_bytes=memory_of(lambda: _loaded(version, encoder_version, outputs), items) + encoder.weights_bytes,
        yardstick_ms=yardstick_ms(),
        machine=machine(),
    )
    version.prediction_cost = cost.as_dict()
    ModelVersion.objects.filter(pk=version.pk).update(prediction_cost=version.prediction_cost)
    return version.prediction_cost


def side_by_side(student: ModelVersion, teacher: ModelVersion, outputs: Outputs) -> tuple[Timing, Timing]:
    """What the two take, timed in turns on the same rows: what else the machine does falls on both. Raises
    files.Corrupt."""
    versions = [model_files.encoder_of(each) for each in (student, teacher)]
    _, items = contents.contents_at(student.project, _ordinals(versions[1]))
    answers = [
        _answering(encoder_versions.fitted(encoder), model_files.load_model(each), outputs)
        for encoder, each in zip(versions, (student, teacher), strict=True)
    ]
    budget_s = max(settings.PREDICTION_COST_MS / 1_000, LEAST_S)
    rounds = [[timed(answer, items, budget_s) for answer in answers] for _ in range(ROUNDS)]
    first, second = (median_of(each) for each in zip(*rounds, strict=True))
    return first, second


def _ordinals(version: EncoderVersion) -> list[int]:
    """The same rows for every model on one encoder, drawn from all items there were when it was fitted."""
    seed = int(artifacts.sha256(f"cost:{version.version}".encode())[:15], 16)
    n = version.fitted_on
    drawn = np.random.default_rng(seed).choice(n, min(BLOCK_ROWS, n), replace=False)
    return [int(ordinal) for ordinal in drawn]


def _answering(encoder: FittedEncoder, model: Any, outputs: Outputs) -> Callable[[Sequence[Any]], object]:
    """All that is done for a caller: features, probabilities, and whether they are unlike anything learned from."""
    detector = getattr(model, "outlier_detector", None)

    def answer(rows: Sequence[Any]) -> object:
        features = encoder.transform(rows)
        said = outputs(model, features)
        return said if detector is None else (said, detector.score(features))

    return answer


def _loaded(
    version: ModelVersion, encoder_version: EncoderVersion, outputs: Outputs
) -> Callable[[Sequence[Any]], object]:
    """Both loaded anew, as a process does that has neither."""
    name = encoder_version.version.partition(":")[0]
    data = files.load(encoder_version.path, encoder_version.sha256)
    encoder = encoder_versions.parsed(version.project.modality, name, data)
    model = model_files.parsed(version.learner, files.load(version.path, version.sha256))
    return _answering(encoder, model, outputs)


@cache
def machine() -> str:
    """What the system calls its processor; its kind where it does not say."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return (next(filter(None, named), "") or platform.processor() or platform.machine() or "unknown")[:100]
