"""Copies of feature files that lie in an object store, on the disk of this machine: mapped there instead of held in
memory, fetched once for all of its processes, within ``settings.FEATURE_CACHE_MB``."""

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from learning.services import files

_MB = 1024 * 1024


def of(name: str, sha256: str) -> Path | bytes:
    """Where the copy lies; the bytes themselves where this disk has no room for it. Raises files.Corrupt."""
    path = _folder() / f"{sha256}.npy"
    if _is_whole(path, sha256):
        return path
    content = files.load(name, sha256)
    if len(content) > settings.FEATURE_CACHE_MB * _MB:
        return content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, aside = tempfile.mkstemp(dir=path.parent, prefix=".fetching-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            Path(aside).replace(path)
        except OSError:
            Path(aside).unlink(missing_ok=True)
            raise
    except OSError:  # a full disk: what is computed needs no copy
        return content
    _make_room(path)
    return path


def _folder() -> Path:
    return Path(settings.QUERENT_HOME) / "cache" / "features"


def _is_whole(path: Path, sha256: str) -> bool:
    try:
        with path.open("rb") as file:
            is_whole = hashlib.file_digest(file, "sha256").hexdigest() == sha256
        os.utime(path)  # used: the others go first
    except OSError:
        return False
    return is_whole


def _make_room(newest: Path) -> None:
    """Removes what was used longest ago. A process that has it mapped keeps it."""
    found = []
    for path in newest.parent.iterdir():
        with suppress(OSError):  # removed by another process
            found.append((path.stat().st_mtime, path.stat().st_size, path))
    total = sum(size for _, size, _ in found)
    for _, size, path in sorted(found):
        if total <= settings.FEATURE_CACHE_MB * _MB:
            break
        if path != newest:
            path.unlink(missing_ok=True)
            total -= size
