"""From the rows of a request to its answers, which are kept before they are given."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from labeling.db.insert import RawInsert, now
from labeling.services.outages.patience import patience
from learning.models import Band, ServedPrediction, ServedStatus
from learning.models.served_prediction import first_id
from learning.services.feedback.bands import thresholds_of
from learning.services.feedback.keep import Doubt, Keeper
from learning.services.serving.loading import Predictor
from learning.services.serving.rows import Asked, blocks

_BANDS = np.array([Band.LOW.value, Band.MEDIUM.value, Band.HIGH.value])
OK, UNSURE, OUTLIER = ServedStatus.OK.value, ServedStatus.UNSURE.value, ServedStatus.OUTLIER.value
#: What is told instead of an outlier where there is one label: a pattern that nobody has named yet.
UNKNOWN = "unknown"
#: How long an answer may wait for the database to keep it.
WRITE_PATIENCE_S = 5.0
_FIELDS = (
    "id", "content_hash", "answer", "sure", "band", "status", "project", "model_version", "token", "asked_by",
    "created_at",
)  # fmt: skip

Answer = dict[str, Any]


class TooLate(Exception):
    """Nobody waits for the answer any more."""


@dataclass(frozen=True)
class Caller:
    """Numbers of who asks: a person, with a token or signed in."""

    user_id: int
    token_id: int | None = None


def answer(
    predictor: Predictor,
    asked: Asked,
    caller: Caller,
    *,
    force: bool = False,
    keeps_doubts: bool = False,
    until: float = float("inf"),
    beat: Callable[[], object] = lambda: None,
    along: Callable[[Sequence[Answer]], object] | None = None,
) -> list[Answer]:
    """One answer a row, in their order; a row that is none says why. All are kept by one insert.

    ``force`` gives an outlier its label too; with ``keeps_doubts`` the contents of doubtful ones are kept where the
    project has a use for them. ``beat`` is called between blocks, and after ``until`` (of the monotonic
    clock) nothing more is done. ``along`` is called in the transaction that keeps them. Raises TooLate, and what the
    database raises while it is away: then nothing is kept.
    """
    version, names = predictor.version, predictor.speaker.names
    model, moment = version.number, now()
    answers: list[Answer | None] = [None] * asked.n
    kept: list[tuple[Any, ...]] = []
    key = first_id()
    same = version.project_id, version.pk, caller.token_id, caller.user_id, moment
    project = version.project
    thresholds = thresholds_of(project)  # below the first an answer is unsure
    keeper = Keeper(project) if keeps_doubts and project.asks_what_came_back else None
    for numbers, contents in blocks(asked, predictor.builder.modality):
        beat()
        if time.monotonic() > until:
            raise TooLate
        features = predictor.features(contents)
        said, outlier = predictor.say(features), predictor.outliers(features)
        bands = _BANDS[np.digitize(said.sure, thresholds)]
        unsure = bands == _BANDS[0] if said.unsure is None else said.unsure
        if said.is_of_one_label:
            unsure = np.zeros(len(outlier), dtype=bool)
        statuses = np.where(outlier, OUTLIER, np.where(unsure, UNSURE, OK)).tolist()
        probable, sure = _rounded(said.probabilities), _rounded(said.sure)
        for number, band, status, how_sure, probabilities, told, stored in zip(
            numbers, bands.tolist(), statuses, sure, probable, said.answers, said.stored, strict=True
        ):
            one: Answer = {"row": number + 1, "id": str(key + number), "status": status}
            if status != OUTLIER or force:
                one.update(told)
            else:
                stored = "{}"
            if said.is_of_one_label:  # decision 0131
                how_sure, band = None, ""
                one.update(status=UNKNOWN if status == OUTLIER else OK, model=model)
            else:
                if status != OUTLIER or force:
                    one["probabilities"] = dict(zip(names, probabilities, strict=True))
                one.update(sure=how_sure, band=band, model=model)
            answers[number] = one
            kept.append((key + number, asked.hashes[number], stored, how_sure, band, status, *same))
        sent = [asked.sent.pop(number) for number in numbers]
        if keeper and (doubts := _doubts(key, asked.hashes, numbers, statuses, sent)):
            keeper.take(doubts)
    told = [one or _refusal(number, *asked.refused[number]) for number, one in enumerate(answers)]
    if kept or along:
        with patience(WRITE_PATIENCE_S), transaction.atomic():
            if kept:
                _insert()(kept)
            if keeper:
                keeper.store()
            if along:
                along(told)
    return told


@cache
def _insert() -> RawInsert:
    """Made once: finding out which columns there are takes longer than writing a row."""
    return RawInsert(ServedPrediction, _FIELDS, {})


def _doubts(
    key: int, hashes: Sequence[str], numbers: Sequence[int], statuses: Sequence[str], sent: Sequence[Any]
) -> list[Doubt]:
    return [
        Doubt(key + number, hashes[number], status, content)
        for number, status, content in zip(numbers, statuses, sent, strict=True)
        if status != OK
    ]


def _rounded(numbers: NDArray[Any]) -> Any:
    return np.round(numbers.astype(np.float64), 6).tolist()


def _refusal(number: int, field: str, reason: str) -> Answer:
    return {"row": number + 1, "status": "refused", "field": field, "reason": reason}
