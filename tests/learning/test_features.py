"""Shards: only what is missing, resumed where it stopped, whole or not at all."""

import numpy as np
import pytest
from PIL import Image

from learning.models import EncoderVersion, FeatureShard
from learning.services import files
from learning.services.features import contents, encoder_versions, shards
from learning.services.features.matrix import FeatureMatrix
from tests.factories import make_items, make_project
from tests.learning.people import texts

pytestmark = pytest.mark.django_db


def computed(project, n_items: int) -> tuple[EncoderVersion, int]:
    version, _ = encoder_versions.encoder_for(project, n_items)
    rows = shards.compute_missing(version, n_items, lambda done, of: None)
    encoder_versions.make_current(version)
    return version, rows


@pytest.fixture
def project(db):
    project = make_project()
    make_items(project, texts(60))
    return project


@pytest.fixture
def small_shards(monkeypatch):
    for module in ("learning.services.features.shards", "learning.services.features.matrix"):
        monkeypatch.setattr(f"{module}.SHARD_ROWS", 25)


def test_rows_are_those_of_the_encoder_in_order_of_ordinal(project, small_shards):
    version, rows = computed(project, 60)
    assert rows == 60
    assert list(version.shards.values_list("number", "rows")) == [(0, 25), (1, 25), (2, 10)]
    expected = encoder_versions.fitted(version).transform(list(project.items.values_list("text", flat=True)))
    matrix = FeatureMatrix(version)
    np.testing.assert_array_equal(matrix.take(np.arange(60)), expected)
    np.testing.assert_array_equal(np.concatenate([block for _, block in matrix.blocks()]), expected)


def test_only_new_items_are_computed_and_the_last_shard_grows(project, small_shards, monkeypatch):
    version, _ = computed(project, 60)
    before = FeatureMatrix(version).take(np.arange(60))
    make_items(project, ["one more", "and another"])
    again, rows = computed(project, 62)
    assert (again.pk, rows) == (version.pk, 2)
    np.testing.assert_array_equal(FeatureMatrix(version).take(np.arange(60)), before)
    assert computed(project, 62)[1] == 0


def test_an_attempt_that_dies_keeps_what_was_stored(project, monkeypatch):
    monkeypatch.setattr(contents, "ITEMS_PER_BLOCK", 20)
    monkeypatch.setattr(shards, "CHECKPOINT_S", 0.0)
    version, _ = encoder_versions.encoder_for(project, 60)

    def dies(done, of):
        if done > 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shards.compute_missing(version, 60, dies)
    assert version.shards.get().rows == 20
    assert shards.compute_missing(version, 60, lambda done, of: None) == 40


def test_twice_the_items_make_a_new_encoder_and_the_old_shards_go(project):
    version, _ = computed(project, 60)
    old = list(version.shards.values_list("path", flat=True))
    make_items(project, [f"another world {number}" for number in range(60)])
    newer, rows = computed(project, 120)
    assert newer.pk != version.pk
    assert rows == 120
    assert EncoderVersion.objects.get(is_current=True).pk == newer.pk
    assert not version.shards.exists()
    with pytest.raises(files.Corrupt):
        files.check(old[0], "")


def test_a_worker_that_was_overtaken_stores_nothing(project):
    version, _ = computed(project, 60)
    shard = version.shards.get()
    FeatureShard.objects.filter(pk=shard.pk).update(sha256="moved on")
    make_items(project, ["one more"])
    with pytest.raises(shards.Overtaken):
        shards._save(version, shard, 0, np.zeros((61, version.dimension), np.float32))


def test_a_damaged_file_is_refused(project, tmp_path):
    version, _ = computed(project, 60)
    shard = version.shards.get()
    path = files.local_path(shard.path)
    path.write_bytes(path.read_bytes()[:-4] + b"\0\0\1\1")
    with pytest.raises(files.Corrupt):
        shards.read_shard(shard)


def test_files_are_whole_or_absent(monkeypatch):
    def breaks(descriptor):
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", breaks)
    with pytest.raises(OSError, match="disk full"):
        files.store("learning/1/models", ".zip", b"half")
    folder = files.local_path("learning/1/models")
    assert [path.name for path in folder.iterdir() if not path.name.startswith(".")] == []


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "I;16", "P", "CMYK", "1"])
def test_every_mode_becomes_rgb(mode, tmp_path, settings):
    folder = files.local_path("x").parent
    folder.mkdir(parents=True, exist_ok=True)
    name = f"picture.{'jpg' if mode == 'CMYK' else 'png'}"
    Image.new(mode, (40, 20), 1 if mode in ("1", "L", "P", "I;16") else None).save(folder / name)
    pixels = contents.decode(name)
    assert (pixels.shape, pixels.dtype) == ((20, 40, 3), np.uint8)


def test_an_unreadable_picture_is_one_black_pixel():
    assert contents.decode("absent.png").tolist() == [[[0, 0, 0]]]
