"""Files. Those that never change are fetched so that a broken connection costs only what was on its way."""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path

import httpx

from querent_client.errors import ConnectionLost, DownloadDamaged
from querent_client.models import SnapshotOut
from querent_client.progress import Progress
from querent_client.retries import Retries
from querent_client.transport import Transport

Answered = AbstractContextManager[httpx.Response]


def fetch(transport: Transport, snapshot: SnapshotOut, path: Path, tell: Progress) -> Path:
    """Writes the snapshot's file to ``path``. What has come lies beside it, named by its hash, until it is whole."""
    sha256, size_bytes = snapshot["sha256"], snapshot["size_bytes"]
    if path.is_file() and path.stat().st_size == size_bytes and _sha256(path) == sha256:
        return path
    part = path.with_name(f".{path.name}.{sha256[:16]}.part")
    from_before = part.exists()
    _complete(transport, snapshot, part, tell)
    found = _sha256(part)
    if found != sha256 and from_before:  # what lay there was not what it seemed: once more, from the beginning
        part.unlink()
        _complete(transport, snapshot, part, tell)
        found = _sha256(part)
    if found != sha256:
        part.unlink()
        raise DownloadDamaged(f"{path.name}: sha256 {found}, the server says {sha256}")
    part.replace(path)
    return path


def _complete(transport: Transport, snapshot: SnapshotOut, part: Path, tell: Progress) -> None:
    """Asks for what is missing until the part has the whole size; attempts that bring nothing are counted."""
    retries, without_news = transport.retries, 0
    part.touch()
    while (before := part.stat().st_size) != snapshot["size_bytes"]:
        error = _more(transport, snapshot, part, tell)
        after = part.stat().st_size
        if after == snapshot["size_bytes"]:
            break
        without_news = 1 if after > before else without_news + 1
        pause_s = retries.pause_s(without_news)
        if pause_s is None:
            raise ConnectionLost(f"{part.name}: broke off at byte {after:,} of {snapshot['size_bytes']:,}") from error
        retries.sleep(pause_s)


def _more(transport: Transport, snapshot: SnapshotOut, part: Path, tell: Progress) -> httpx.TransportError | None:
    """One request, from where the part ends; returns what broke it off."""
    at, etag = part.stat().st_size, f'"{snapshot["sha256"]}"'
    headers = {"Range": f"bytes={at}-", "If-Range": etag} if at else {}
    with transport.stream("snapshots_file", public_id=snapshot["id"], headers=headers) as response:
        if response.headers.get("ETag", etag) != etag:
            raise DownloadDamaged(f"{part.name}: the server has another file, {response.headers['ETag']}")
        if response.status_code != 206:
            at = 0
        elif not response.headers.get("Content-Range", "").startswith(f"bytes {at}-"):
            raise DownloadDamaged(f"{part.name}: asked from byte {at}, got {response.headers.get('Content-Range')!r}")
        with part.open("r+b") as file:
            file.truncate(at)
            if response.status_code == 416:  # more lay there than the file has
                return None
            file.seek(at)
            try:
                for block in response.iter_raw():  # as they come: with a size it would keep back what it has got
                    file.write(block)
                    at += len(block)
                    tell("bytes", at, snapshot["size_bytes"])
            except httpx.TransportError as error:
                return error
    return None


def stream(opened: Callable[[], Answered], retries: Retries, path: Path, tell: Progress) -> Path:
    """Writes an answer that is made while it is sent; one that breaks off begins anew."""
    part = path.with_name(f".{path.name}.part")
    for attempt in count(1):
        try:
            with opened() as response, part.open("wb") as file:
                for block in response.iter_raw():
                    file.write(block)
                    tell("bytes", file.tell(), None)
        except httpx.TransportError as error:
            pause_s = retries.pause_s(attempt)
            if pause_s is None:
                part.unlink()
                raise ConnectionLost(f"{path.name}: the export broke off {attempt} times") from error
            retries.sleep(pause_s)
        else:
            break
    part.replace(path)
    return path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
