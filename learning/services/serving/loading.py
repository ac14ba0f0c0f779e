"""Models that answer, in a process that does nothing else: loaded by their hash when they are asked, proved, kept."""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.db.prepared import Prepared
from labeling.models import Project
from labeling.services.imports.records.rows import RowBuilder
from learning.core.encoders import FittedEncoder
from learning.models import AlertKind, EncoderVersion, ModelVersion
from learning.services import files
from learning.services.features import encoder_versions
from learning.services.monitoring import alerts
from learning.services.pipeline.family import AnyFamily, Said, Speaker
from learning.services.pipeline.registered import family_of
from learning.services.registry import golden, model_files
from learning.services.serving.promises import NothingToServe, refuse_unpromised

logger = logging.getLogger(__name__)

#: Which version is in use, and what its labels are called, is asked of the database at most so often.
FRESH_S = 1.0
#: How long a version that could not be used is not tried again.
SHUNNED_S = 60.0
_MOST_PROJECTS = 1_000
_UNUSABLE = (files.Corrupt, EncoderVersion.DoesNotExist)


_projects = Prepared(lambda pk: Project.objects.filter(pk=pk, deleted_at=None))


@dataclass(frozen=True)
class Predictor:
    """One version that answers: the features are made and the answers read by the code that trained it."""

    version: ModelVersion
    encoder: FittedEncoder
    model: Any
    speaker: Speaker
    builder: RowBuilder

    def features(self, contents: Sequence[Any]) -> NDArray[np.float32]:
        """Of shape (n, d); contents are texts, table rows or pixels, as items have them."""
        return self.encoder.transform(contents)

    def say(self, features: NDArray[np.float32]) -> Said:
        return self.speaker.say(features)

    def outliers(self, features: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which rows are unlike anything the model learned from; none where the model has no detector."""
        detector = getattr(self.model, "outlier_detector", None)
        if detector is None:
            return np.zeros(len(features), dtype=bool)
        return np.asarray(detector.score(features) > detector.threshold, dtype=bool)


class ByteCache:
    """What was used last, up to so many bytes; the newest is kept however large it is."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._kept: OrderedDict[Any, tuple[Any, int]] = OrderedDict()

    def get(self, key: Any, make: Callable[[], tuple[Any, int]]) -> Any:
        """The value of a key; ``make`` gives it and its size where it is not there, and its error is raised."""
        if key not in self._kept:
            self._kept[key] = make()
            while len(self._kept) > 1 and sum(size for _, size in self._kept.values()) > self._most:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key][0]


class Predictors:
    """Of one process. Not for threads."""

    def __init__(self, most_bytes: int) -> None:
        self._loaded = ByteCache(most_bytes)
        self._golden = golden.GoldenItems()
        self._proved: OrderedDict[tuple[int, str], tuple[EncoderVersion, RowBuilder]] = OrderedDict()
        self._shunned: dict[int, tuple[float, str]] = {}
        self._fresh: OrderedDict[tuple[int, int | None], tuple[float, Predictor]] = OrderedDict()

    def of(self, project_id: int, number: int | None = None, beat: Callable[[], object] = lambda: None) -> Predictor:
        """The version in use, while its file is damaged the newest good one before it; or the version of a number.
        ``beat`` is called while a model is proved.

        Raises NothingToServe, Project.DoesNotExist.
        """
        key, now = (project_id, number), time.monotonic()
        while self._fresh and now - next(iter(self._fresh.values()))[0] > FRESH_S:
            self._fresh.popitem(last=False)  # the oldest first: no model stays for it that the cache has let go
        if key not in self._fresh:
            project = next(iter(_projects(project_id)), None)
            if project is None:
                raise Project.DoesNotExist
            self._fresh[key] = now, self._find(project, number, beat)
        return self._fresh[key][1]

    def _find(self, project: Project, number: int | None, beat: Callable[[], object]) -> Predictor:
        family = family_of(project)
        if why := family.not_served(project):
            raise NothingToServe(why)
        if number is not None:
            version = ModelVersion.objects.filter(project=project, number=number).first()
            if version is None:
                raise NothingToServe(f"There is no model {number} in this project.")
            try:
                return self._ready(project, version, family, beat)
            except _UNUSABLE as error:
                raise NothingToServe(f"Model {number} cannot be used: {error}.") from error
        shunned, dear = "", None
        in_line = model_files.promoted if project.is_in_production else model_files.answering
        for version in in_line(project):
            until, why = self._shunned.get(version.pk, (0.0, ""))
            if time.monotonic() < until:
                shunned = why
                continue
            try:
                refuse_unpromised(version, project)
                return self._ready(project, version, family, beat)
            except NothingToServe as error:
                if error.retry_after_s:
                    raise
                dear = dear or error
            except _UNUSABLE as error:
                shunned = str(error)
                self._shun(project, version, error)
        if dear is not None:
            raise dear
        if shunned:
            raise NothingToServe(f"No model of this project can be used: {shunned}. A new run makes one.")
        if project.is_in_production:
            raise NothingToServe("In production mode only a promoted model answers, and none was promoted yet.")
        raise NothingToServe("This project has no model in use yet: answer some items, and a run makes one.")

    def _shun(self, project: Project, version: ModelVersion, error: Exception) -> None:
        self._shunned[version.pk] = time.monotonic() + SHUNNED_S, str(error)
        if isinstance(error, files.Dropped):
            return
        logger.error("%s of project %s cannot answer: %s", version, project.pk, error)
        message = f"Predictions come from the newest good version before {version}, which cannot be used: {error}."
        alerts.raise_alert(project, AlertKind.MODEL_DAMAGED, message, subject=str(version))

    def _ready(
        self, project: Project, version: ModelVersion, family: AnyFamily, beat: Callable[[], object]
    ) -> Predictor:
        """Raises files.Corrupt, EncoderVersion.DoesNotExist."""
        version.project = project
        key = version.pk, version.sha256
        if version.dropped_at is not None:
            raise files.Dropped(version.dropped_words)
        known = self._proved.get(key)
        encoder_version = known[0] if known else model_files.encoder_of(version)
        model = self._loaded.get(("model", version.sha256), partial(_model, version))
        encoder = self._loaded.get(("encoder", encoder_version.sha256), partial(_encoder, encoder_version))
        if known is None:
            golden.check(version, encoder_version, encoder, partial(family.outputs, model), self._golden, beat)
            known = self._proved[key] = encoder_version, RowBuilder(project)
            while len(self._proved) > _MOST_PROJECTS:
                self._proved.popitem(last=False)
        return Predictor(version, encoder, model, family.speaker(version, model), known[1])


def _model(version: ModelVersion) -> tuple[Any, int]:
    return model_files.parsed(version.learner, files.load(version.path, version.sha256)), version.size_bytes


def _encoder(version: EncoderVersion) -> tuple[FittedEncoder, int]:
    data = files.load(version.path, version.sha256)
    name = version.version.partition(":")[0]
    return encoder_versions.parsed(version.project.modality, name, data), len(data)


__all__ = ["ByteCache", "NothingToServe", "Predictor", "Predictors"]
