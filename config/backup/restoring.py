"""Making an installation of a backup. Until the last step, one rename, the one that was there is as it was."""

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.utils import timezone

from config.backup import postgres, sqlite
from config.backup.manifest import (
    FILES,
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
from config.backup.taking import SECRET_KEY
from config.supervision import AlreadyRunning, lock_home
from labeling.models import JobState, Project
from labeling.models.job_record import JobRecord
from labeling.selectors.recount import differences
from labeling.selectors.stored_files import named_files
from labeling.services.audit.trail import record

Say = Callable[[str], None]
#: Numbers of rows are not given again for so many after a restore: whoever still has an old page open answers nothing.
GAP = 1_000_000


def restore(folder: Path, say: Say, *, replace: bool = False) -> Manifest:
    """Checks everything, brings the files, then the database. Raises BackupRefused, and then nothing has changed.

    ``replace`` allows a database that is not empty; it is kept beside the restored one.
    """
    manifest = Manifest.read(folder)
    _check_versions(folder, manifest)
    lines = _checked(folder, manifest)
    say(f"{len(lines):,} files and the database have the hashes of the manifest")
    try:
        lock = lock_home(settings.QUERENT_HOME)
    except AlreadyRunning as error:
        raise BackupRefused(f"{error} Stop it first.") from error
    try:
        with _staged(folder, manifest, replace) as put_in_place:
            _check_names(lines, manifest)
            _recount(manifest, say)
            if _is_of_this_code(manifest):
                _let_go_of_jobs()
                record("backup.restored", user=None, after={"made_at": manifest.made_at, "code": manifest.code})
            _bring_files(folder, lines)
            _bring_key(folder, manifest, say)
            if kept := put_in_place():
                say(f"What was there before is kept as {kept}")
    except OSError as error:
        raise BackupRefused(f"{error.filename or folder}: {error.strerror or error}. Nothing was restored.") from error
    finally:
        os.close(lock)
    for name in manifest.missing:
        say(f"Was missing or damaged when the backup was made: {name}")
    return manifest


def _let_go_of_jobs() -> None:
    """Nobody works on what was running when the backup was made: whoever still lives works on the old database."""
    for jobs in JobRecord.__subclasses__():
        jobs._default_manager.filter(state=JobState.RUNNING).update(worker="", heartbeat_at=None)


def _check_versions(folder: Path, manifest: Manifest) -> None:
    if manifest.vendor != connection.vendor:
        raise BackupRefused(f"{folder} is of {manifest.vendor}, this installation has {connection.vendor}.")
    strange = sorted({(app, name) for app, name in manifest.migrations} - known_migrations())
    if strange:
        app, name = strange[-1]
        raise BackupRefused(
            f"{folder} is of a newer Querent ({app}.{name}): restore it with that version or a newer one."
        )


def _checked(folder: Path, manifest: Manifest) -> list[FileLine]:
    """Every byte of the backup is what the manifest says. Raises BackupRefused."""
    for part, sha256 in manifest.parts.items():
        if not (folder / part).is_file():
            raise BackupRefused(f"{folder} is damaged: {part} is missing.")
        if hash_of(folder / part) != sha256:
            raise BackupRefused(f"{folder} is damaged: {part} does not have the hash of the manifest.")
    if FILES not in manifest.parts:
        raise BackupRefused(f"{folder} is damaged: the manifest does not name {FILES}.")
    lines = list(file_lines(folder))
    for line in lines:
        name = PurePosixPath(line.name)
        if name.is_absolute() or ".." in name.parts:
            raise BackupRefused(f"{folder} is damaged: {line.name!r} is no name of a file in it.")
        path = folder / "files" / line.name
        if not path.is_file() or hash_of(path) != line.sha256:
            raise BackupRefused(
                f"{folder} is damaged: {line.name} is missing or does not have the hash of the manifest."
            )
    return lines


@contextmanager
def _staged(folder: Path, manifest: Manifest, replace: bool) -> Iterator[Callable[[], str]]:
    """The default connection reads the restored database; the callable makes it the installation's, and says as what
    the old one is kept. Without that call nothing is left of it."""
    if manifest.vendor == "postgresql":
        with _staged_schema(folder, manifest, replace) as put_in_place:
            yield put_in_place
    else:
        with _staged_file(folder, replace) as put_in_place:
            yield put_in_place


def _stamp() -> str:
    return f"before_restore_{timezone.now():%Y%m%d_%H%M%S}"


@contextmanager
def _staged_file(folder: Path, replace: bool) -> Iterator[Callable[[], str]]:
    place = Path(settings.DATABASES["default"]["NAME"])
    if _has_tables(place) and not replace:
        raise BackupRefused(f"{place} is not empty. With --replace it is kept beside the restored one.")
    staged = place.with_name(f".restoring-{secrets.token_hex(4)}.sqlite3")
    connection.close()
    connection.settings_dict["NAME"] = str(staged)

    def put_in_place() -> str:
        connection.close()
        _settle(staged)
        kept = place.with_name(f"{place.name}.{_stamp()}") if _has_tables(place) else None
        if place.exists():
            _settle(place)
        if kept:
            os.link(place, kept)
        for rest in ("-wal", "-shm"):  # of a database too damaged to be settled: they must not meet the restored one
            left = place.with_name(place.name + rest)
            if left.exists():
                left.replace(Path(f"{kept or place.with_name('.left')}{rest}"))
        staged.replace(place)
        return kept.name if kept else ""

    try:
        with (folder / sqlite.NAME).open("rb") as source:
            copied(source, staged)
        sqlite.check(staged)
        sqlite.leave_room(staged, GAP)
        yield put_in_place
    finally:
        connection.close()
        connection.settings_dict["NAME"] = str(place)
        for rest in ("", "-wal", "-shm"):
            staged.with_name(staged.name + rest).unlink(missing_ok=True)


def _has_tables(path: Path) -> bool:
    if not path.exists() or not path.stat().st_size:
        return False
    try:
        with closing(sqlite3.connect(path, timeout=20)) as database:
            return bool(database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    except sqlite3.DatabaseError:
        return True  # damaged, which is why somebody restores: kept all the same


def _settle(path: Path) -> None:
    """Everything in the one file, on the disk."""
    try:
        with closing(sqlite3.connect(path, timeout=20)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.DatabaseError:
        return  # damaged: kept as it is
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


@contextmanager
def _staged_schema(folder: Path, manifest: Manifest, replace: bool) -> Iterator[Callable[[], str]]:
    if others := postgres.others_connected():
        raise BackupRefused(
            f"{others} other connections to the database are open. Stop every process of Querent first."
        )
    was_empty = not postgres.has_tables()
    if not was_empty and not replace:
        raise BackupRefused("The database is not empty. With --replace it is kept beside the restored one.")
    try:
        staging = postgres.Staging()
    except DatabaseError as error:
        raise BackupRefused(f"The database refuses a schema beside its own: {str(error).strip()}") from error
    kept = "" if was_empty else _stamp()
    in_place: list[bool] = []

    def put_in_place() -> str:
        staging.take_over(kept or None)
        in_place.append(True)
        return f"schema {kept}" if kept else ""

    try:
        staging.load(folder, manifest.tables, manifest.migrations, GAP)
        yield put_in_place
    except DatabaseError as error:
        raise BackupRefused(f"The database refuses what is restored: {str(error).strip()[:300]}") from error
    finally:
        if not in_place:
            staging.drop()


def _check_names(lines: list[FileLine], manifest: Manifest) -> None:
    """Whatever the restored database names is in the backup. Raises BackupRefused."""
    if not _is_of_this_code(manifest):
        return  # its tables have other columns than the models: the hashes have to do
    there, missing = {line.name: line.sha256 for line in lines}, set(manifest.missing)
    for file in named_files():
        if file.name in missing:
            continue
        if file.name not in there or (file.sha256 and there[file.name] != file.sha256):
            raise BackupRefused(f"The backup lacks {file.name}, which its database names.")


def _is_of_this_code(manifest: Manifest) -> bool:
    return {(app, name) for app, name in manifest.migrations} >= known_migrations()


def _recount(manifest: Manifest, say: Say) -> None:
    assert manifest.migrations == applied_migrations()
    if not _is_of_this_code(manifest):
        say("The backup is of an older Querent: its counts can be proved after the migrations (recount --check)")
        return
    wrong = sum(1 for project in Project.objects.order_by("pk") for _ in differences(project))
    say(f"{wrong} counts differ from the rows: run `manage.py recount`" if wrong else "The counts agree with the rows")


def _bring_files(folder: Path, lines: list[FileLine]) -> None:
    """Every file under its name, whole or not at all. What is there already with the same bytes stays.

    Before the database: names are made of hashes and random numbers, so they are in nobody's way if it ends here.
    """
    for line in lines:
        source = folder / "files" / line.name
        target = _local(line.name)
        if target is None:
            _bring_to_store(source, line)
        elif not (target.is_file() and target.stat().st_size == line.size_bytes and hash_of(target) == line.sha256):
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            aside = target.with_name(f".{secrets.token_hex(8)}.aside")
            with source.open("rb") as file:
                copied(file, aside)
            aside.replace(target)
    os.sync()


def _local(name: str) -> Path | None:
    try:
        return Path(default_storage.path(name))
    except NotImplementedError:
        return None


def _bring_to_store(source: Path, line: FileLine) -> None:
    if default_storage.exists(line.name):
        if default_storage.size(line.name) == line.size_bytes:
            return
        default_storage.delete(line.name)
    with source.open("rb") as file:
        default_storage.save(line.name, File(file))


def _bring_key(folder: Path, manifest: Manifest, say: Say) -> None:
    """The key that signed people's sessions. One in the environment stays what the environment says."""
    path: Any = settings.QUERENT_HOME / SECRET_KEY
    if os.environ.get("SECRET_KEY") or SECRET_KEY not in manifest.parts:
        if manifest.secret_key != key_fingerprint():
            say("SECRET_KEY is not the one of the backup: everybody has to sign in again")
        return
    aside = path.with_name(f".{SECRET_KEY}.{os.getpid()}")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write((folder / SECRET_KEY).read_text())
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
