"""One rule for the names of files in a zip: what an entry is called, and which entry a row means."""

import io
import struct
import unicodedata
import zipfile
import zlib

import pytest

from labeling.services.imports.archives.names import NOT_THERE, SEVERAL, Names, entries_of, leads_out
from labeling.services.imports.errors import RowRejected
from tests.labeling.imports.archives import raw_zip
from tests.labeling.imports.conftest import counts, picture, reasons

NFD = unicodedata.normalize("NFD", "Größe-é.png")


def names_of(*files: bytes | str) -> Names:
    with zipfile.ZipFile(io.BytesIO(raw_zip([(name, b"") for name in files]))) as archive:
        return Names(entries_of(archive))


@pytest.mark.parametrize(
    ("stored", "row"),
    [
        ("cat/1.png", "cat/1.png"),
        ("cat\\1.png", "cat/1.png"),
        ("cat/1.png", "cat\\1.png"),
        ("a\\b\\1.png", ".\\a\\b\\1.png"),
        ("cat/1.png", "/cat/1.png"),
        ("/cat/1.png", "cat/1.png"),
        ("\\cat\\1.png", "cat/1.png"),
        ("./cat/1.png", "cat/1.png"),
        ("cat/1.png", "./cat/./1.png"),
        ("cat//1.png", "cat/1.png"),
        ("cat/1.png", "cat///1.png"),
        ("cat/1.png", "  cat/1.png "),
        ("cat/1.png", "dog/../cat/1.png"),
        ("CAT/1.PNG", "cat/1.png"),
        ("cat/1.png", "Cat/1.PNG"),
        (NFD, "Größe-é.png"),
        ("Größe-é.png", NFD),
        (NFD, "GRÖSSE-É.png"),
        ("Größe-é.png".encode(), "Größe-é.png"),
        (NFD.encode(), "Größe-é.png"),
        ("日本/写真.png".encode(), "日本/写真.png"),
        ("größe.png".encode("cp850"), "größe.png"),
        ("größe.png".encode("cp1252"), "größe.png"),
        ("größe.png".encode("cp1252"), unicodedata.normalize("NFD", "größe.png")),
        ("кот/1.png".encode("cp866"), "кот/1.png"),
        ("写真.png".encode("shift_jis"), "写真.png"),
        ("表示\\1.png".encode("shift_jis"), "表示/1.png"),  # the second byte of 表 is that of a backslash
        ("猫.png".encode("gb18030"), "猫.png"),
        ("my pic.png", "my%20pic.png"),
        ("größe.png", "gr%C3%B6%C3%9Fe.png"),
        ("100%.png", "100%.png"),
        ("a%20b.png", "a%20b.png"),
    ],
)
def test_a_row_finds_its_file_however_either_is_spelled(stored, row):
    names = names_of("other.png", stored, "sub/other.png")
    assert names.find(row) is names.entries[1]


@pytest.mark.django_db
@pytest.mark.parametrize(("stored", "row"), [
    ("一覧表.png".encode("shift_jis"), "一覧表.png"),  # its last byte before the dot is that of a backslash
    ("写真.png".encode("shift_jis"), "写真.png"),
    ("кот.png".encode("cp866"), "кот.png"),
])  # fmt: skip
def test_a_picture_of_an_old_code_page_is_called_as_its_row_says(pictures, bring_in, stored, row):
    files = [("items.csv", f"image,label\n{row},cat\n".encode()), (stored, picture(1))]
    batch = bring_in(pictures, raw_zip(files), "p.zip")
    assert counts(batch) == ("done", 1, 0, 0), reasons(batch)
    assert pictures.items.get().data == {"image": row}


@pytest.mark.parametrize("row", ["", " ", "/", "..", "../cat.png", "cat", "cat.png/", "ca.png", "sub/cat.png", "\0"])
def test_nothing_is_found_by_a_guess(row):
    if row == "cat.png/":
        assert names_of("cat.png").find(row).name == "cat.png"
        return
    with pytest.raises(RowRejected, match=NOT_THERE):
        names_of("cat.png", "other/sub/dog.png").find(row)


def test_a_name_beside_the_table_goes_before_one_from_the_root():
    names = names_of("1.png", "set/1.png")
    assert names.find("1.png", "set").name == "set/1.png"
    assert names.find("/1.png", "elsewhere").name == "1.png"
    assert names.find("../1.png", "set").name == "1.png"


def test_the_spelling_decides_where_case_alone_tells_files_apart():
    names = names_of("a.png", "A.png", NFD, "Größe-é.png")
    assert [names.find(row).name for row in ("A.png", "a.png")] == ["A.png", "a.png"]
    assert names.find(NFD).name == NFD
    with pytest.raises(RowRejected, match=SEVERAL):
        names.find("a.PNG")


def test_of_one_name_stored_twice_the_later_is_meant_and_the_earlier_is_known():
    names = names_of("1.png", "2.png", "1.png")
    found = names.find("1.png")
    assert found is names.entries[2]
    assert names.shadowed(found) == [names.entries[0]]


def test_a_name_in_unicode_beside_the_old_one_counts_only_if_it_is_about_that():
    for checked, wanted in ((zlib.crc32(b"gr\x94\xe1e.png"), "größer.png"), (0, "größe.png")):
        content = bytearray(raw_zip([(b"gr\x94\xe1e.png", b"")]))
        with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
            (info,) = archive.infolist()
            path = "größer.png".encode()
            body = struct.pack("<BI", 1, checked) + path
            info.extra = struct.pack("<HH", 0x7075, len(body)) + body
            assert [entry.name for entry in entries_of(archive)] == [wanted]


def test_folders_of_windows_are_no_files():
    assert [entry.name for entry in names_of("cat\\", "dog/", "cat\\1.png").entries] == ["cat/1.png"]


@pytest.mark.parametrize(
    ("name", "out"),
    [
        ("../a.png", True), ("a/../../b.png", True), ("..\\a.png", True), ("C:\\a.png", True), ("/c:/a.png", True),
        ("/etc/a.png", False), ("a/b.png", False), ("a..b/c.png", False), ("cat\\1.png", False),
    ],
)  # fmt: skip
def test_what_leads_out_of_the_zip(name, out):
    with zipfile.ZipFile(io.BytesIO(raw_zip([(name, b"")]))) as archive:
        assert leads_out(archive.infolist()[0]) is out
