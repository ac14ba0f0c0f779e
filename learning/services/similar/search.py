"""Finds the similar items: one pass over the features, in a worker."""

from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from labeling.models import JobState
from labeling.models.job_record import UNFINISHED
from labeling.services.items.decoding import PictureRejected
from labeling.services.jobs.attempts import attempt_at
from learning.core.arrays import FloatMatrix
from learning.core.nearest import nearest_rows
from learning.models import SimilarSearch
from learning.services.features import contents, encoder_versions
from learning.services.features.matrix import FeatureMatrix

NEAREST = 100
#: Pools whose lengths of rows a worker process keeps: 4 MB for a million items.
_KEPT_POOLS = 4
_kept: dict[tuple[str, ...], dict[int, FloatMatrix]] = {}


class NothingToCompare(Exception):
    """What is looked for cannot be turned into features; the text says why."""


def run_search(pk: int) -> dict[str, Any]:
    """Safe to call any number of times; another attempt ends the same. However it ends, a picture is let go of."""
    try:
        with attempt_at(SimilarSearch.objects.all(), pk) as attempt:
            if attempt is not None:
                asked = SimilarSearch.objects.select_related("project", "item").get(pk=pk)
                try:
                    found = _find(asked)
                except NothingToCompare as refused:
                    SimilarSearch.objects.finish(pk, attempt.number, JobState.FAILED, error=str(refused))
                else:
                    attempt.finish(**found)
    finally:
        ended = SimilarSearch.objects.filter(pk=pk, picture__isnull=False).exclude(state__in=UNFINISHED)
        ended.update(picture=None)
    state = SimilarSearch.objects.values_list("state", flat=True).filter(pk=pk).first()
    return {"similar": pk, "state": state or "gone"}  # with its project


def _find(asked: SimilarSearch) -> dict[str, Any]:
    """Raises NothingToCompare, files.Corrupt."""
    encoder = encoder_versions.current(asked.project)
    if encoder is None:
        raise NothingToCompare("There are no features of the items.")
    matrix = FeatureMatrix(encoder)
    with threadpool_limits(limits=1):
        if asked.item is None:
            row, itself = _encoded(asked, matrix), -1
        elif asked.item.ordinal >= matrix.n_rows:
            raise NothingToCompare("This item has no features yet: the next run computes them.")
        else:
            itself = asked.item.ordinal
            row = matrix.take(np.array([itself]))[0]
        rows, distances = nearest_rows(matrix, row, NEAREST + 1, _lengths_in(matrix))
    found = [[int(n), round(float(far), 6)] for n, far in zip(rows, distances, strict=True) if n != itself]
    return {"result": found[:NEAREST], "encoder": encoder.version, "items": matrix.n_rows}


def _lengths_in(matrix: FeatureMatrix) -> dict[int, FloatMatrix]:
    """Of the same shards the same; the pool that was asked about longest ago is forgotten."""
    name = tuple(matrix.version.shards.values_list("sha256", flat=True))
    found = _kept.pop(name, {})
    _kept[name] = found
    while len(_kept) > _KEPT_POOLS:
        del _kept[next(iter(_kept))]
    return found


def _encoded(asked: SimilarSearch, matrix: FeatureMatrix) -> FloatMatrix:
    content: Any = asked.text
    if asked.picture is not None:
        try:
            content = contents.pixels_of(bytes(asked.picture))
        except PictureRejected as refused:
            raise NothingToCompare(f"This is no picture that can be read: {refused}") from refused
    elif not content:
        raise NothingToCompare("What was compared with is gone: ask again.")
    return encoder_versions.fitted(matrix.version).transform([content])[0]
