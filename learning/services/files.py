"""Files of learning in the file storage: named by their content, whole or absent, read only when the hash agrees."""

import hashlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from labeling.services.files import storage

_CHUNK_BYTES = 1024 * 1024


class Corrupt(Exception):
    """The bytes under a registered name are not those that were registered."""


class Dropped(Corrupt):
    """Housekeeping let the file go: nothing is damaged, and a run can make it again."""


def store(folder: str, suffix: str, *parts: bytes | memoryview) -> tuple[str, str]:
    """Writes ``folder/<sha256><suffix>`` aside and renames it into place. Returns (name, sha256)."""
    hasher = hashlib.sha256()
    for part in parts:
        hasher.update(part)
    digest = hasher.hexdigest()
    name = f"{folder}/{digest}{suffix}"
    path = local_path(name)
    if path is None:
        if not default_storage.exists(name):
            default_storage.save(name, ContentFile(b"".join(parts)))
        return name, digest
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{uuid.uuid4().hex}.aside")
    with aside.open("wb") as file:
        for part in parts:
            file.write(part)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    return name, digest


def load(name: str, sha256: str) -> bytes:
    """The bytes of a registered file. Raises Corrupt when they are missing or not the registered ones."""
    data = b"".join(_chunks(name))
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Corrupt(f"{name} does not have the registered hash")
    return data


def check(name: str, sha256: str) -> None:
    """As ``load``, without keeping the bytes."""
    hasher = hashlib.sha256()
    for chunk in _chunks(name):
        hasher.update(chunk)
    if hasher.hexdigest() != sha256:
        raise Corrupt(f"{name} does not have the registered hash")


def size(name: str) -> int:
    """Bytes of a registered file. Raises Corrupt where it is missing."""
    try:
        return default_storage.size(name)
    except FileNotFoundError as error:
        raise Corrupt(f"{name} is missing") from error


def _chunks(name: str) -> Iterator[bytes]:
    if not name:  # the storage would open its own folder
        raise Corrupt("no file was ever stored")
    if local_path(name) is None:
        if (content := storage.get(name)) is None:
            raise Corrupt(f"{name} is missing")
        yield content
        return
    try:
        with default_storage.open(name) as file:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise Corrupt(f"{name} is missing") from error


def remove(name: str) -> None:
    """Deletes a file that no row names any more; while a backup is under way that is left to housekeeping."""
    storage.let_go(name)


def remove_folder(folder: str) -> int:
    """Removes everything below a folder; returns the number of files."""
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return 0
    for name in names:
        default_storage.delete(f"{folder}/{name}")
    removed = len(names) + sum(remove_folder(f"{folder}/{inner}") for inner in folders)
    default_storage.delete(folder)
    return removed


def local_path(name: str) -> Path | None:
    """The path of a name when the storage is a folder of this machine, else None."""
    try:
        return Path(default_storage.path(name))
    except NotImplementedError:
        return None
