"""Computes the features that are missing and keeps them as float32 shards in the file storage."""

import io
import time
from collections.abc import Callable

import numpy as np
from django.db import IntegrityError, transaction
from numpy.typing import NDArray

from learning.models import SHARD_ROWS, EncoderVersion, FeatureShard
from learning.services import files
from learning.services.features import contents, copies, encoder_versions, parts
from learning.services.features.contents import decoder_of

CHECKPOINT_S = 20.0


class Overtaken(Exception):
    """Another worker stored a newer state of the same shard; this one must stop."""


def compute_missing(version: EncoderVersion, n_items: int, report: Callable[[int, int], None]) -> int:
    """Brings the shards up to ``n_items`` rows; returns how many rows were computed.

    ``report(done, of)`` is called after every block. What is computed is stored at least every ``CHECKPOINT_S``
    seconds: an attempt that dies loses no more than that.

    Rows of pictures that another decoder saw otherwise are computed again, wherever their shard was made by that.
    """
    shards = {shard.number: shard for shard in version.shards.all()}
    redone = sum(_redo(version, shard) for shard in shards.values() if shard.decoder != decoder_of(version.project))
    todo = []
    for number in range(-(-n_items // SHARD_ROWS)):
        have = shards[number].rows if number in shards else 0
        need = min(n_items - number * SHARD_ROWS, SHARD_ROWS)
        if have < need:
            todo.append((number, have, need))
    of = sum(need - have for _, have, need in todo)
    if of >= parts.WORTH_PARTS:
        _by_all_workers(version, todo, report)
        return of + redone
    done = 0
    for number, have, need in todo:

        def advance(rows: int, before: int = done) -> None:
            report(before + rows, of)

        _fill(version, shards.get(number), number, have, need, advance)
        done += need - have
    return of + redone


def _by_all_workers(
    version: EncoderVersion, todo: list[tuple[int, int, int]], report: Callable[[int, int], None]
) -> None:
    """Computes parts beside other workers, then puts them into their shards."""
    while todo:
        ranges = [(number * SHARD_ROWS + have, number * SHARD_ROWS + need) for number, have, need in todo]
        parts.compute(version, ranges, report)
        while todo:
            try:
                _put_together(version, *todo[0])
            except parts.PartGone:
                break
            todo = todo[1:]


def _put_together(version: EncoderVersion, number: int, have: int, need: int) -> None:
    base, shard = number * SHARD_ROWS, version.shards.filter(number=number).first()
    rows, filled = np.zeros((need, version.dimension), dtype=np.float32), have
    if shard is not None:
        rows[:have] = read_shard(shard)[:have]
    for first, computed in parts.rows_of(version, base + have, base + need):
        rows[first - base : first - base + len(computed)] = computed
        filled += len(computed)
    if filled < need:
        raise Overtaken(f"parts of shard {number} were put together meanwhile")
    _save(version, shard, number, rows)
    parts.let_go(version, base + have, base + need)


def _redo(version: EncoderVersion, shard: FeatureShard) -> int:
    """Brings a shard of an earlier decoder up to this one; returns how many rows that changed."""
    base, redone, rows = shard.number * SHARD_ROWS, 0, None
    for ordinals, block in contents.blocks(version.project, base, base + shard.rows):
        assert isinstance(block, contents.Pictures)  # nothing else is decoded
        if places := block.decoded_otherwise():
            try:
                rows = np.array(read_shard(shard)) if rows is None else rows
            except files.Corrupt:
                return 0  # computed again as a whole once somebody reads it
            rows[ordinals[places] - base] = encoder_versions.fitted(version).transform(block.some(places))
            redone += len(places)
    if rows is not None:
        _save(version, shard, shard.number, rows)
    else:
        FeatureShard.objects.filter(pk=shard.pk, sha256=shard.sha256).update(decoder=decoder_of(version.project))
    return redone


def drop_damaged(version: EncoderVersion) -> int:
    """Forgets the shards whose file is missing or damaged, so that they are computed again. Returns how many."""
    dropped = 0
    for shard in version.shards.all():
        try:
            files.check(shard.path, shard.sha256)
        except files.Corrupt:
            shard.delete()
            dropped += 1
    return dropped


def _fill(
    version: EncoderVersion,
    shard: FeatureShard | None,
    number: int,
    have: int,
    need: int,
    advance: Callable[[int], None],
) -> None:
    encoder = encoder_versions.fitted(version)
    rows = np.zeros((need, version.dimension), dtype=np.float32)
    if shard is not None:
        rows[:have] = read_shard(shard)[:have]
    base, filled, saved_at = number * SHARD_ROWS, have, time.monotonic()
    for ordinals, block in contents.blocks(version.project, base + have, base + need):
        rows[ordinals - base] = encoder.transform(block)
        filled = int(ordinals[-1]) - base + 1
        advance(filled - have)
        if time.monotonic() - saved_at > CHECKPOINT_S and filled < need:
            shard, saved_at = _save(version, shard, number, rows[:filled]), time.monotonic()
    _save(version, shard, number, rows)


def _save(version: EncoderVersion, shard: FeatureShard | None, number: int, rows: NDArray[np.float32]) -> FeatureShard:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(rows))
    path, sha256 = files.store(
        f"learning/{version.project_id}/features/{version.pk}", ".npy", header.getvalue(), rows.data.cast("B")
    )
    decoder = decoder_of(version.project)
    if shard is None:
        try:
            with transaction.atomic():
                return FeatureShard.objects.create(
                    encoder=version, number=number, rows=len(rows), path=path, sha256=sha256, decoder=decoder
                )
        except IntegrityError as error:
            raise Overtaken(f"shard {number} appeared meanwhile") from error
    replaced = shard.path
    same = FeatureShard.objects.filter(pk=shard.pk, sha256=shard.sha256)
    if not same.update(rows=len(rows), path=path, sha256=sha256, decoder=decoder):
        raise Overtaken(f"shard {number} moved on meanwhile")
    if replaced != path:
        files.remove(replaced)
    shard.rows, shard.path, shard.sha256 = len(rows), path, sha256
    return shard


def read_shard(shard: FeatureShard) -> NDArray[np.float32]:
    """The rows of a shard, mapped from the disk of this machine. Raises files.Corrupt."""
    path = files.local_path(shard.path)
    if path is not None:
        files.check(shard.path, shard.sha256)
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    copy = copies.of(shard.path, shard.sha256)
    if not isinstance(copy, bytes):
        try:
            return np.asarray(np.load(copy, mmap_mode="r", allow_pickle=False))
        except FileNotFoundError:  # another process needed its room that very moment
            copy = files.load(shard.path, shard.sha256)
    return np.asarray(np.lib.format.read_array(io.BytesIO(copy), allow_pickle=False), dtype=np.float32)
