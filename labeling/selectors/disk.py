"""How much room is left where Querent keeps its data."""

import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection

KEPT_S = 10.0
#: Below this share managers and administrators are warned.
LOW_SHARE = 0.05
#: Below both of these nothing can be relied on any more.
FULL_SHARE, FULL_BYTES = 0.01, 1024**3
#: Below this no disk of any size has room.
LEAST_BYTES = 32 * 1024**2


@dataclass(frozen=True)
class Room:
    """The disk with the least room of those that are written to."""

    folder: str
    free_bytes: int
    total_bytes: int

    @property
    def share(self) -> float:
        return self.free_bytes / self.total_bytes if self.total_bytes else 0.0

    @property
    def percent(self) -> float:
        return round(100 * self.share, 1)

    @property
    def is_low(self) -> bool:
        return self.share < LOW_SHARE

    @property
    def is_full(self) -> bool:
        return self.free_bytes < LEAST_BYTES or (self.share < FULL_SHARE and self.free_bytes < FULL_BYTES)


_known: tuple[float, Room] | None = None


def room() -> Room:
    """Measured at most every ten seconds: pages ask for it."""
    global _known
    now = time.monotonic()
    if _known is None or now - _known[0] > KEPT_S:
        _known = (now, measured())
    return _known[1]


def measured() -> Room:
    return min((_room_of(folder) for folder in _folders()), key=lambda room: room.share)


def _folders() -> list[Path]:
    folders = [Path(settings.QUERENT_HOME), Path(tempfile.gettempdir())]
    if connection.vendor == "sqlite":
        folders.append(Path(connection.settings_dict["NAME"]).parent)
    if (files := local_files()) is not None:
        folders.append(files)
    return folders


def local_files() -> Path | None:
    """The folder of the file storage, None when it is not a folder of this machine."""
    try:
        return Path(default_storage.path(""))
    except NotImplementedError:
        return None


def _room_of(folder: Path) -> Room:
    while not folder.exists():  # made when the first file is stored
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    return Room(str(folder), usage.free, usage.total)
