"""Draws a map, places what is new and says what belongs together. A job like others: fenced, goes on where one died."""

import hashlib
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone
from threadpoolctl import threadpool_limits

from labeling.db.bitmaps import BLOCK
from labeling.selectors.item_view.places import FARTHEST
from labeling.services.item_index import show_map, store_groups, store_places, stored_places
from labeling.services.jobs.attempts import Attempt, attempt_at
from learning.core.arrays import ROWS_PER_BLOCK
from learning.core.projection import Layout, Placer, lay_out
from learning.models import ItemMap
from learning.services import files
from learning.services.features import encoder_versions, shards
from learning.services.features.matrix import FeatureMatrix
from learning.services.maps.groups import found_groups


def run_drawing(pk: int) -> dict[str, Any]:
    """Draws or goes on. Safe to call any number of times; another attempt ends the same."""
    with attempt_at(ItemMap.objects.all(), pk) as attempt:
        if attempt is not None:
            found = ItemMap.objects.select_related("project").get(pk=pk)
            encoder = encoder_versions.current(found.project)
            if encoder is None:
                raise LookupError("There are no features of the items.")
            try:
                _draw(found, FeatureMatrix(encoder), attempt)
            except files.Corrupt:  # the next run computes them again; here one layout is not worth a second try
                shards.drop_damaged(encoder)
                raise
    state = ItemMap.objects.values_list("state", flat=True).filter(pk=pk).first()
    return {"map": pk, "state": state or "gone"}  # with its project


def _draw(found: ItemMap, matrix: FeatureMatrix, attempt: Attempt) -> None:
    """Raises FencedOff, files.Corrupt."""
    former = found.path
    with threadpool_limits(limits=1):
        layout = _layout(found, matrix, attempt)
        _place(found, layout, matrix, attempt)
        groups = found_groups(
            found, layout, matrix, lambda done, of: attempt.beat(step="comparing", done=done, total=of)
        )
    with transaction.atomic():
        attempt.finish(step="", draw_anew=False)
        show_map(found.project_id, found.number, matrix.n_rows)
        store_groups(found.project_id, found.number, groups.bits, groups.told)
    if former and former != found.path:
        files.remove(former)


def _layout(found: ItemMap, matrix: FeatureMatrix, attempt: Attempt) -> Layout:
    """The stored one where it is of these features and no other was asked for."""
    if found.encoder == matrix.version.version and not found.draw_anew:
        try:
            return Layout.load(files.load(found.path, found.sha256))
        except (files.Corrupt, ValueError):
            pass  # drawn anew
    number = found.number + 1
    seed = int.from_bytes(hashlib.sha256(f"map:{found.project.split_seed}".encode()).digest()[:8])

    def told(done: int, of: int) -> None:
        attempt.beat(step="laying out", done=done, total=of)

    layout = lay_out(matrix, np.random.default_rng([seed, number]), told)
    path, sha256 = files.store(f"learning/{found.project_id}/maps", ".zip", layout.dump())
    kept = {"number": number, "encoder": matrix.version.version, "path": path, "sha256": sha256}
    attempt.beat(**kept, draw_anew=False, drawn_at=timezone.now())
    for name, value in kept.items():
        setattr(found, name, value)
    return layout


def _place(found: ItemMap, layout: Layout, matrix: FeatureMatrix, attempt: Attempt) -> None:
    placer = Placer(layout)
    start = stored_places(found.project_id, found.number) // BLOCK * BLOCK
    for first in range(start, matrix.n_rows, BLOCK):
        places = []
        for row in range(first, min(first + BLOCK, matrix.n_rows), ROWS_PER_BLOCK):
            rows = np.arange(row, min(row + ROWS_PER_BLOCK, matrix.n_rows))
            places.append(placer.place(matrix.take(rows), row))
            attempt.beat(step="placing", done=row + len(rows), total=matrix.n_rows)
        stored = np.rint(np.concatenate(places) * FARTHEST).astype("<u2").tobytes()
        store_places(found.project_id, found.number, first // BLOCK, stored)
