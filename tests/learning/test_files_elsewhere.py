"""Files in an object store: read ahead of who needs them, kept on this machine's disk, and a wrong one is one line."""

import errno
import hashlib
import io
import tempfile
from types import SimpleNamespace

import numpy as np
import pytest
from django.core.files.storage import storages
from django.utils.functional import empty
from PIL import Image

from config import preparation, readiness
from learning.services import files
from learning.services.features import contents, shards
from learning.services.features.contents import READ_AHEAD, Pictures
from tests.objects import Objects


@pytest.fixture
def objects(monkeypatch, settings, tmp_path) -> Objects:
    stored = Objects()
    monkeypatch.setitem(storages._storages, "default", stored)
    monkeypatch.setattr(contents.default_storage, "_wrapped", empty)
    yield stored
    contents.default_storage._wrapped = empty


def picture(shade: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (4, 4), (shade, 0, 0)).save(file, "PNG")
    return file.getvalue()


def test_pictures_come_ahead_of_who_looks_at_them(objects):
    objects.held |= {f"p{n}": picture(n) for n in range(60) if n != 7}
    objects.wait_s = 0.002
    names = [f"p{n}" for n in range(60)]
    pictures = Pictures([*names[:30], None, *names[30:], "p3"])
    blocks = [pictures[first : first + 16] for first in range(0, 62, 16)]
    shades = [int(seen[0, 0, 0]) for block in blocks for seen in block]
    wanted = [0 if n == 7 else n for n in range(60)]  # one that is gone is black
    assert shades == [*wanted[:30], 0, *wanted[30:], 3]
    assert 1 < objects.most_at_once <= READ_AHEAD
    assert len(objects.reads) == 61, "each once, and the one that comes again"
    assert [int(pictures[n][0, 0, 0]) for n in (50, 2, 20)] == [49, 2, 20], "in any order"


def shard(objects, rows) -> SimpleNamespace:
    file = io.BytesIO()
    np.save(file, rows)
    content = file.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    objects.held[digest] = content
    return SimpleNamespace(path=digest, sha256=digest)


def test_features_elsewhere_are_mapped_from_a_copy(objects, settings, tmp_path, monkeypatch):
    settings.QUERENT_HOME, settings.FEATURE_CACHE_MB = tmp_path, 3
    rows = [np.full((1_000, 256), n, dtype=np.float32) for n in range(4)]  # a megabyte each
    made = [shard(objects, each) for each in rows]
    found = shards.read_shard(made[0])
    assert isinstance(found.base, np.memmap)
    assert np.array_equal(found, rows[0])
    shards.read_shard(made[0])
    assert objects.reads == [made[0].path], "fetched once"
    (copy,) = (tmp_path / "cache" / "features").iterdir()
    copy.write_bytes(b"\0" + copy.read_bytes()[1:])
    assert np.array_equal(shards.read_shard(made[0]), rows[0]), "a damaged copy is fetched again"
    for each, expected in zip(made, rows, strict=True):
        assert np.array_equal(shards.read_shard(each), expected)
    assert len(list(copy.parent.iterdir())) == 3, "within what it may take"
    with monkeypatch.context() as patch:
        patch.setattr(shards.copies, "of", lambda *_: tmp_path / "gone.npy")
        assert np.array_equal(shards.read_shard(made[0]), rows[0]), "its room was needed meanwhile"
    settings.FEATURE_CACHE_MB = 0
    assert np.array_equal(shards.read_shard(made[0]), rows[0])
    objects.held.clear()
    with pytest.raises(files.Corrupt):
        shards.read_shard(made[0])


def test_a_full_disk_keeps_nobody_from_reading(objects, settings, tmp_path, monkeypatch):
    settings.QUERENT_HOME = tmp_path
    rows = np.ones((2, 3), dtype=np.float32)

    def no_space(**_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "mkstemp", no_space)
    assert np.array_equal(shards.read_shard(shard(objects, rows)), rows)


def test_a_store_that_takes_no_files_is_told_at_the_start(objects):
    assert readiness.files() == "files cannot be stored: what the last start stored is gone"
    preparation.reach_files()
    preparation.reach_files()
    assert readiness.files() == ""
    objects.trouble = RuntimeError("An error occurred (NoSuchBucket): no such bucket\nmore")
    with pytest.raises(preparation.CannotStart) as told:
        preparation.reach_files()
    assert str(told.value) == (
        "FILE_STORAGE cannot store files: RuntimeError: An error occurred (NoSuchBucket): no such bucket"
    )
