"""``recount`` repairs the stored counts; ``recount --check`` only says what is wrong."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from labeling.kinds import KINDS
from labeling.models import Project
from labeling.selectors.recount import differences
from labeling.services.projects.recount import repair


class Command(BaseCommand):
    help = "Compares the counts of Progress, items and members with the rows, and repairs them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slugs", nargs="*", help="Projects; all when left out.")
        parser.add_argument("--check", action="store_true", help="Change nothing; exit 1 when something differs.")

    def handle(self, *args: Any, slugs: list[str], check: bool, **options: Any) -> None:
        projects = Project.objects.order_by("pk")
        if slugs:
            projects = projects.filter(slug__in=slugs)
            if missing := set(slugs) - set(projects.values_list("slug", flat=True)):
                raise CommandError(f"No such project: {', '.join(sorted(missing))}")
        wrong = 0
        for project in projects:
            if project.kind not in KINDS:
                self.stderr.write(f"{project.slug}: left out, its kind {project.kind!r} is not installed.")
                continue
            for difference in differences(project) if check else repair(project):
                wrong += 1
                self.stdout.write(f"{project.slug}: {difference}")
        if check and wrong:
            raise CommandError(f"{wrong} differences.", returncode=1)
        self.stdout.write(
            f"{projects.count()} projects, {wrong} differences{'' if check or not wrong else ' repaired'}."
        )
