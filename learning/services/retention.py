"""Which files of learning housekeeping lets go, and which predictions it forgets. The records of models stay:
measurements, decisions, and how to make it again.

Kept are the versions in use, pinned and verified ones, the newest ``RETAIN_MODELS``, the last ``RETAIN_CHAMPIONS`` that
were in use (the way back), the encoders of all of them, and the features of those in use. A project's decisions and
this are taken under one lock, its row, so that nobody goes back to a version whose file is on its way out.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from labeling.models import Project
from labeling.models.job_record import UNFINISHED
from labeling.services.files import storage
from labeling.services.housekeeping import Freed, Rule
from labeling.services.jobs.attempts import Beat
from learning.models import (
    Decision,
    Distillation,
    DoubtfulPrediction,
    EncoderVersion,
    FeatureShard,
    ModelVersion,
    PredictionFile,
    Release,
    ReleaseAnswer,
    Run,
    ServedPrediction,
    Status,
)
from learning.models.model_version import ModelVersionQuerySet
from learning.models.served_prediction import ids_before

BATCH_ROWS = 2_000
IN_USE = (Status.CHAMPION, Status.PROVISIONAL)


def droppable_models(project_id: int) -> ModelVersionQuerySet:
    versions = ModelVersion.objects.filter(project=project_id)
    newest = versions.newest_first().values_list("number", flat=True)[: settings.RETAIN_MODELS]
    were_in_use = Decision.objects.filter(project=project_id, after__in=IN_USE).values("model_version")
    way_back = versions.filter(pk__in=were_in_use).newest_first().values_list("number", flat=True)
    kept = {*newest, *way_back[: settings.RETAIN_CHAMPIONS]}
    meets_traffic = Release.objects.running().filter(project=project_id)
    kept |= {number for pair in meets_traffic.values_list("candidate__number", "champion__number") for number in pair}
    answers = Q(stands_in=True, teacher__dropped_at=None)
    candidates = (
        versions.with_file().exclude(answers).exclude(status__in=IN_USE).exclude(pinned=True).exclude(verified=True)
    )
    return candidates.exclude(number__in=kept).order_by("number")


def droppable_encoders(project_id: int) -> "QuerySet[EncoderVersion]":
    """None while a run or a distillation is under way or waiting: it may have fitted one that nothing names yet."""
    if _may_have_fitted(project_id):
        return EncoderVersion.objects.none()
    needed = ModelVersion.objects.filter(project=project_id).with_file().values("encoder")
    encoders = EncoderVersion.objects.filter(project=project_id, dropped_at=None, is_current=False)
    return encoders.exclude(version__in=needed)


def _may_have_fitted(project_id: int) -> bool:
    return any(jobs.filter(project=project_id).unfinished().exists() for jobs in (Run.objects, Distillation.objects))


def droppable_shards(project_id: int) -> "QuerySet[FeatureShard]":
    if Run.objects.filter(project=project_id).unfinished().exists():
        return FeatureShard.objects.none()
    in_use = ModelVersion.objects.filter(project=project_id, status__in=IN_USE).values("encoder")
    shards = FeatureShard.objects.filter(encoder__project=project_id, encoder__is_current=False)
    return shards.exclude(encoder__version__in=in_use)


def _plan_models(project_id: int) -> Freed:
    return _planned("models", project_id, droppable_models(project_id).values_list("path", flat=True))


def _plan_encoders(project_id: int) -> Freed:
    """With the encoders that nothing needs once the models have gone."""
    if _may_have_fitted(project_id):
        return Freed("encoders", project_id)
    versions = ModelVersion.objects.filter(project=project_id).with_file()
    needed = versions.exclude(pk__in=list(droppable_models(project_id).values_list("pk", flat=True))).values("encoder")
    encoders = EncoderVersion.objects.filter(project=project_id, dropped_at=None, is_current=False)
    return _planned("encoders", project_id, encoders.exclude(version__in=needed).values_list("path", flat=True))


def _plan_features(project_id: int) -> Freed:
    return _planned("features", project_id, droppable_shards(project_id).values_list("path", flat=True))


def _planned(kind: str, project_id: int, names: Iterable[str]) -> Freed:
    seen = [found for name in set(names) if (found := storage.stamp(name))]
    sizes = [found.mark[2] if found.mark else 0 for found in seen]
    return Freed(kind, project_id, files=len(sizes), size_bytes=sum(sizes))


def _drop_models(project_id: int, beat: Beat) -> Freed:
    with transaction.atomic():
        _lock(project_id)
        going = list(droppable_models(project_id).values_list("pk", "path"))
        ModelVersion.objects.filter(pk__in=[pk for pk, _ in going]).update(dropped_at=timezone.now())
    models = ModelVersion.objects.filter(project=project_id, dropped_at=None)
    return _remove("models", project_id, {path for _, path in going}, models, beat)


def _drop_encoders(project_id: int, beat: Beat) -> Freed:
    with transaction.atomic():
        _lock(project_id)
        going = list(droppable_encoders(project_id).values_list("pk", "path"))
        EncoderVersion.objects.filter(pk__in=[pk for pk, _ in going]).update(dropped_at=timezone.now())
    encoders = EncoderVersion.objects.filter(project=project_id, dropped_at=None)
    return _remove("encoders", project_id, {path for _, path in going}, encoders, beat)


def _drop_features(project_id: int, beat: Beat) -> Freed:
    with transaction.atomic():
        _lock(project_id)
        going = list(droppable_shards(project_id).values_list("pk", "path"))
        FeatureShard.objects.filter(pk__in=[pk for pk, _ in going]).delete()
    shards = FeatureShard.objects.filter(encoder__project=project_id)
    return _remove("features", project_id, {path for _, path in going}, shards, beat)


def _lock(project_id: int) -> None:
    """The lock of promotion: who decides about versions and who drops their files take turns."""
    Project.objects.select_for_update(no_key=True).filter(pk=project_id).first()


def _remove(
    kind: str,
    project_id: int,
    names: set[str],
    rows: "QuerySet[Any]",
    beat: Beat,
) -> Freed:
    """The rows no longer ask for these files; one that another row names, the same bytes, stays."""
    freed = []
    for name in sorted(names):
        beat()
        seen = storage.stamp(name)
        if seen is not None:
            freed.append(storage.discard(name, seen, partial(_is_named, rows, name)))
    sizes = [size_bytes for size_bytes in freed if size_bytes is not None]
    return Freed(kind, project_id, files=len(sizes), size_bytes=sum(sizes))


def _is_named(rows: "QuerySet[Any]", name: str) -> bool:
    return rows.all().filter(path=name).exists()


def _old_predictions(project_id: int) -> "QuerySet[ServedPrediction]":
    """By their keys, which rise with time: a range of an index."""
    before = timezone.now() - timedelta(days=settings.RETAIN_PREDICTIONS_DAYS)
    return ServedPrediction.objects.filter(project=project_id, pk__lt=ids_before(before)).order_by("pk")


def _old_release_answers(project_id: int) -> "QuerySet[ReleaseAnswer]":
    """With the predictions they are of; what they came to is counted in their release."""
    before = timezone.now() - timedelta(days=settings.RETAIN_PREDICTIONS_DAYS)
    return ReleaseAnswer.objects.filter(release__project=project_id, pk__lt=ids_before(before)).order_by("pk")


def _plan_predictions(project_id: int) -> Freed:
    rows = _old_predictions(project_id).count() + _old_release_answers(project_id).count()
    return Freed("predictions", project_id, rows=rows)


def _drop_predictions(project_id: int, beat: Beat) -> Freed:
    """In batches: one long statement would keep everybody else from writing."""
    rows = 0
    while batch := list(_old_predictions(project_id).values_list("pk", flat=True)[:BATCH_ROWS]):
        beat()
        rows += ServedPrediction.objects.filter(project=project_id, pk__in=batch).delete()[0]
    while batch := list(_old_release_answers(project_id).values_list("pk", flat=True)[:BATCH_ROWS]):
        beat()
        rows += ReleaseAnswer.objects.filter(pk__in=batch).delete()[0]
    return Freed("predictions", project_id, rows=rows)


def _old_doubts(project_id: int) -> "QuerySet[DoubtfulPrediction]":
    """As long as the predictions: what did not come back by then, and that a content did."""
    before = timezone.now() - timedelta(days=settings.RETAIN_PREDICTIONS_DAYS)
    return DoubtfulPrediction.objects.filter(project=project_id, pk__lt=ids_before(before)).order_by("pk")


def _plan_doubts(project_id: int) -> Freed:
    paths = _old_doubts(project_id).exclude(path="").values_list("path", flat=True)
    return replace(_planned("doubts", project_id, paths), rows=_old_doubts(project_id).count())


def _drop_doubts(project_id: int, beat: Beat) -> Freed:
    rows, paths = 0, set[str]()
    while batch := list(_old_doubts(project_id).values_list("pk", "path")[:BATCH_ROWS]):
        beat()
        rows += DoubtfulPrediction.objects.filter(pk__in=[pk for pk, _ in batch]).delete()[0]
        paths |= {path for _, path in batch if path}
    named = DoubtfulPrediction.objects.filter(project=project_id)
    return replace(_remove("doubts", project_id, paths, named, beat), rows=rows)


def _old_prediction_files(project_id: int) -> "QuerySet[PredictionFile]":
    """That have ended, with the predictions they are of."""
    before = timezone.now() - timedelta(days=settings.RETAIN_PREDICTIONS_DAYS)
    rows = PredictionFile.objects.filter(project=project_id, created_at__lt=before)
    return rows.exclude(state__in=UNFINISHED).order_by("pk")


def _plan_prediction_files(project_id: int) -> Freed:
    names = [name for parts in _old_prediction_files(project_id).values_list("parts", flat=True) for name, *_ in parts]
    return replace(_planned("prediction files", project_id, names), rows=_old_prediction_files(project_id).count())


def _drop_prediction_files(project_id: int, beat: Beat) -> Freed:
    """A folder of its own has the files of each: what nothing names any more goes with its row."""
    freed = Freed("prediction files", project_id)
    for pk, parts in list(_old_prediction_files(project_id).values_list("pk", "parts")):
        beat()
        PredictionFile.objects.filter(pk=pk).delete()
        gone = _remove(
            "prediction files", project_id, {name for name, *_ in parts}, PredictionFile.objects.none(), beat
        )
        freed = replace(
            freed, rows=freed.rows + 1, files=freed.files + gone.files, size_bytes=freed.size_bytes + gone.size_bytes
        )
    return freed


RULES = (
    Rule("prediction files", _plan_prediction_files, _drop_prediction_files),
    Rule("doubts", _plan_doubts, _drop_doubts),
    Rule("predictions", _plan_predictions, _drop_predictions),
    Rule("models", _plan_models, _drop_models),
    Rule("encoders", _plan_encoders, _drop_encoders),
    Rule("features", _plan_features, _drop_features),
)
