"""The eval split: drawn by a seeded hash, immutable, groups and near-duplicates on one side."""

import io
import os
import zipfile

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from labeling.models import Item
from labeling.services.imports.near import NearDuplicates, Seen
from labeling.services.imports.split import SplitOfGroups
from labeling.services.items.pictures import inspect
from tests.factories import make_project
from tests.labeling.imports.conftest import assert_counts_true, counts, picture, reasons, zip_of

pytestmark = pytest.mark.django_db


def splits(project) -> dict[str, str]:
    return dict(Item.objects.filter(project=project).values_list("text", "split"))


def lines(n: int) -> bytes:
    return b"text\n" + b"".join(b"message %d\n" % i for i in range(n))


def test_the_draw_is_seeded_and_has_the_wanted_share(people, bring_in):
    one, same, other = (make_project(slug=slug, split_seed=seed) for slug, seed in (("a", "x"), ("b", "x"), ("c", "y")))
    for project in (one, same, other):
        bring_in(project, lines(3000))
    assert splits(one) == splits(same) != splits(other)
    share = sum(split == "eval" for split in splits(one).values()) / 3000
    assert 0.08 < share < 0.12  # 0.1 +- 3.6 standard errors
    keys = list(Item.objects.filter(project=one).order_by("ordinal").values_list("draw_key", flat=True))
    assert len(set(keys)) == 3000
    assert min(keys) >= 0
    assert keys != sorted(keys)
    assert_counts_true(one)


def test_the_column_wins_over_the_draw(project, bring_in):
    bring_in(project, b"text,split\na,eval\nb,EVAL\nc,pool\n")
    assert splits(project) == {"a": "eval", "b": "eval", "c": "pool"}


def test_a_group_stays_on_one_side_also_in_later_imports(project, bring_in):
    content = b"text,group\n" + b"".join(b"t%d,g%d\n" % (i, i % 40) for i in range(400))
    bring_in(project, content)
    project.eval_share = 0.5  # the same hash would now draw differently
    project.save()
    bring_in(project, content.replace(b"t", b"u").replace(b"uexu", b"text"))
    sides: dict[str, set[str]] = {}
    for group, split in Item.objects.filter(project=project).values_list("group", "split"):
        sides.setdefault(group, set()).add(split)
    assert len(sides) == 40
    assert all(len(side) == 1 for side in sides.values())
    assert {split for side in sides.values() for split in side} == {"pool", "eval"}


def test_groups_are_remembered_when_they_begin_late_in_a_file(project, bring_in):
    bring_in(project, b"text,group,split\n" + b"".join(b"a%d,g%d,eval\n" % (i, i) for i in range(60)))
    late = b"".join(b"b%d,\n" % i for i in range(4500)) + b"".join(b"c%d,g%d\n" % (i, i) for i in range(60))
    bring_in(project, b"text,group\n" + late)
    assert Item.objects.filter(project=project, text__startswith="c", split="eval").count() == 60


def test_a_split_against_its_group_is_rejected(project, bring_in):
    batch = bring_in(project, b"text,group,split\na,g,eval\nb,g,\nc,g,pool\nd,g,eval\n")
    assert counts(batch) == ("done", 3, 0, 1)
    assert "'g' is in the eval split already" in reasons(batch)[3]
    later = bring_in(project, b"text,group,split\ne,g,pool\nf,g,\n")
    assert list(reasons(later)) == [1]
    assert set(splits(project).values()) == {"eval"}


def test_group_sides_beyond_one_merge(monkeypatch):
    monkeypatch.setattr("labeling.services.imports.split._MERGE_AT", 100)
    sides = SplitOfGroups()
    for n in range(1050):
        sides.put(f"g{n}", "eval" if n % 3 == 0 else "pool")
    assert all(sides.get(f"g{n}") == ("eval" if n % 3 == 0 else "pool") for n in range(1050))
    assert sides.get("other") is None


def variant(content: bytes, **change) -> bytes:
    image = Image.open(io.BytesIO(content))
    if "scale" in change:
        image = image.resize((int(image.width * change["scale"]), int(image.height * change["scale"])))
    if "bright" in change:
        image = ImageEnhance.Brightness(image).enhance(change["bright"])
    target = io.BytesIO()
    image.save(target, change.get("format", "PNG"), **change.get("save", {}))
    return target.getvalue()


VARIANTS = (
    {"format": "JPEG", "save": {"quality": 60}}, {"scale": 0.5}, {"bright": 0.95}, {"format": "WEBP", "scale": 1.5},
)  # fmt: skip


def test_near_duplicates_stay_on_the_side_of_the_first(people, pictures, bring_in):
    pictures.eval_share = 0.5
    pictures.save()
    originals = {f"{n}.png": picture(n, (192, 128)) for n in range(30)}
    bring_in(pictures, zip_of(originals), "p.zip")
    sides = dict(Item.objects.values_list("data__image", "split"))
    assert set(sides.values()) == {"pool", "eval"}
    copies = {
        f"{name}-{n}": variant(content, **change)
        for name, content in originals.items()
        for n, change in enumerate(VARIANTS)
    }
    batch = bring_in(pictures, zip_of(copies), "copies.zip")
    assert counts(batch) == ("done", 120, 0, 0)
    for name, split in Item.objects.filter(batch=batch).values_list("data__image", "split"):
        assert split == sides[name.rpartition("-")[0]], name


