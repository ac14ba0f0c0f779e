"""What ``datasets.load_dataset`` makes of pictures as files with a table beside them."""

from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from labeling.models import Annotation, Context, Pair, Source
from labeling.selectors.export import Filters
from labeling.services.exports import check_folder, export_file
from labeling.services.validation.errors import Invalid
from tests.factories import make_answer, make_items, make_project
from tests.labeling.exports.awkward import LABELS, differences, names_in, own_values, picture, unpacked
from tests.labeling.exports.test_huggingface import JSON_TEXTS, as_told, compact, load, read_back, stored

datasets = pytest.importorskip("datasets")
pytestmark = pytest.mark.django_db


@pytest.fixture
def photos(people):
    """Labels that came with the data first, then a person's; two rows of own columns, the first without some."""
    project = make_project(modality="image", labels=LABELS)
    for number, form in enumerate(("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")):
        split = "eval" if number in (2, 5) else "pool"
        asset = picture(project, number, form)
        data = own_values(number, late=number > 2) | {"file_name": "IMG 1.png", "old_file_name": f"{number}.png"}
        (item,) = make_items(project, [f"picture {number}"], asset=asset, data=data, split=split)
        if number < 3:
            Annotation.objects.create(project=project, item=item, source=Source.IMPORT, answer={"label": "007"})
        else:
            make_answer(item, people.annotator, {"label": LABELS[number]})
    return project


RENAMED = {"file_name": "file_name_", "old_file_name": "old_file_name_"}


@pytest.mark.parametrize("rows", ["annotations", "items"])
def test_a_row_for_every_picture_with_its_types_on_its_side(photos, tmp_path, rows):
    loaded = load(unpacked(photos, "imagefolder", rows, tmp_path / "set"), tmp_path)
    assert set(loaded) == {"train", "test"}
    for side, split in (("train", "pool"), ("test", "eval")):
        read = loaded[side].cast_column("image", datasets.Image(decode=False))
        got = [dict(row) for row in read]
        originals = [row.pop("image")["path"] for row in got]
        expected = stored(photos, rows, split=split)
        told = [{RENAMED.get(name, name): v for name, v in as_told(row, JSON_TEXTS).items()} for row in expected]
        assert differences([compact(read_back(row, read.features), JSON_TEXTS) for row in got], told) == []
        assert [Path(path).read_bytes() for path in originals] == [
            default_storage.open(f"originals/{row['image_sha256']}").read() for row in expected
        ]
        assert [image.size for image in loaded[side]["image"]] == [(8, 6)] * len(expected)


def test_two_answers_about_one_picture_are_two_rows_and_one_file(photos, people, tmp_path):
    item = photos.items.get(ordinal=3)
    Annotation.objects.create(project=photos, item=item, source=Source.IMPORT, answer={"label": "1"})
    folder = unpacked(photos, "imagefolder", "annotations", tmp_path / "set")
    assert len([name for name in names_in(folder) if name.startswith("train/") and "metadata" not in name]) == 4
    assert load(folder, tmp_path)["train"].num_rows == 5


def test_a_pair_is_a_left_and_a_right_picture_as_they_stood(people, tmp_path):
    project = make_project(kind="pairwise", modality="image", labels=())
    context = Context.objects.create(project=project, ordinal=0, split="pool", content_hash="c")
    first, second = (
        make_items(project, [f"{n}"], asset=picture(project, n), in_context=context, place=n)[0] for n in (0, 1)
    )
    pair = Pair.objects.create(project=project, context=context, first=first, second=second, split="pool")
    Annotation.objects.create(
        project=project,
        pair=pair,
        left=second,
        source=Source.IMPORT,
        answer={"winner": "tie"},
        imported_annotator="Ann",
    )
    (split,) = load(unpacked(project, "imagefolder", "annotations", tmp_path / "set"), tmp_path).values()
    assert split.features["answer"].names == ["left", "right", "tie", "neither"]
    raw = split.cast_column("left", datasets.Image(decode=False)).cast_column("right", datasets.Image(decode=False))[0]
    assert [Path(raw[side]["path"]).read_bytes() for side in ("left", "right")] == [
        default_storage.open(item.asset.path).read() for item in (second, first)
    ]
    assert (split["answer"][0], split["annotator"][0]) == (2, "Ann")


def test_it_holds_pictures_only(project):
    for rows in ("annotations", "items"):
        with pytest.raises(Invalid, match="projects of pictures"):
            check_folder(project, "imagefolder", rows)
    with pytest.raises(Invalid):
        export_file(project, "imagefolder", "items", Filters())
