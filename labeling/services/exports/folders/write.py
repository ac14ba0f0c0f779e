from collections.abc import Iterator

from labeling.services.exports.folders.archive import Archive
from labeling.services.exports.folders.base import FolderFormat
from labeling.services.exports.folders.content import DataSet
from labeling.services.exports.folders.datasheet import datasheet

DATASHEET = "datasheet.md"


def zipped(format_: FolderFormat, data: DataSet) -> Iterator[bytes]:
    """The zip in pieces. The datasheet comes last: it says what happened on the way."""
    archive = Archive()
    yield from format_.write(data, archive)
    yield from archive.add(DATASHEET, [datasheet(format_, data).encode()], squeeze=True)
    yield from archive.end()
