"""``manage.py restore FOLDER``: an installation of a backup."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.backup import BackupRefused, restore


class Command(BaseCommand):
    help = "Checks a backup and makes it this installation's database, files and secret key. Stop Querent first."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--replace", action="store_true", help="Also over a database that is not empty, which is kept beside it."
        )

    def handle(self, *args: Any, folder: Path, replace: bool, **options: Any) -> None:
        os.umask(0o077)
        try:
            restored = restore(folder, self.stdout.write, replace=replace)
        except BackupRefused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Restored: everything as it was at {restored.made_at[:19]} UTC.")
