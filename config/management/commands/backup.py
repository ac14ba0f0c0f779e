"""``manage.py backup FOLDER``: everything, while people work."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.backup import BackupRefused, take


class Command(BaseCommand):
    help = "Copies the database, every file it names and the secret key into a new folder, while people work."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="New or empty; on another disk than QUERENT_HOME.")
        parser.add_argument("--since", type=Path, help="An earlier backup: what it has becomes a hard link to it.")

    def handle(self, *args: Any, folder: Path, since: Path | None, **options: Any) -> None:
        os.umask(0o077)
        try:
            made = take(folder, self.stdout.write, since=since)
        except BackupRefused as error:
            raise CommandError(str(error)) from error
        key = "with the secret key" if "secret_key" in made.parts else "without SECRET_KEY: keep it elsewhere"
        self.stdout.write(f"{folder}: {made.file_count:,} files, {made.size_bytes:,} bytes, {key}")
        if made.missing:
            first = ", ".join(made.missing[:3])
            raise CommandError(f"{len(made.missing)} files were missing or damaged before the backup: {first}")
