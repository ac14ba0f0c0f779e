"""Zips of pictures: folders as labels, items.csv, and everything a hostile archive can be."""

import io
import struct
import zipfile

import pytest
from django.core.files.storage import default_storage

from labeling.models import Asset, Item
from labeling.services.imports import ImportRefused
from tests.labeling.imports.conftest import assert_counts_true, counts, picture, reasons, zip_of

pytestmark = pytest.mark.django_db


def test_folders_become_labels_when_asked(pictures, bring_in):
    content = zip_of(
        {"set/cat/1.png": picture(1), "set/dog/2.png": picture(2), "bird/3.png": picture(3), "4.png": picture(4)}
    )
    batch = bring_in(pictures, content, "photos.zip", options={"folder_is_label": True})
    assert counts(batch) == ("done", 2, 0, 2)
    assert [(a.item.data["image"], a.answer["label"]) for a in pictures.annotations.order_by("item__ordinal")] == [
        ("set/cat/1.png", "cat"),
        ("set/dog/2.png", "dog"),
    ]
    assert "'bird' is not in the label set" in reasons(batch)[3]
    assert "no folder" in reasons(batch)[4]
    assert set(batch.rejections.values_list("name", flat=True)) == {"bird/3.png", "4.png"}
    assert_counts_true(pictures)


def test_folders_are_only_paths_when_not_asked(pictures, bring_in):
    assert counts(bring_in(pictures, zip_of({"bird/1.png": picture(1)}), "p.zip"))[1] == 1
    assert not pictures.annotations.exists()


def test_items_csv_names_pictures_and_the_rest_comes_after(pictures, bring_in):
    table = "image,id,label,camera\nb.png,two,dog,north\n./a.png,one,,south\nb.png,again,,\n"
    files = {"top/a.png": picture(1), "top/b.png": picture(2), "top/c.png": picture(3), "top/items.csv": table.encode()}
    batch = bring_in(pictures, zip_of(files), "p.zip")
    assert counts(batch) == ("done", 3, 1, 0)
    assert batch.total == 4
    assert list(Item.objects.order_by("ordinal").values_list("external_id", "data")) == [
        ("two", {"image": "top/b.png", "camera": "north"}),
        ("one", {"image": "top/a.png", "camera": "south"}),
        (None, {"image": "top/c.png"}),
    ]


def test_items_csv_without_an_image_column_is_refused(pictures, bring_in):
    batch = bring_in(pictures, zip_of({"a.png": picture(1), "items.csv": b"id,label\n1,cat\n"}), "p.zip")
    assert batch.state == "failed"
    assert "column named image" in batch.error


def test_originals_are_kept_byte_for_byte_and_once(pictures, bring_in):
    content = picture(1, kind="JPEG")
    batch = bring_in(pictures, zip_of({"a.jpg": content, "copy.jpg": content}), "p.zip")
    assert counts(batch) == ("done", 1, 1, 0)
    asset = Asset.objects.get()
    with default_storage.open(asset.path, "rb") as file:
        assert file.read() == content
    assert (asset.format, asset.width, asset.height, asset.size_bytes) == ("JPEG", 96, 64, len(content))


def test_one_picture_is_an_import_of_one(pictures, bring_in):
    assert counts(bring_in(pictures, picture(1), "cat.png")) == ("done", 1, 0, 0)
    assert counts(bring_in(pictures, picture(1), "same.jpg")) == ("done", 0, 1, 0)
    assert Item.objects.get().data == {"image": "cat.png"}
    batch = bring_in(pictures, picture(2)[:-300], "cut.png")
    assert counts(batch) == ("done", 0, 0, 1)
    assert "broken or cut off" in reasons(batch)[1]


