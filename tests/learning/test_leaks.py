"""Planted leaks between pool and eval are counted, and there are none in what the import made."""

import io

import pytest
from PIL import Image, ImageDraw

from labeling.models import Asset, Item, Progress, Split
from labeling.services.files import storage
from labeling.services.items.pictures import inspect, original_name
from learning.services.monitoring.leaks import Leaks, leaks
from tests.factories import make_items, make_project
from tests.learning.people import make_text_project

pytestmark = pytest.mark.django_db


def test_a_clean_project_has_none(people):
    assert leaks(make_text_project(people.manager)) == Leaks(0, 0, 0, n_eval=40, n_pool=200)
    assert leaks(make_project()) == Leaks(0, 0, 0, 0, 0)
    assert not leaks(make_project()).found


def test_texts_the_same_almost_the_same_and_of_one_group():
    project = make_project()
    make_items(project, ["Win now!", "see you", "bye"], group="a")
    same, near, _ = make_items(project, ["first", "second", "other"], split=Split.EVAL, context="another context")
    Item.objects.filter(pk=same.pk).update(text="Win now!")  # behind the import's back
    Item.objects.filter(pk=near.pk).update(text="SEE  you.")
    assert leaks(project) == Leaks(hash=1, near=1, group=0, n_eval=3, n_pool=3)
    make_items(project, ["quite new"], split=Split.EVAL, group="a")
    assert leaks(project) == Leaks(hash=1, near=1, group=1, n_eval=4, n_pool=3)
    assert leaks(project, n_items=3) == Leaks(0, 0, 0, n_eval=0, n_pool=3)


HINDI = ["कि", "की", "कु", "कू", "के", "कै", "को", "कौ"]


def test_vowel_signs_and_tones_tell_texts_apart():
    project = make_project()
    make_items(project, [*HINDI[:4], "má", "ไม้", "كَتَبَ", "good 👍"])
    make_items(project, [*HINDI[4:], "mà", "ไม", "كُتِبَ", "good 👎"], split=Split.EVAL)
    assert leaks(project) == Leaks(hash=0, near=0, group=0, n_eval=8, n_pool=8)


def test_twins_that_an_older_release_drew_apart_are_almost_the_same():
    project = make_project()
    make_items(project, ["Café", "tiếng Việt", "other"], group="Ä")
    make_items(project, ["Cafe\u0301", "tiếng Việt\u00a0\r\n", "Ｏｔｈｅｒ"], split=Split.EVAL)
    make_items(project, ["quite new"], split=Split.EVAL, group="A\u0308")
    assert leaks(project) == Leaks(hash=0, near=4, group=0, n_eval=4, n_pool=3)


def test_table_rows():
    project = make_project(modality="tabular")
    make_items(project, ["1"], data={"age": 3, "town": "Ulm"})
    make_items(project, ["2"], split=Split.EVAL, data={"town": "Ulm", "age": 3})
    make_items(project, ["3"], split=Split.EVAL, data={"town": " ULM", "age": 3})
    make_items(project, ["4"], split=Split.EVAL, data={"town": "Ulm", "age": 4})
    assert leaks(project) == Leaks(hash=1, near=1, group=0, n_eval=3, n_pool=1)


def drawing(shade: int, x: int, quality: int = 95) -> bytes:
    picture = Image.new("RGB", (160, 120), (shade, 40, 200))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((x, 20, x + 60, 90), fill=(250, 250, 30))
    draw.rectangle((10, 80, 60 + x // 2, 115), fill=(0, 0, 0))
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=quality)
    return target.getvalue()


def put_picture(project, content: bytes, split: Split) -> None:
    facts = inspect(content)
    path = original_name(project.pk, facts.sha256)
    storage.put(path, content)
    names = ("sha256", "size_bytes", "format", "media_type", "mode", "width", "height", "perceptual_hash")
    asset, _ = Asset.objects.get_or_create(
        project=project, sha256=facts.sha256, defaults={"path": path} | {name: getattr(facts, name) for name in names}
    )
    ordinal = Progress.objects.get(project=project).next_ordinal
    make_items(project, [f"picture {ordinal}"], split=split, asset=asset)


def test_pictures_again_recompressed_and_others():
    project = make_project(modality="image")
    for x in (10, 50, 90):
        put_picture(project, drawing(120, x), Split.POOL)
    put_picture(project, drawing(120, 10), Split.EVAL)
    put_picture(project, drawing(120, 50, quality=60), Split.EVAL)
    put_picture(project, drawing(120, 70), Split.EVAL)
    assert leaks(project) == Leaks(hash=1, near=1, group=0, n_eval=3, n_pool=3)
    assert Item.objects.filter(project=project).count() == 6
