"""A disk that fails while an upload is read is no fault of the upload: the job is put back, nothing is rejected."""

import errno
import io
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labeling.kinds import KINDS
from labeling.services.imports.readers.csv import CsvReader
from labeling.services.imports.readers.jsonl import JsonlReader
from labeling.services.imports.readers.parquet import ParquetReader
from labeling.services.imports.readers.zip import ZipReader
from labeling.services.imports.readers.zip_tables import ZipOfTables, holds_tables
from labeling.services.outages.causes import outage_of
from tests.labeling.imports.conftest import picture, zip_of


class FailingDisk(io.BytesIO):
    """Of which ``reads`` succeed."""

    def __init__(self, content: bytes, reads: int) -> None:
        super().__init__(content)
        self.left = reads

    def read(self, size: int | None = -1) -> bytes:
        self.left -= 1
        if self.left < 0:
            raise OSError(errno.EIO, "Input/output error")
        return super().read(size)


def table() -> bytes:
    target = io.BytesIO()
    rows = {"id": [f"r{n}" for n in range(2_000)], "text": [f"message {n}" * 20 for n in range(2_000)]}
    pq.write_table(pa.table(rows), target, row_group_size=100, compression="none", use_dictionary=False)
    return target.getvalue()


LINES = b"".join(b'{"id": %d, "text": "message %d"}\n' % (n, n) for n in range(10_000))
PICTURES = {f"{n}.png": picture(n) for n in range(3)} | {"items.csv": b"image,label\n0.png,cat\n1.png,dog\n"}
FILES = {
    "csv": (CsvReader, b"id,text\n" + b"1,hello\n" * 40_000, "text"),
    "jsonl": (JsonlReader, LINES, "text"),
    "parquet": (ParquetReader, table(), "text"),
    "zip of pictures": (ZipReader, zip_of(PICTURES), "image"),
    "zip of tables": (ZipOfTables, zip_of({"all.jsonl": LINES, "more.parquet": table()}), "text"),
}


def read(name: str, reads: int) -> list[object] | Exception:
    """The records, or what the disk said. Anything else that is raised is the fault that is looked for."""
    reader_type, content, modality = FILES[name]
    disk = FailingDisk(content, reads)
    reader = reader_type(disk, modality=modality, kind=KINDS["classification"], options={})
    try:
        found = [record for _, record in reader.records(0)]
    except (OSError, zipfile.BadZipFile) as error:  # zipfile says the second of a disk that fails at its end
        return error
    assert disk.left >= 0, "It went on without a word."
    return found


@pytest.mark.parametrize("name", FILES)
def test_wherever_it_fails_it_is_an_outage(name):
    """Each number of reads that succeed, until all do."""
    failed = 0
    while isinstance(found := read(name, failed), Exception):
        assert outage_of(found), failed
        failed += 1
    assert failed >= 3
    assert {type(record) for record in found} == {dict}


def test_what_a_zip_holds_is_not_guessed_while_the_disk_fails():
    _, content, _ = FILES["zip of tables"]
    with pytest.raises((OSError, zipfile.BadZipFile)):
        holds_tables(FailingDisk(content, 1), "text", KINDS["classification"])
    assert holds_tables(io.BytesIO(content), "text", KINDS["classification"])
    assert not holds_tables(io.BytesIO(content[: len(content) // 2]), "text", KINDS["classification"])
