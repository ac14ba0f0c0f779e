"""What a backup says about itself: ``manifest.json``, and ``files.jsonl`` with a line for every file."""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils.crypto import salted_hmac

from config.versions import RETIRED

FORMAT = 1
MANIFEST = "manifest.json"
FILES = "files.jsonl"
BLOCK_BYTES = 1024 * 1024

Migrations = list[list[str]]


class BackupRefused(Exception):
    """The text is one line that says what is the matter and what to do."""


@dataclass
class Manifest:
    """``parts``: SHA-256 of everything in the folder but the stored files, whose hashes are in ``files.jsonl``."""

    format: int
    made_at: str
    vendor: str
    migrations: Migrations
    code: str
    secret_key: str
    parts: dict[str, str] = field(default_factory=dict)
    tables: dict[str, list[str]] = field(default_factory=dict)
    file_count: int = 0
    size_bytes: int = 0
    missing: list[str] = field(default_factory=list)

    def write(self, folder: Path) -> None:
        """Last of all, whole or not at all: a folder with a manifest is a whole backup."""
        aside = folder / f".{MANIFEST}.aside"
        aside.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False))
        os.sync()  # everything before it, in one go: a call for each of many thousand files takes minutes
        aside.replace(folder / MANIFEST)
        os.sync()

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Raises BackupRefused when the folder is no whole backup of a format this code knows."""
        path = folder / MANIFEST
        if not path.is_file():
            raise BackupRefused(f"{folder} is no whole backup: it has no {MANIFEST}.")
        try:
            given: dict[str, Any] = json.loads(path.read_text())
            if given["format"] != FORMAT:
                raise BackupRefused(
                    f"{folder} has the format {given['format']}; this version of Querent knows {FORMAT}."
                )
            given["migrations"] = [key for key in given["migrations"] if tuple(key) not in RETIRED]
            return cls(**given)
        except (ValueError, KeyError, TypeError) as error:
            raise BackupRefused(f"The manifest of {folder} cannot be read: {error!r}.") from error


@dataclass(frozen=True)
class FileLine:
    name: str
    sha256: str
    size_bytes: int


def file_lines(folder: Path) -> Iterator[FileLine]:
    with (folder / FILES).open(encoding="utf-8") as lines:
        for line in lines:
            yield FileLine(**json.loads(line))


def hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copied(source: IO[bytes], target: Path) -> tuple[str, int]:
    """Writes the bytes to ``target``; their SHA-256 and number."""
    hasher, size_bytes = hashlib.sha256(), 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        while block := source.read(BLOCK_BYTES):
            file.write(block)
            hasher.update(block)
            size_bytes += len(block)
    return hasher.hexdigest(), size_bytes


def applied_migrations() -> Migrations:
    """[app, name] of those the database has seen, in a fixed order; a squashed one by those that it replaces."""
    loader = MigrationLoader(connection)
    squashed = {key for key, migration in loader.disk_migrations.items() if migration.replaces} | RETIRED
    return sorted([app, name] for app, name in {*loader.applied_migrations} - squashed)


def known_migrations() -> set[tuple[str, str]]:
    """Those this code brings, in the same way."""
    found: set[tuple[str, str]] = set()
    for key, migration in MigrationLoader(None).disk_migrations.items():
        found |= {(app, name) for app, name in migration.replaces} or {key}
    return found


def key_fingerprint() -> str:
    """By which two installations see whether they have the same secret key, and nobody sees the key."""
    return salted_hmac("querent.backup", "fingerprint", algorithm="sha256").hexdigest()[:16]
