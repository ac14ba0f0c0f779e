"""Models out of our own registry: a file is read only when its hash is the registered one."""

import logging
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.db.prepared import Prepared
from labeling.models import Project
from learning.core.learners import FittedLearner, make_learner
from learning.core.outliers.model_file import parts_of
from learning.core.pairwise import model as pairs
from learning.models import AlertKind, EncoderVersion, ModelVersion, Status
from learning.services import files
from learning.services.features import contents, encoder_versions
from learning.services.features.matrix import FeatureMatrix
from learning.services.monitoring import alerts
from learning.services.registry.whole_files import check_file

logger = logging.getLogger(__name__)


def load_model(version: ModelVersion) -> FittedLearner:
    """The fitted learner of a version (of a pairwise project its PairwiseModel), with its ``outlier_detector``: None in
    files of before there were any, with too few answers, and of pairs. Parsed once a process, the file's hash
    is checked every time: a damaged file is noticed by the next run, not by the next restart. Raises files.Corrupt, of
    which files.Dropped is one."""
    check_file(version)
    model: FittedLearner = _load(version.learner, version.path, version.sha256)
    return model


@lru_cache(maxsize=16)
def _load(learner: str, path: str, sha256: str) -> Any:
    return parsed(learner, files.load(path, sha256))


def parsed(learner: str, data: bytes) -> Any:
    """The model in the bytes of a registered file. Raises files.Corrupt."""
    try:
        if learner == pairs.LEARNER:
            return pairs.load(data)
        of_learner, detector = parts_of(data)
        model = make_learner(learner).load(of_learner)
        model.outlier_detector = detector
        return model
    except ValueError as error:  # a learner or format this release no longer knows
        raise files.Corrupt(str(error)) from error


def serving(project: Project) -> ModelVersion | None:
    """The version that ranks and predicts: the one in use, or while its file is damaged the newest good one before it.

    Every damaged file met on the way leaves an alert.
    """
    for version in in_line(project):
        try:
            load_model(version)
            encoder_of(version)
        except files.Dropped:
            continue
        except (files.Corrupt, EncoderVersion.DoesNotExist) as error:
            logger.error("%s of project %s cannot be used: %s", version, project.pk, error)
            message = (
                f"The file of {version} is damaged and the newest good version before it is used instead: {error}."
            )
            alerts.raise_alert(project, AlertKind.MODEL_DAMAGED, message, subject=str(version))
            continue
        return version
    return None


#: Read by every process of the predictor once a second; what was measured of a version is read by who wants it.
_in_use = Prepared(
    lambda project: ModelVersion.objects.filter(
        project=project, dropped_at=None, status__in=[Status.CHAMPION, Status.PROVISIONAL]
    ).defer("report", "metrics", "baselines")
)


def in_line(project: Project) -> Iterator[ModelVersion]:
    """The version in use, then those that were before it, newest first, whose files were not let go."""
    in_use = {version.status: version for version in _in_use(project.pk)}
    if not in_use:
        return
    first = in_use.get(Status.PROVISIONAL) or in_use[Status.CHAMPION]
    yield first
    versions = ModelVersion.objects.filter(project=project, dropped_at=None)
    was_in_use = versions.filter(decisions__after__in=[Status.CHAMPION, Status.PROVISIONAL])
    yield from was_in_use.exclude(pk=first.pk).distinct().newest_first()


def answering(project: Project) -> Iterator[ModelVersion]:
    """Those whose predictions are given: as in :func:`in_line`, before each version the student that stands in for it
    (decision 0124)."""
    for version in in_line(project):
        student = version.students.filter(stands_in=True, dropped_at=None).first()
        if student is not None:
            yield student
        yield version


def promoted(project: Project) -> Iterator[ModelVersion]:
    """The same of production mode: of versions that are, or were, the champion; what only ranks is not among them."""
    champion = ModelVersion.objects.filter(project=project).champion()
    if champion is None:
        return
    was = ModelVersion.objects.filter(project=project, dropped_at=None, decisions__after=Status.CHAMPION)
    for version in (champion, *was.exclude(pk=champion.pk).distinct().newest_first()):
        student = version.students.filter(stands_in=True, dropped_at=None).first()
        if student is not None:
            yield student
        yield version


def encoder_of(version: ModelVersion) -> EncoderVersion:
    return EncoderVersion.objects.select_related("project").get(project=version.project_id, version=version.encoder)


def predict_at(version: ModelVersion, ordinals: NDArray[np.int64]) -> NDArray[np.float32]:
    """Probabilities of a version for items by rising ordinal, in the order of ``version.labels``. Raises files.Corrupt.

    Stored features are used where they reach; after a refit of the encoder the items are encoded again.
    """
    encoder = encoder_of(version)
    matrix = FeatureMatrix(encoder)
    if len(ordinals) == 0 or ordinals.max() < matrix.n_rows:
        features = matrix.take(ordinals)
    else:
        found, items = contents.contents_at(encoder.project, ordinals.tolist())
        features = np.zeros((len(ordinals), encoder.dimension), dtype=np.float32)
        features[np.searchsorted(ordinals, found)] = encoder_versions.fitted(encoder).transform(items)
    return load_model(version).predict(features)
