"""``manage.py repeat_run RUN``: is the model of this run the same when it is made again?"""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from learning.models import ModelVersion, Run
from learning.services import files
from learning.services.pipeline import repeat


class Command(BaseCommand):
    help = (
        "Makes the model of a run again from its frozen data and compares the bytes. Without --store nothing changes."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("run", help="The id of the run, as in the address of its page.")
        parser.add_argument(
            "--store",
            action="store_true",
            help="When the bytes are the same: have a file that was let go again, pinned.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = repeat.repeat(Run.objects.select_related("project").get(public_id=options["run"]), options["store"])
        except (Run.DoesNotExist, ValidationError, ModelVersion.DoesNotExist) as error:
            raise CommandError("There is no such run, or no model came of it.") from error
        except files.Corrupt as error:
            raise CommandError(f"It cannot be made again: {error}.") from error
        if found.is_same:
            print(f"The same bytes: {found.sha256}")
            return
        print(f"Another model: {found.sha256 or 'none'}, was {found.was}")
        if found.data_changed:
            print("The data has changed: items were set aside or restored, or labels changed, since the run.")
        if found.code_changed:
            print("The code has changed since the run.")
        raise SystemExit(1)
