"""Taking a backup while people work."""

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.db.models.functions import Now
from django.utils import timezone

from config.backup import postgres, sqlite
from config.backup.manifest import (
    FILES,
    FORMAT,
    BackupRefused,
    FileLine,
    Manifest,
    applied_migrations,
    copied,
    file_lines,
    hash_of,
    key_fingerprint,
    known_migrations,
)
from labeling.models import Backup
from labeling.selectors.stored_files import named_files
from learning.services.runs.environment import source_sha256

Say = Callable[[str], None]
BEAT_EVERY_S = 20
SECRET_KEY = "secret_key"
NAMED = ".named.jsonl"


def take(folder: Path, say: Say, since: Path | None = None) -> Manifest:
    """Writes a whole backup into a new or empty folder. Files that ``since``, an earlier backup, has are hard links.

    Raises BackupRefused. What the database names and the storage lacks is listed in ``missing``.
    """
    earlier = _earlier(since)
    _check_migrations()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise BackupRefused(f"{folder} is not empty: give each backup a folder of its own.")
        with _under_way() as row:
            manifest = _copy_database(folder)
            say("The database is copied")
            _copy_files(folder, manifest, since, earlier)
            _copy_key(folder, manifest)
            for part in (FILES, *(str(path.relative_to(folder)) for path in _database_files(folder))):
                manifest.parts[part] = hash_of(folder / part)
            manifest.size_bytes += sum(path.stat().st_size for path in _database_files(folder))
            manifest.write(folder)
            size = {"size_bytes": manifest.size_bytes, "file_count": manifest.file_count}
            Backup.objects.filter(pk=row.pk).update(is_whole=not manifest.missing, **size)
    except OSError as error:
        raise BackupRefused(
            f"{error.filename or folder}: {error.strerror or error}. The backup is not whole."
        ) from error
    return manifest


def _check_migrations() -> None:
    applied, known = {tuple(key) for key in applied_migrations()}, known_migrations()
    if strange := sorted(applied - known):
        raise BackupRefused(f"The database is of a newer Querent ({'.'.join(strange[-1])}): back it up with that one.")
    if ("labeling", "backup") not in {(app, name[5:]) for app, name in applied if app == "labeling"}:
        raise BackupRefused("The database is of an older Querent: `manage.py migrate` first, or stop and copy it.")


@contextmanager
def _under_way() -> Iterator[Backup]:
    """Keeps files from being deleted. The heartbeat has a thread: copying a large database is one long call."""
    row = Backup.objects.create()
    ended = threading.Event()

    def beat() -> None:
        try:
            while not ended.wait(BEAT_EVERY_S):
                try:
                    Backup.objects.filter(pk=row.pk).update(heartbeat_at=Now())
                except DatabaseError:
                    continue  # busy or away; the next beat comes long before this one is missed
        finally:
            connection.close()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield row
    finally:
        ended.set()
        thread.join()
        Backup.objects.filter(pk=row.pk).update(finished_at=Now())


def _copy_database(folder: Path) -> Manifest:
    """The database and, in ``.named.jsonl``, the files it names at that moment."""
    manifest = Manifest(
        format=FORMAT,
        made_at=timezone.now().isoformat(),
        vendor=connection.vendor,
        migrations=[],
        code=source_sha256(),
        secret_key=key_fingerprint(),
    )
    if connection.vendor == "postgresql":
        with postgres.one_moment():
            manifest.migrations = applied_migrations()
            manifest.tables = postgres.dump(folder)
            _write_names(folder, "default")
    else:
        manifest.migrations = applied_migrations()
        sqlite.copy_database(folder / sqlite.NAME)
        with sqlite.opened(folder / sqlite.NAME) as alias:
            _write_names(folder, alias)
    return manifest


def _write_names(folder: Path, alias: str) -> None:
    with (folder / NAMED).open("w", encoding="utf-8") as lines:
        for file in named_files(alias):
            lines.write(json.dumps([file.name, file.sha256]) + "\n")


def _database_files(folder: Path) -> list[Path]:
    single = folder / sqlite.NAME
    return [single] if single.exists() else sorted((folder / postgres.FOLDER).iterdir())


def _copy_files(folder: Path, manifest: Manifest, since: Path | None, earlier: dict[str, FileLine]) -> None:
    done: set[str] = set()  # two rows may name the same file
    with (folder / NAMED).open(encoding="utf-8") as named, (folder / FILES).open("w", encoding="utf-8") as lines:
        for line in named:
            name, sha256 = json.loads(line)
            if name in done:
                continue
            done.add(name)
            known = earlier.get(name)
            if since and known and (not sha256 or sha256 == known.sha256):
                copy = _linked(since / "files" / name, folder / "files" / name, known)
            else:
                copy = _copied(folder, name, sha256)
            if copy is None:
                manifest.missing.append(name)
                continue
            lines.write(json.dumps(vars(copy)) + "\n")
            manifest.file_count += 1
            manifest.size_bytes += copy.size_bytes
    (folder / NAMED).unlink()


def _copied(folder: Path, name: str, sha256: str) -> FileLine | None:
    """None when it is missing or not what was registered: it was so before the backup, which goes on without it."""
    target = folder / "files" / name
    try:
        with default_storage.open(name, "rb") as file:
            found, size_bytes = copied(file, target)
    except FileNotFoundError:
        return None
    if sha256 and found != sha256:
        target.unlink()
        return None
    return FileLine(name, found, size_bytes)


def _linked(before: Path, target: Path, line: FileLine) -> FileLine | None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(before, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(before, target)
    return line


def _earlier(since: Path | None) -> dict[str, FileLine]:
    if since is None:
        return {}
    Manifest.read(since)
    return {line.name: line for line in file_lines(since)}


def _copy_key(folder: Path, manifest: Manifest) -> None:
    """The key that signs sessions, when it is kept in the home; one from the environment is only recognized again."""
    path: Any = settings.QUERENT_HOME / SECRET_KEY
    if os.environ.get("SECRET_KEY") or not path.exists():
        return
    with os.fdopen(os.open(folder / SECRET_KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(path.read_text())
    manifest.parts[SECRET_KEY] = hash_of(folder / SECRET_KEY)
