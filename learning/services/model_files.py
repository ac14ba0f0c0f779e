"""Models out of our own registry: a file is read only when its hash is the registered one."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from learning.core.learners import FittedLearner, make_learner
from learning.models import EncoderVersion, ModelVersion
from learning.services import contents, encoder_versions, files
from learning.services.matrix import FeatureMatrix


def load_model(version: ModelVersion) -> FittedLearner:
    """The fitted learner of a version; kept in this process. Raises files.Corrupt."""
    return _load(version.learner, version.path, version.sha256)


@lru_cache(maxsize=16)
def _load(learner: str, path: str, sha256: str) -> FittedLearner:
    data = files.load(path, sha256)
    try:
        return make_learner(learner).load(data)
    except ValueError as error:  # a learner or format this release no longer knows
        raise files.Corrupt(str(error)) from error


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
