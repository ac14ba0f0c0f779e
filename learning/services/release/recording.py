"""What both versions of a release said is kept and held against each other; a candidate that is broken is out."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import orjson
from django.db import transaction
from numpy.typing import NDArray

from labeling.db.insert import RawInsert
from labeling.services.outages.patience import patience
from learning.core.release.watch import Fault, Said, is_slow
from learning.models import Release, ReleaseAnswer, ReleaseState
from learning.services.pipeline.family import Said as SaidOfRows
from learning.services.registry import releases
from learning.services.release import decide

logger = logging.getLogger(__name__)

WRITE_PATIENCE_S = 5.0
_COUNTED = (
    "predictions", "by_candidate", "alike", "failed", "candidate_ms", "champion_ms", "outliers_worse",
    "outliers_same", "outliers_better", "watch",
)  # fmt: skip


@dataclass(frozen=True)
class Heard:
    """What one version said of the rows of a request, block by block, and how long that took; ``knows_outliers`` where
    it has a detector."""

    said: Sequence[SaidOfRows]
    outliers: Sequence[NDArray[np.bool_]]
    ms: float
    knows_outliers: bool


@dataclass(frozen=True)
class Both:
    """``told`` is of the version that answered the caller, ``silent`` of the other; None where the candidate failed,
    and ``failure`` says how. ``is_first``: this process met the candidate for the first time, which takes longer."""

    told: Heard
    silent: Heard | None
    by_candidate: bool
    is_first: bool
    failure: str = ""


def keep(release: Release, ids: Sequence[int], hashes: Sequence[str], both: Both) -> None:
    """One row a prediction, and the counts of the release, under its lock: nothing once it has ended. A candidate that
    fails, is slow or always says the same is rolled back in the same transaction."""
    told = _answers(both.told)
    silent = _answers(both.silent) if both.silent else [None] * len(told)
    ours, theirs = (both.told, both.silent) if both.by_candidate else (both.silent, both.told)
    assert theirs is not None
    said = _said(ours, theirs)
    with patience(WRITE_PATIENCE_S), transaction.atomic():
        running = Release.objects.running().filter(pk=release.pk).select_for_update(of=("self",), no_key=True)
        now = running.select_related("project", "candidate").first()
        if now is None:
            return
        constants = {"release": now.pk, "by_candidate": both.by_candidate, "judged": None}
        RawInsert(ReleaseAnswer, ("id", "content_hash", "told", "silent"), constants)(
            zip(ids, hashes, told, silent, strict=True)
        )
        _count(now, said, ours, theirs, by_candidate=both.by_candidate)
        watch = now.watched()
        slow = (
            ours is not None
            and not both.is_first
            and is_slow(ours.ms, theirs.ms, max(1, len(ids)), now.latency_limit_ms)
        )
        fault = watch.request(said, is_slow=slow)
        now.watch = vars(watch)
        now.save(update_fields=_COUNTED)
        if fault is not None:
            why = _words(fault, now, both)
            if releases.end(now, ReleaseState.ROLLED_BACK, why):
                logger.error("%s of project %s is rolled back: %s", now, now.project_id, why)
            return
    decide.by_proof(now)


def _count(release: Release, said: Sequence[Said], ours: Heard | None, theirs: Heard, *, by_candidate: bool) -> None:
    n = len(said)
    release.predictions += n
    release.by_candidate += n if by_candidate else 0
    if ours is None:
        release.failed += n
        return
    release.alike += sum(one.candidate_answer == one.champion_answer for one in said)
    release.candidate_ms += ours.ms
    release.champion_ms += theirs.ms
    if not n or not (ours.knows_outliers and theirs.knows_outliers):
        return
    candidate, champion = np.concatenate(ours.outliers), np.concatenate(theirs.outliers)
    release.outliers_worse += int((candidate & ~champion).sum())
    release.outliers_better += int((champion & ~candidate).sum())
    release.outliers_same += int((candidate == champion).sum())


def _words(fault: Fault, release: Release, both: Both) -> str:
    if fault is Fault.FAILS:
        return f"It failed: {both.failure or 'it said something that is no number.'}"[:500]
    if fault is Fault.CONSTANT:
        return "It says the same of whatever it is asked, while the champion does not."
    n = max(1, release.predictions - release.failed)
    per_content = [ms / n for ms in (release.candidate_ms, release.champion_ms)]
    limit = f", and the limit is {release.latency_limit_ms:g} ms" if release.latency_limit_ms is not None else ""
    return f"It is slow: {per_content[0]:.1f} ms a prediction, the champion {per_content[1]:.1f} ms{limit}."


def _said(ours: Heard | None, theirs: Heard) -> list[Said]:
    others = list(zip(_digests(theirs), _answers(theirs), strict=True))
    if ours is None:
        return [Said("", digest, "", answer) for digest, answer in others]
    own = zip(_digests(ours), _answers(ours), strict=True)
    return [Said(digest, other, mine, answer) for (digest, mine), (other, answer) in zip(own, others, strict=True)]


def _digests(heard: Heard) -> list[str]:
    """Of each row's probabilities."""
    rows = (row for said in heard.said for row in np.ascontiguousarray(said.probabilities))
    return [hashlib.blake2b(row.tobytes(), digest_size=8).hexdigest() for row in rows]


def _answers(heard: Heard) -> list[str]:
    return [canonical(text) for said in heard.said for text in said.stored]


@lru_cache(maxsize=10_000)
def canonical(text: str) -> str:
    """An answer as stored, the same text for the same answer: labels of several in one order."""
    answer: dict[str, Any] = orjson.loads(text)
    ordered = {
        name: sorted(value) if isinstance(value, list) and all(isinstance(one, str) for one in value) else value
        for name, value in answer.items()
    }
    return orjson.dumps(ordered, option=orjson.OPT_SORT_KEYS).decode()
