"""Pictures whose row was not found stay outside, and the zip can be mended and sent again."""

import pytest

from labeling.models import Item
from labeling.selectors.importing import notes_of
from tests.labeling.imports.archives import raw_zip
from tests.labeling.imports.conftest import assert_counts_true, counts, picture, reasons, zip_of

pytestmark = pytest.mark.django_db


def what_is_in(project) -> list[tuple]:
    rows = Item.objects.filter(project=project).order_by("ordinal")
    return [
        (item.external_id, item.data["image"], *item.annotations.values_list("answer__label", flat=True))
        for item in rows
    ]


@pytest.mark.parametrize(
    ("names", "rows"),
    [
        (["cat\\1.png", "dog\\2.png"], ["cat/1.png", "dog/2.png"]),
        (["cat/1.png", "dog/2.png"], ["/CAT/1.png", ".\\dog\\\\2.PNG"]),
        (["/cat/1.png", "./dog//2.png"], ["cat/1.png", "dog/2.png"]),
        ([b"ca\xcc\x81t/1.png", "dög/2.png".encode("cp1252")], ["cát/1.png", "dög/2.png"]),
    ],
    ids=["windows", "sloppy", "rooted", "unflagged"],
)
def test_every_spelling_brings_id_and_label(pictures, bring_in, names, rows):
    table = f"image,label,id\n{rows[0]},cat,c1\n{rows[1]},dog,d2\n".encode()
    batch = bring_in(pictures, raw_zip([(names[0], picture(1)), (names[1], picture(2)), ("items.csv", table)]), "p.zip")
    assert counts(batch) == ("done", 2, 0, 0)
    assert [(found[0], *found[2:]) for found in what_is_in(pictures)] == [("c1", "cat"), ("d2", "dog")]


def test_folders_of_windows_are_labels_too(pictures, bring_in):
    batch = bring_in(
        pictures,
        zip_of({"cat\\1.png": picture(1), "dog\\2.png": picture(2)}),
        "p.zip",
        options={"folder_is_label": True},
    )
    assert counts(batch) == ("done", 2, 0, 0)
    assert what_is_in(pictures) == [(None, "cat/1.png", "cat"), (None, "dog/2.png", "dog")]


def test_a_picture_that_a_lost_row_may_be_about_stays_outside_and_the_mended_zip_is_whole(pictures, bring_in):
    files = {f"{n}.png": picture(n) for n in (1, 2, 3)}
    table = "image,label,id\n1.png,cat,c1\nzwei.png,dog,d2\n"
    batch = bring_in(pictures, zip_of({**files, "items.csv": table.encode()}), "p.zip")
    assert counts(batch) == ("done", 1, 0, 3)
    assert "holds no file" in reasons(batch)[2]
    assert reasons(batch)[3] == reasons(batch)[4]
    assert "may be theirs" in reasons(batch)[3]
    (note,) = notes_of(batch)
    assert note.startswith("1 row of items.csv has no file, so 2 files without a row stay outside.")
    assert list(batch.rejections.values_list("name", flat=True)) == ["zwei.png", "2.png", "3.png"]
    mended = bring_in(pictures, zip_of({**files, "items.csv": table.replace("zwei", "2").encode()}), "p.zip")
    assert counts(mended) == ("done", 2, 1, 0)
    assert what_is_in(pictures) == [("c1", "1.png", "cat"), ("d2", "2.png", "dog"), (None, "3.png")]
    assert_counts_true(pictures)


@pytest.mark.parametrize("bad", ['2.png,"dog', "2.png,dog,d2,more", ",dog,d2"])
def test_a_row_that_cannot_be_read_is_lost_as_one_whose_file_is_not_there(pictures, bring_in, bad):
    table = f"image,label,id\n1.png,cat,c1\n{bad}\n"
    batch = bring_in(pictures, zip_of({"1.png": picture(1), "2.png": picture(2), "items.csv": table.encode()}), "p.zip")
    assert counts(batch) == ("done", 1, 0, 2)
    assert what_is_in(pictures) == [("c1", "1.png", "cat")]


def test_an_entry_that_a_later_one_replaced_is_not_the_picture_of_the_row(pictures, bring_in):
    content = raw_zip([("1.png", picture(1)), ("1.png", picture(2)), ("items.csv", b"image,label\n1.png,cat\n")])
    batch = bring_in(pictures, content, "p.zip")
    assert counts(batch) == ("done", 1, 0, 1)
    assert "later entry" in reasons(batch)[2]


def test_ten_thousand_missing_files_are_one_line_and_a_list(pictures, bring_in, client, people):
    table = "image,label\n" + "".join(f"{n}.png,cat\n" for n in range(10_000))
    batch = bring_in(pictures, zip_of({"items.csv": table.encode(), "a.png": picture(1)}), "p.zip")
    assert counts(batch) == ("done", 0, 0, 10_001)
    client.force_login(people.manager)
    address = f"/p/{pictures.slug}/imports/{batch.public_id}/"
    page = client.get(address).content.decode()
    assert page.count("holds no file of this name") == 1
    assert "10,000 rows alike" in page
    assert "10,000 rows of items.csv have no file, so 1 file without a row stays outside." in page
    download = b"".join(client.get(f"{address}rejections.csv").streaming_content).decode().splitlines()
    assert len(download) == 1 + 10_001
    assert download[10_000].startswith("10000,9999.png,image,")
