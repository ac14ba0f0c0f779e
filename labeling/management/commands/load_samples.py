"""``manage.py load_samples``: the sample projects."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from labeling.models import ImportBatch, JobState, Project, User
from labeling.services.imports import run_import, start_import
from labeling.services.projects.manage import create_project, may_create_projects

FOLDER = Path(settings.BASE_DIR) / "samples"


class Command(BaseCommand):
    help = "Loads the sample projects: photos, texts, a table, pairs. Those that exist already are left as they are."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", required=True, help="Name of the user who will manage them.")
        parser.add_argument("--now", action="store_true", help="Import here instead of leaving it to the worker.")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']}.")
        if not may_create_projects(user):
            raise CommandError(f"{user} may not create projects.")
        for folder in sorted(path.parent for path in FOLDER.glob("*/project.json")):
            batch = load(user, folder)
            if batch is None:
                outcome = "exists already"
            elif options["now"]:
                run_import(batch.pk)
                batch.refresh_from_db()
                outcome = f"{batch.accepted} items"
                if batch.state != JobState.DONE:
                    raise CommandError(f"{folder.name}: the import is {batch.state}: {batch.error}")
            else:
                outcome = "import started"
            if options["verbosity"]:
                self.stdout.write(f"{folder.name}: {outcome}")


def load(user: User, folder: Path) -> ImportBatch | None:
    """Creates the project of a sample folder and starts its import; None when its slug is taken."""
    described = json.loads((folder / "project.json").read_text(encoding="utf-8"))
    name = described.pop("file")
    if Project.objects.filter(slug=described["slug"]).exists():
        return None
    with transaction.atomic(), (folder / name).open("rb") as file:
        project = create_project(user, **described)
        return start_import(user, project, file=file, file_name=name)
