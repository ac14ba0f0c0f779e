"""A zip that is made while it is read: the same content is the same bytes, and little of it is ever in memory."""

import zipfile
from collections.abc import Iterable, Iterator

from labeling.services.exports.sink import Sink

_QUICKEST = 1


class Archive:
    """Files one after the other. What it keeps of a file is its line in the list at the end, about half a kB."""

    def __init__(self) -> None:
        self._sink = Sink()
        self._zip = zipfile.ZipFile(self._sink, "w", compresslevel=_QUICKEST)

    def __contains__(self, name: str) -> bool:
        return name in self._zip.NameToInfo

    def add(
        self, name: str, pieces: Iterable[bytes], *, squeeze: bool = False, is_large: bool = False
    ) -> Iterator[bytes]:
        """The archive's next bytes. ``squeeze`` what is text; ``is_large`` may be more than 2 GiB."""
        self._zip.compression = zipfile.ZIP_DEFLATED if squeeze else zipfile.ZIP_STORED
        # by its name: then the entry has the earliest date there is, and a date of its own would be other bytes
        with self._zip.open(name, "w", force_zip64=is_large) as file:
            for piece in pieces:
                file.write(piece)
                if taken := self._sink.take():
                    yield taken
        yield self._sink.take()

    def end(self) -> Iterator[bytes]:
        self._zip.close()
        yield self._sink.take()
