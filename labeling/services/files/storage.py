"""Files in the default storage whose name is known before they are written: originals and previews."""

import io
import os
import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from django.core.files.base import File
from django.core.files.storage import Storage, default_storage

from labeling.models import Backup

ASIDE = ".dropping-"
COPY_BYTES = 1024 * 1024


def put(name: str, content: bytes, storage: Storage = default_storage) -> None:
    """Stores ``content`` under exactly ``name``; whoever reads sees all of it or nothing.

    Harmless when repeated. A file cut short by a crash differs in size and is written again.
    """
    target = local_path(name, storage)
    if target is None:
        _put_object(name, io.BytesIO(content), len(content), storage)
    elif not _is_there(target, len(content)):
        descriptor, aside = _begun(target)
        try:
            left = memoryview(content)
            while left:
                left = left[os.write(descriptor, left) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(aside, target)


def _is_there(target: Path, size_bytes: int) -> bool:
    try:
        if os.stat(target).st_size != size_bytes:
            return False
    except FileNotFoundError:
        return False
    os.utime(target)  # housekeeping takes files that nobody has asked for for a day: this one is asked for
    return True


def _begun(target: Path) -> tuple[int, str]:
    """A new file beside the target, open for writing."""
    folder = os.path.dirname(target)
    aside = f"{folder}/.writing-{os.getpid()}-{secrets.token_hex(6)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        return os.open(aside, flags, 0o600), aside
    except FileNotFoundError:  # most folders are there: each begins with two letters of a hash
        os.makedirs(folder, exist_ok=True)
        return os.open(aside, flags, 0o600), aside


def put_file(name: str, content: IO[bytes], storage: Storage = default_storage) -> None:
    """As ``put``, of what a file holds."""
    size_bytes = content.seek(0, io.SEEK_END)
    content.seek(0)
    target = local_path(name, storage)
    if target is None:  # an object store writes whole objects or none
        _put_object(name, content, size_bytes, storage)
        return
    if _is_there(target, size_bytes):
        return
    descriptor, aside = _begun(target)
    with os.fdopen(descriptor, "wb") as file:
        shutil.copyfileobj(content, file, COPY_BYTES)
        file.flush()
        os.fsync(file.fileno())
    os.replace(aside, target)


def _put_object(name: str, content: IO[bytes], size_bytes: int, storage: Storage) -> None:
    if storage.exists(name):
        if storage.size(name) == size_bytes:
            return
        storage.delete(name)
    stored = storage.save(name, File(content))
    if stored != name:  # somebody was faster; theirs has the same bytes, for the name is made of their hash
        storage.delete(stored)


def local_path(name: str, storage: Storage = default_storage) -> Path | None:
    """Where the file lies when the storage is a folder of this machine, else None."""
    try:
        return Path(storage.path(name))
    except NotImplementedError:
        return None


def get(name: str, storage: Storage = default_storage) -> bytes | None:
    """The bytes under ``name``, None when there is no such file."""
    if local_path(name, storage) is None:
        return fetcher(storage)(name)
    return _opened(name, storage)


def fetcher(storage: Storage = default_storage) -> Callable[[str], bytes | None]:
    """As ``get``, of a storage elsewhere: may be called by several threads at a time, which hides how far away it is.

    An S3 of django-storages is asked by one GET: its own file asks for the object's head twice before that.
    """
    if not (hasattr(storage, "bucket_name") and hasattr(storage, "connection") and hasattr(storage, "_normalize_name")):
        return lambda name: _opened(name, storage)
    from botocore.exceptions import ClientError  # noqa: PLC0415  # requirements-s3.txt
    from storages.utils import clean_name  # noqa: PLC0415

    client = storage.connection.meta.client  # unlike the resource it belongs to, threads may share it

    def fetch(name: str) -> bytes | None:
        try:
            found = client.get_object(Bucket=storage.bucket_name, Key=storage._normalize_name(clean_name(name)))
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
                return None
            raise
        # stored compressed, by a setting of the storage: its own file knows how to read it
        return _opened(name, storage) if found.get("ContentEncoding") else bytes(found["Body"].read())

    return fetch


def _opened(name: str, storage: Storage) -> bytes | None:
    try:
        with storage.open(name, "rb") as file:
            return bytes(file.read())
    except FileNotFoundError:
        return None


def reader(storage: Storage = default_storage) -> Callable[[str, int], bytes | None]:
    """Reads as ``get`` does, for who reads many: files by their names and the sizes they are expected to have.

    A storage that is a folder of this machine is asked once where it lies, not for every file, and a file is one read:
    a fifth of the time of ``get``.
    """
    folder = local_path("", storage)
    if folder is None:
        fetch = fetcher(storage)
        return lambda name, size_bytes: fetch(name)

    def read(name: str, size_bytes: int) -> bytes | None:
        if name.startswith("/") or ".." in name:  # the storage knows what to say of those
            return get(name, storage)
        try:
            descriptor = os.open(f"{folder}/{name}", os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            content = os.read(descriptor, size_bytes + 1)  # one more, by which the end of the file is known
            return content if len(content) == size_bytes else content + _rest(descriptor)
        finally:
            os.close(descriptor)

    return read


def _rest(descriptor: int) -> bytes:
    return b"".join(iter(lambda: os.read(descriptor, COPY_BYTES), b""))


def let_go(name: str, storage: Storage = default_storage) -> bool:
    """Deletes a file that, since a commit before this call, no row names any more; False while a backup is under way.

    Asked in this order nothing is missed: a backup that begins after the question copies a database without the name.
    What is left lying here is found by housekeeping.
    """
    if Backup.objects.under_way().exists():
        return False
    drop(name, storage)
    return True


def drop(name: str, storage: Storage = default_storage) -> None:
    """Deletes a file; one that is gone already is fine."""
    if name:
        storage.delete(name)


@dataclass(frozen=True)
class Stamp:
    """By which a file is known again: one that was stored or touched meanwhile has another."""

    changed_at: datetime
    mark: tuple[int, ...] = ()


def stamp(name: str, storage: Storage = default_storage) -> Stamp | None:
    """None when there is no such file."""
    path = local_path(name, storage)
    try:
        if path is None:
            return Stamp(storage.get_modified_time(name))
        facts = path.stat()
    except FileNotFoundError:
        return None
    return Stamp(datetime.fromtimestamp(facts.st_mtime, UTC), (facts.st_mtime_ns, facts.st_ino, facts.st_size))


def discard(name: str, seen: Stamp, is_needed: Callable[[], bool], storage: Storage = default_storage) -> int | None:
    """Deletes a file that no row names, unless it is another than was ``seen`` or is needed after all. Bytes freed.

    The file is moved aside first and looked at then: whoever stores it again meanwhile either touched it before, which
    shows, or does not find it and writes it anew. Killed in between, ``original_of`` finds the way back.
    """
    path = local_path(name, storage)
    if path is None:
        return _discard_object(name, seen, is_needed, storage)
    if Backup.objects.under_way().exists():
        return None
    aside = path.with_name(f"{ASIDE}{path.name.removeprefix(ASIDE)}")
    try:
        path.rename(aside)
        facts = aside.stat()
    except FileNotFoundError:
        return None
    if (facts.st_mtime_ns, facts.st_ino, facts.st_size) != seen.mark or is_needed():
        _put_back(aside, path)
        return None
    aside.unlink()
    return facts.st_size


def _discard_object(name: str, seen: Stamp, is_needed: Callable[[], bool], storage: Storage) -> int | None:
    if stamp(name, storage) != seen or is_needed():
        return None
    size_bytes = storage.size(name)
    return size_bytes if let_go(name, storage) else None


def original_of(name: str) -> str | None:
    """The name a file had before ``discard`` moved it aside; None for any other."""
    folder, _, last = name.rpartition("/")
    return f"{folder}/{last.removeprefix(ASIDE)}" if last.startswith(ASIDE) else None


def bring_back(name: str, original: str, storage: Storage = default_storage) -> None:
    """Undoes what a killed ``discard`` left half done."""
    aside, path = local_path(name, storage), local_path(original, storage)
    if aside and path:
        _put_back(aside, path)


def _put_back(aside: Path, path: Path) -> None:
    with suppress(FileExistsError):  # written anew meanwhile: the same bytes
        path.hardlink_to(aside)
    aside.unlink()
