"""Files in the default storage whose name is known before they are written: originals and previews."""

import os
import tempfile
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage

from labeling.models import Backup


def put(name: str, content: bytes, storage: Storage = default_storage) -> None:
    """Stores ``content`` under exactly ``name``; whoever reads sees all of it or nothing.

    Harmless when repeated. A file cut short by a crash differs in size and is written again.
    """
    if storage.exists(name):
        if storage.size(name) == len(content):
            return
        storage.delete(name)
    try:
        target = Path(storage.path(name))
    except NotImplementedError:  # not a file system: an object store writes whole objects or none
        stored = storage.save(name, ContentFile(content))
        if stored != name:  # somebody was faster; theirs has the same bytes, for the name is made of their hash
            storage.delete(stored)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, aside = tempfile.mkstemp(dir=target.parent, prefix=".writing-")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(aside).replace(target)


def get(name: str, storage: Storage = default_storage) -> bytes | None:
    """The bytes under ``name``, None when there is no such file."""
    try:
        with storage.open(name, "rb") as file:
            return bytes(file.read())
    except FileNotFoundError:
        return None


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
