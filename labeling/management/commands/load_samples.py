"""``manage.py load_samples``: the sample projects."""

import hashlib
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from labeling.models import ImportBatch, JobState, Project, User
from labeling.services.imports import run_import, start_import
from labeling.services.projects.manage import create_project, may_create_projects
from labeling.services.samples import FOLDER, play_first_part
from labeling.services.samples.sample import described, read_sample
from labeling.services.scheme.words import describe_label


class Command(BaseCommand):
    help = "Loads the sample projects: photos, texts, a table, pairs. Those that exist already are left as they are."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", required=True, help="Name of the user who will manage them.")
        parser.add_argument("--now", action="store_true", help="Import here instead of leaving it to the worker.")
        parser.add_argument(
            "--play", action="store_true", help="Have simulated people label the first part of the photos: a job."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']}.")
        if not may_create_projects(user):
            raise CommandError(f"{user} may not create projects.")
        for name in sorted(path.parent.name for path in FOLDER.glob("*/project.json")):
            batch = load(user, name, play=options["play"])
            if batch is None:
                outcome = "exists already"
            elif options["now"]:
                run_import(batch.pk)
                batch.refresh_from_db()
                outcome = f"{batch.accepted} items"
                if batch.state != JobState.DONE:
                    raise CommandError(f"{name}: the import is {batch.state}: {batch.error}")
            else:
                outcome = "import started"
            if options["verbosity"]:
                self.stdout.write(f"{name}: {outcome}")


def load(user: User, name: str, *, play: bool = False) -> ImportBatch | None:
    """Creates the project of a sample and starts its import; None when its slug is taken."""
    made = described(name)
    file_name = made.pop("file")
    words = {label["name"]: label for label in made.get("labels", ())}
    made["labels"] = [{"name": name, "hotkey": label.get("hotkey", "")} for name, label in words.items()]
    if Project.objects.filter(slug=made["slug"]).exists():
        return None
    with transaction.atomic(), (FOLDER / name / file_name).open("rb") as file:
        project = create_project(user, **made)
        for label, said in words.items():
            describe_label(
                user, project, label, description=said.get("description", ""), examples=said.get("examples", ())
            )
        # the same items measure wherever the sample is loaded, and the same models come of the same answers
        project.split_seed = hashlib.sha256(name.encode()).hexdigest()[:16]
        project.save(update_fields=["split_seed"])
        if play and (sample := read_sample(name)):
            play_first_part(project, sample, user)
        return start_import(user, project, file=file, file_name=file_name)
