"""Many originals after one another are read as each of them alone is."""

import os

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import FileSystemStorage

from labeling.services.files import storage
from tests.objects import Objects


@pytest.mark.parametrize("in_a_folder", [True, False], ids=["a folder", "an object store"])
def test_what_is_read_is_the_file_whatever_size_was_expected(in_a_folder, tmp_path):
    stored = FileSystemStorage(tmp_path) if in_a_folder else Objects()
    content = os.urandom(5_000)
    storage.put("originals/ab", content, stored)
    storage.put("originals/none", b"", stored)
    read = storage.reader(stored)
    assert [read("originals/ab", size_bytes) for size_bytes in (5_000, 4_999, 5_001, 0, 9)] == [content] * 5
    assert [read("originals/none", size_bytes) for size_bytes in (0, 1)] == [b""] * 2
    assert read("originals/gone", 5) is None


def test_a_read_that_is_cut_short_goes_on(tmp_path, monkeypatch):
    stored = FileSystemStorage(tmp_path)
    storage.put("a", bytes(range(200)), stored)
    whole = os.read
    monkeypatch.setattr(os, "read", lambda descriptor, size: whole(descriptor, min(size, 64)))
    assert storage.reader(stored)("a", 200) == bytes(range(200))


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "a/../../secret"])
def test_a_name_that_leads_out_of_the_storage_is_refused_as_ever(name, tmp_path):
    (tmp_path / "secret").write_text("x")
    with pytest.raises(SuspiciousFileOperation):
        storage.reader(FileSystemStorage(tmp_path / "files"))(name, 1)
