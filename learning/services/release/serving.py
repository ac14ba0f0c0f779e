"""In the predictor: who is answered by the candidate, and what the other version says of the same, silently."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db import DatabaseError
from numpy.typing import NDArray

from labeling.db.prepared import Prepared, PreparedRows
from labeling.models import Modality, Project
from learning.core.release.assignment import in_candidate_arm
from learning.models import ModelVersion, Release
from learning.services.pipeline.family import Said
from learning.services.release.recording import Both, Heard, keep
from learning.services.serving import loading
from learning.services.serving.answering import Answer, Caller, TooLate, answer
from learning.services.serving.loading import Predictor, Predictors
from learning.services.serving.promises import NothingToServe, may_answer
from learning.services.serving.rows import Asked

logger = logging.getLogger(__name__)

#: Decoded pictures are let go block by block: of two encoders the second sees the first block of a request.
_BLOCKS_OF_PICTURES = 1

_running_in = Prepared(
    lambda project: Release.objects.running().filter(project=project).select_related("candidate", "champion", "project")
)
_still_running = PreparedRows(lambda release: Release.objects.running().filter(pk=release).order_by().values_list("pk"))


class CandidateFailed(Exception):
    """The candidate raised, or said something that is no number."""


@dataclass
class _Memory:
    """What went through a predictor while it answered: features and what it said, block by block."""

    keeps_contents: int = 0
    contents: list[Sequence[Any]] = field(default_factory=list)
    features: list[NDArray[np.float32]] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    outliers: list[NDArray[np.bool_]] = field(default_factory=list)
    encoding_ms: list[float] = field(default_factory=list)
    saying_ms: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class _Remembering(Predictor):
    """A predictor that remembers; a candidate's errors are CandidateFailed, whatever they are."""

    memory: _Memory = field(default_factory=_Memory)
    is_candidate: bool = False

    @classmethod
    def of(cls, predictor: Predictor, memory: _Memory, *, is_candidate: bool) -> "_Remembering":
        parts = (predictor.version, predictor.encoder, predictor.model, predictor.speaker, predictor.builder)
        return cls(*parts, memory=memory, is_candidate=is_candidate)

    def features(self, contents: Sequence[Any]) -> NDArray[np.float32]:
        memory, start = self.memory, time.perf_counter()
        found = self._guarded(lambda: super(_Remembering, self).features(contents))
        memory.encoding_ms.append((time.perf_counter() - start) * 1000)
        memory.features.append(found)
        if len(memory.contents) < memory.keeps_contents:
            memory.contents.append(contents)
        return found

    def say(self, features: NDArray[np.float32]) -> Said:
        start = time.perf_counter()
        said = self._guarded(lambda: super(_Remembering, self).say(features))
        if self.is_candidate and not (np.isfinite(said.probabilities).all() and np.isfinite(said.sure).all()):
            raise CandidateFailed("It said something that is no number.")
        self.memory.saying_ms.append((time.perf_counter() - start) * 1000)
        self.memory.said.append(said)
        return said

    def outliers(self, features: NDArray[np.float32]) -> NDArray[np.bool_]:
        start = time.perf_counter()
        found = self._guarded(lambda: super(_Remembering, self).outliers(features))
        self.memory.saying_ms[-1] += (time.perf_counter() - start) * 1000
        self.memory.outliers.append(found)
        return found

    def heard(self, blocks: int) -> Heard:
        """Of the first blocks."""
        memory, some = self.memory, slice(blocks)
        ms = sum(memory.encoding_ms[some]) + sum(memory.saying_ms[some])
        knows_outliers = getattr(self.model, "outlier_detector", None) is not None
        return Heard(memory.said[some], memory.outliers[some], ms, knows_outliers)

    def _guarded(self, make: Callable[[], Any]) -> Any:
        if not self.is_candidate:
            return make()
        try:
            return make()
        except Exception as error:  # whatever it is: the caller gets the champion's answer
            raise CandidateFailed(f"{type(error).__name__}: {error}") from error


