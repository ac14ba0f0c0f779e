"""Features know which decoder saw their pictures: rows that another one saw otherwise are computed again, no others."""

import io

import numpy as np
import pytest
from django.core.files.storage import default_storage

from labeling.models import Asset
from labeling.services.items.pictures import inspect, original_name
from learning.services.features import contents, encoder_versions, shards
from learning.services.features.matrix import FeatureMatrix
from tests.factories import make_items, make_project
from tests.labeling.test_depth import COLOURS, OTHERS, RAMPS

pytestmark = pytest.mark.django_db

CONTENTS = [OTHERS["JPEG RGB"], RAMPS["float 0 to .003"], OTHERS["PNG RGBA"], COLOURS["PNG"], OTHERS["GIF P"]]


@pytest.fixture
def photos():
    project = make_project(modality="image", encoder="hog-hsv")
    items = make_items(project, [f"{n}" for n in range(len(CONTENTS))])
    for item, content in zip(items, CONTENTS, strict=True):
        facts = inspect(content)
        name = original_name(project.pk, facts.sha256)
        default_storage.save(name, io.BytesIO(content))
        item.asset = Asset.objects.create(
            project=project, sha256=facts.sha256, path=name, format=facts.format, size_bytes=len(content),
            media_type=facts.media_type, mode=facts.mode, width=64, height=48,
        )  # fmt: skip
        item.save()
    return project


def computed(version) -> int:
    return shards.compute_missing(version, len(CONTENTS), lambda done, of: None)


def test_rows_of_an_earlier_decoder_are_computed_again_where_it_saw_otherwise(photos, monkeypatch):
    version, _ = encoder_versions.encoder_for(photos, len(CONTENTS))
    assert computed(version) == len(CONTENTS)
    wanted = FeatureMatrix(version).take(np.arange(len(CONTENTS)))
    assert len({row.tobytes() for row in wanted}) == len(CONTENTS), "float pictures are not all black"

    shard = version.shards.get()
    black = wanted.copy()
    black[[1, 3]] = 0
    shards._save(version, shard, 0, black)
    version.shards.update(decoder="")

    decoded = []
    monkeypatch.setattr(
        contents, "decode", lambda path, read=None, real=contents.decode: decoded.append(path) or real(path, read)
    )
    assert computed(version) == 2
    np.testing.assert_array_equal(FeatureMatrix(version).take(np.arange(len(CONTENTS))), wanted)
    paths = list(photos.items.order_by("ordinal").values_list("asset__path", flat=True))
    assert set(decoded) == {paths[1], paths[3]}
    assert version.shards.get().decoder == contents.decoder_of(photos) != ""
    assert computed(version) == 0


def test_texts_are_decoded_by_nothing(project):
    make_items(project, ["one", "two", "three"])
    version, _ = encoder_versions.encoder_for(project, 3)
    shards.compute_missing(version, 3, lambda done, of: None)
    assert version.shards.get().decoder == contents.decoder_of(project) == ""
    assert shards.compute_missing(version, 3, lambda done, of: None) == 0