def hostile_zip() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("good.png", picture(1))
        archive.writestr("../../evil.png", picture(2))
        archive.writestr("/../evil.png", picture(3))
        archive.writestr("C:\\evil.png", picture(4))
        link = zipfile.ZipInfo("link.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("inner.zip", zip_of({"x.png": picture(5)}))
        archive.writestr("drawing.png", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
        archive.writestr("page.jpg", b"<!doctype html><script>alert(1)</script>")
        archive.writestr("empty.png", b"")
        archive.writestr("notes.txt", b"hello")
        archive.writestr("scan.dcm", b"\0" * 128 + b"DICM" + b"\0" * 100)
        archive.writestr("__MACOSX/._good.png", b"junk")
        archive.writestr(".DS_Store", b"junk")
        archive.writestr("sub/Thumbs.db", b"junk")
        archive.writestr("last.png", picture(6))
    return target.getvalue()


def test_a_hostile_zip_brings_in_its_good_pictures_only(pictures, bring_in, tmp_path):
    batch = bring_in(pictures, hostile_zip(), "p.zip")
    assert counts(batch) == ("done", 2, 0, 10)
    said = dict(batch.rejections.values_list("name", "reason"))
    for name, words in {
        "../../evil.png": "leads out", "../evil.png": "leads out", "C:/evil.png": "leads out", "link.png": "A link",
        "inner.zip": "zip inside the zip", "drawing.png": "SVG", "page.jpg": "HTML", "empty.png": "empty",
        "notes.txt": "Not a picture", "scan.dcm": "DICOM",
    }.items():  # fmt: skip
        assert words in said.get(name, said.get(name.replace("/", "\\"), "")), name
    assert not list(tmp_path.rglob("evil*"))


def test_encrypted_and_damaged_entries_are_rejected(pictures, bring_in):
    content = bytearray(zip_of({"a.png": picture(1), "b.png": picture(2), "c.png": picture(3)}))
    encrypted = content.find(b"PK\x01\x02", content.find(b"PK\x01\x02") + 1)
    content[encrypted + 8] |= 1
    content[content.find(picture(3)) + 40] ^= 0xFF
    batch = bring_in(pictures, bytes(content), "p.zip")
    assert counts(batch) == ("done", 1, 0, 2)
    assert reasons(batch)[2] == "Encrypted."
    assert "Bad CRC" in reasons(batch)[3]


def test_sizes_are_counted_and_not_believed(pictures, bring_in, settings):
    """An entry of 50 MB of zeros that says it has 100 bytes, and one too large that says so."""
    settings.IMPORT_MAX_IMAGE_BYTES = 1_000_000
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("liar.png", bytes(50_000_000))
        archive.writestr("giant.png", bytes(50_000_000))
    content = bytearray(target.getvalue())
    content[22:26] = struct.pack("<I", 100)
    central = content.find(b"PK\x01\x02")
    content[central + 24 : central + 28] = struct.pack("<I", 100)
    batch = bring_in(pictures, bytes(content), "p.zip")
    assert counts(batch) == ("done", 0, 0, 2)
    assert "cannot be read" in reasons(batch)[1]
    assert reasons(batch)[2] == "More than 1,000,000 bytes when unpacked."


def test_limits_of_a_zip_as_a_whole(pictures, bring_in, settings):
    settings.IMPORT_MAX_ZIP_FILES = 2
    content = zip_of({f"{n}.png": picture(n) for n in range(3)})
    assert "3 files in the zip" in bring_in(pictures, content, "p.zip").error
    settings.IMPORT_MAX_ZIP_FILES = 3
    settings.IMPORT_MAX_ZIP_EXPANDED_BYTES = len(picture(0)) + len(picture(1))
    batch = bring_in(pictures, content, "p.zip")
    assert "unpacks to more than" in batch.error
    assert_counts_true(pictures)


@pytest.mark.parametrize("cut", [100, -30])
def test_a_zip_cut_off_fails_in_words(pictures, bring_in, cut):
    batch = bring_in(pictures, zip_of({"a.png": picture(1)})[:cut], "p.zip")
    assert batch.state == "failed"
    assert "broken or cut off" in batch.error


def test_an_empty_zip_and_an_office_file(pictures, bring_in):
    assert "no pictures" in bring_in(pictures, zip_of({"__MACOSX/x": b""}), "p.zip").error
    with pytest.raises(ImportRefused, match="Office"):
        bring_in(pictures, zip_of({"[Content_Types].xml": b"<xml/>"}), "book.xlsx")


def test_a_zip_does_not_fit_texts(project, bring_in):
    with pytest.raises(ImportRefused, match="takes csv, jsonl, json, parquet"):
        bring_in(project, zip_of({"a.png": picture(1)}), "p.zip")
