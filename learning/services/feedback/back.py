"""Doubtful predictions become items: drawn within the day's budget, and imported like any rows (decision 0117).

The import is the job: once its row is there, whatever dies is gone on with, and what is an item already is a duplicate.
A worker that dies before has changed nothing, but for a file that no row names.
"""

import csv
import io
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random
from typing import IO, Any

import orjson
from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now

from labeling.db.insert import known
from labeling.models import Item, Modality, Project, Split
from labeling.models.item import PRODUCTION
from labeling.services.files import storage
from labeling.services.imports.start import Upload, enqueued, kept
from learning.models import DoubtfulPrediction
from learning.selectors.production import shares, taken_today

#: Between two imports of a project: each asks for a run, and a run for every few rows would do nothing else.
BETWEEN_S = 300
#: Pictures of one import have so many bytes, but for the last.
MOST_BYTES = 128 * 1024**2
FILE_NAME = "production"
_PLACE = {"origin": PRODUCTION, "split": Split.POOL.value}


class Overtaken(Exception):
    """Another worker has taken what was drawn, or the budget."""


def bring_back(project_id: int, rng: Random) -> int:
    """Makes an import of what may come back now; how many rows, 0 where there is nothing to do. Safe to call again."""
    project, moment = _project(project_id)
    if project is None or not project.asks_what_came_back or _too_soon(project, moment):
        return 0
    chosen, chances = _draw(project, moment, rng)
    if not chosen:
        return 0
    try:
        with _upload(project, chosen) as upload, transaction.atomic():
            _take(project, chosen, chances, upload)
    except Overtaken:
        return 0
    for doubt in chosen:
        storage.let_go(doubt.path)
    return len(chosen)


def _project(project_id: int) -> tuple[Project | None, Any]:
    """With the present by the database's clock: by that of one machine a budget could be had twice."""
    found = Project.objects.filter(pk=project_id, archived_at=None, deleted_at=None).annotate(moment=Now()).first()
    return found, found.moment if found else None


def _too_soon(project: Project, moment: datetime) -> bool:
    rows = DoubtfulPrediction.objects.filter(project=project, taken_at__isnull=False)
    last = rows.aggregate(last=Max("taken_at"))["last"]
    return last is not None and timedelta() <= moment - last < timedelta(seconds=BETWEEN_S)


def _draw(project: Project, moment: datetime, rng: Random) -> tuple[list[DoubtfulPrediction], dict[str, float]]:
    """What comes back, and the chance by sort with which each was drawn out of those that wait and are no items yet."""
    today = taken_today(project, moment)
    chosen: list[int] = []
    chances: dict[str, float] = {}
    for status, share in shares(project).items():
        rows = DoubtfulPrediction.objects.filter(project=project, status=status, taken_at=None).order_by("pk")
        waiting = dict(rows.values_list("content_hash", "pk"))
        if not waiting:
            continue
        there = known(Item, project.pk, "content_hash", list(waiting))
        if there:
            rows.filter(pk__in=[waiting.pop(content) for content in there]).delete()
        room = min(max(0, share - today.get(status, 0)), len(waiting))
        if room:
            chosen += rng.sample(sorted(waiting.values()), room)
            chances[status] = room / len(waiting)
    return list(DoubtfulPrediction.objects.filter(pk__in=chosen).order_by("pk")), chances


def _take(project: Project, chosen: Sequence[DoubtfulPrediction], chances: Mapping[str, float], upload: Upload) -> None:
    """One transaction with the import that has them. Raises Overtaken."""
    locked = Project.objects.select_for_update(no_key=True).filter(pk=project.pk, deleted_at=None)
    now = locked.annotate(moment=Now()).first()
    if now is None:
        raise Overtaken
    today, share = taken_today(now, now.moment), shares(now)
    batch = enqueued(None, project, upload)
    for status, chance in chances.items():
        mine = [doubt.pk for doubt in chosen if doubt.status == status]
        if today.get(status, 0) + len(mine) > share[status]:
            raise Overtaken
        rows = DoubtfulPrediction.objects.filter(pk__in=mine, taken_at=None)
        if rows.update(taken_at=Now(), chance=chance, batch=batch, record="", path="", size_bytes=0) != len(mine):
            raise Overtaken


@contextmanager
def _upload(project: Project, chosen: Sequence[DoubtfulPrediction]) -> Iterator[Upload]:
    if project.modality != Modality.IMAGE:
        rows = [{**orjson.loads(doubt.record), **_PLACE} for doubt in chosen]
        with kept(project, rows=rows, options={}) as upload:
            yield upload
        return
    with tempfile.SpooledTemporaryFile(max_size=16 * 1024**2) as file:
        _zip(file, chosen)
        with kept(project, file=file, file_name=f"{FILE_NAME}.zip", options={}) as upload:
            yield upload


def _zip(file: IO[bytes], chosen: Sequence[DoubtfulPrediction]) -> None:
    """The pictures by the keys of their predictions, and a table that says where they belong; a file that is lost is
    a row of the table that is refused."""
    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(["image", *_PLACE])
    with zipfile.ZipFile(file, "w") as archive:
        for doubt in chosen:
            if (content := storage.get(doubt.path)) is not None:
                archive.writestr(f"{doubt.pk}", content)
            rows.writerow([f"{doubt.pk}", *_PLACE.values()])
        archive.writestr("items.csv", table.getvalue())
    file.seek(0)