class Releases:
    """Of one process: which release runs in a project, asked of the database as often as which version is in use; the
    one that runs is looked at again with every request, so that nobody meets a candidate that was sent back."""

    def __init__(self, predictors: Predictors) -> None:
        self._predictors = predictors
        self._known: dict[int, tuple[float, Release | None]] = {}
        #: Releases whose candidate this process has loaded: nobody waits for that.
        self._ready: set[int] = set()

    def of(self, project_id: int) -> Release | None:
        now = time.monotonic()
        at, known = self._known.get(project_id, (-np.inf, None))
        if known is not None and _still_running(known.pk):
            return known
        if known is not None or now - at > loading.FRESH_S:
            known = next(iter(_running_in(project_id)), None)
            self._known[project_id] = now, known
        return known

    def answer(
        self,
        release: Release,
        read: Callable[[Predictor], Asked],
        caller: Caller,
        key: str,
        *,
        force: bool,
        until: float,
        beat: Callable[[], object],
    ) -> tuple[list[Answer], Callable[[], None]]:
        """What the caller is told, and what is to be done once he has it. ``read`` reads the rows; again where the
        candidate failed: then the champion answers. ``key`` is who asks.

        Raises NothingToServe, what ``read`` and ``answering.answer`` raise.
        """
        champion = self._champion(release, beat)
        by_candidate = (
            release.pk in self._ready
            and in_candidate_arm(release.salt, key, release.share)
            and may_answer(release.candidate, release.project)
        )
        failure = ""
        if by_candidate:
            now = time.monotonic()
            half = now + (until - now) / 2  # the rest is for the champion, should it be needed
            try:
                candidate = self._candidate(release, beat)
                asked, memory = read(candidate), _Memory(_kept(candidate, champion.version))
                told = _Remembering.of(candidate, memory, is_candidate=True)
                found = answer(told, asked, caller, force=force, keeps_doubts=True, until=half, beat=beat)
            except CandidateFailed as error:
                failure, by_candidate = str(error), False
            except TooLate:
                failure, by_candidate = "It took longer than half of the time that callers wait.", False
        if not by_candidate:
            asked, memory = read(champion), _Memory(_kept(champion, release.candidate))
            told = _Remembering.of(champion, memory, is_candidate=False)
            found = answer(told, asked, caller, force=force, keeps_doubts=True, until=until, beat=beat)

        def afterwards() -> None:
            ids = [(int(one["id"]), asked.hashes[one["row"] - 1]) for one in found if "id" in one]
            if ids and champion.version.pk == release.champion_id:
                self._compare(release, ids, told, champion, failure, beat)

        return found, afterwards

    def _champion(self, release: Release, beat: Callable[[], object]) -> Predictor:
        """The version that the release began with; while its file is damaged whatever answers without a release."""
        try:
            if release.project.is_in_production:  # the promoted one, and only while it costs no more than is acceptable
                return self._predictors.of(release.project_id, None, beat)
            return self._predictors.of(release.project_id, release.champion.number, beat)
        except NothingToServe:
            return self._predictors.of(release.project_id, None, beat)

    def _candidate(self, release: Release, beat: Callable[[], object]) -> Predictor:
        """Raises CandidateFailed whatever is wrong with it, and what the database raises while it is away."""
        try:
            return self._predictors.of(release.project_id, release.candidate.number, beat)
        except (DatabaseError, Project.DoesNotExist):
            raise
        except Exception as error:  # a file of another release, a learner that cannot read it: nobody else suffers
            raise CandidateFailed(str(error) or type(error).__name__) from error

    def _compare(
        self,
        release: Release,
        ids: list[tuple[int, str]],
        told: _Remembering,
        champion: Predictor,
        failure: str,
        beat: Callable[[], object],
    ) -> None:
        """The other version is asked about the same contents, and both answers are held against each other. ``ids`` are
        the keys of the predictions and the hashes of their contents."""
        is_first, silent = release.pk not in self._ready, None
        blocks = len(told.memory.said)
        if not failure:
            try:
                other = champion if told.is_candidate else self._candidate(release, beat)
                silent = _Remembering.of(other, _Memory(), is_candidate=not told.is_candidate)
                same = champion.version.encoder == release.candidate.encoder
                blocks = _say_again(silent, told.memory, by_same_encoder=same, beat=beat)
            except CandidateFailed as error:
                failure = str(error)
        self._ready.add(release.pk)
        if failure:
            logger.warning("The candidate of %s failed: %s", release, failure)
        heard = silent.heard(blocks) if silent is not None and not failure else None
        some = ids[: sum(len(said.answers) for said in told.memory.said[:blocks])]
        both = Both(told.heard(blocks), heard, by_candidate=told.is_candidate, is_first=is_first, failure=failure)
        keep(release, [key for key, _ in some], [content_hash for _, content_hash in some], both)


def _kept(predictor: Predictor, other: ModelVersion) -> int:
    """How many blocks of contents the other version has to see itself; none where both see by one encoder."""
    if predictor.version.encoder == other.encoder:
        return 0
    return _BLOCKS_OF_PICTURES if predictor.builder.modality == Modality.IMAGE else 1_000


def _say_again(predictor: _Remembering, memory: _Memory, *, by_same_encoder: bool, beat: Callable[[], object]) -> int:
    """Asks about the remembered blocks; how many there were. Encoding that was done once counts for both."""
    n = len(memory.features if by_same_encoder else memory.contents)
    for number in range(n):
        beat()
        if by_same_encoder:
            features = memory.features[number]
            predictor.memory.encoding_ms.append(memory.encoding_ms[number])
        else:
            features = predictor.features(memory.contents[number])
        predictor.say(features)
        predictor.outliers(features)
    return n


__all__ = ["CandidateFailed", "Releases"]