def test_a_near_duplicate_follows_even_against_the_column_and_takes_the_group(pictures, bring_in):
    table = b"image,split,group\na.png,eval,zoo\nb.png,pool,\nc.png,,other\nd.png,pool,farm\n"
    first = picture(1)
    files = {
        "items.csv": table, "a.png": first, "b.png": variant(first, bright=0.97), "c.png": variant(first, scale=0.9),
        "d.png": picture(2),
    }  # fmt: skip
    batch = bring_in(pictures, zip_of(files), "p.zip")
    assert counts(batch) == ("done", 4, 0, 0)
    found = {name: (split, group) for name, split, group in Item.objects.values_list("data__image", "split", "group")}
    assert found == {
        "a.png": ("eval", "zoo"), "b.png": ("eval", "zoo"), "c.png": ("eval", "other"), "d.png": ("pool", "farm"),
    }  # fmt: skip
    table = b"image,group\ne.png,farm\n"
    batch = bring_in(pictures, zip_of({"items.csv": table, "e.png": variant(first, scale=0.8)}), "q.zip")
    assert counts(batch) == ("done", 0, 0, 1)
    assert "its group is in pool" in reasons(batch)[1]


@pytest.mark.parametrize("slope", [80, 18])  # told apart by the mean difference, by the correlation
def test_pictures_that_share_only_the_hash_are_strangers(slope):
    """The hash compares neighbours in a row; what differs from row to row is left to the thumbnails."""
    rows = np.random.default_rng(1).integers(90, 160, (1, 9)).repeat(8, axis=0)
    one = np.clip(rows, 0, 255)
    other = np.clip(rows + np.linspace(-slope, slope, 8).round().astype(int)[:, None], 0, 255)
    first, second = (
        inspect(variant_of(Image.fromarray(cells.astype(np.uint8)).resize((90, 80), Image.Resampling.NEAREST)))
        for cells in (one, other)
    )
    assert first.perceptual_hash == second.perceptual_hash
    near = NearDuplicates()
    near.add(first.perceptual_hash, Seen("first", "pool", ""), first.thumbnail)
    assert near.find(second) is None
    assert near.find(first) is not None


def variant_of(image: Image.Image) -> bytes:
    target = io.BytesIO()
    image.save(target, "PNG")
    return target.getvalue()


def test_flat_and_unrelated_pictures_do_not_collapse(pictures, bring_in):
    pictures.eval_share = 0.5
    pictures.save()
    flat = {}
    for n in range(24):
        target = io.BytesIO()
        Image.new("RGB", (40, 40), (n * 10, 255 - n * 10, 128)).save(target, "PNG")
        flat[f"{n}.png"] = target.getvalue()
    bring_in(pictures, zip_of(flat), "flat.zip")
    assert set(Item.objects.values_list("split", flat=True)) == {"pool", "eval"}


TRASHNET = os.path.join(os.path.dirname(__file__), *[".."] * 4, "shared", "data", "img_trashnet", "images.zip")


@pytest.mark.skipif(not os.path.exists(TRASHNET), reason="the TrashNet photos are not on this machine")
def test_false_near_duplicates_are_rare_on_real_photos():
    """Seven pairs are known: the same thing photographed twice, three of them under two labels."""
    near, hits = NearDuplicates(), []
    with zipfile.ZipFile(TRASHNET) as archive:
        for name in [name for name in archive.namelist() if name.endswith(".jpg")]:
            facts = inspect(archive.read(name))
            twin = near.find(facts)
            hits += [(name, twin.path)] if twin else []
            near.add(facts.perceptual_hash, Seen(name, "pool", ""), facts.thumbnail)
    assert hits == [
        ("cardboard/cardboard361.jpg", "cardboard/cardboard15.jpg"),
        ("metal/metal91.jpg", "glass/glass115.jpg"),
        ("paper/paper108.jpg", "paper/paper101.jpg"),
        ("paper/paper284.jpg", "paper/paper180.jpg"),
        ("paper/paper451.jpg", "paper/paper345.jpg"),
        ("plastic/plastic152.jpg", "glass/glass176.jpg"),
        ("plastic/plastic332.jpg", "glass/glass389.jpg"),
    ], "looked at, one by one"


def test_the_same_text_in_several_contexts_is_on_one_side(project, bring_in):
    """What is learned from would otherwise be what is measured by: encoders read the text alone."""
    bring_in(project, [{"text": f"text {n}", "context": context} for n in range(60) for context in ("", "one", "two")])
    sides: dict[str, set[str]] = {}
    for text, split in Item.objects.filter(project=project).values_list("text", "split"):
        sides.setdefault(text, set()).add(split)
    assert {len(side) for side in sides.values()} == {1}
    assert {split for side in sides.values() for split in side} == {"pool", "eval"}
