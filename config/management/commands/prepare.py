"""``manage.py prepare``: what has to be true on a machine before its processes start."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import preparation
from config.environment import BASE_DIR, env
from config.preparation import CannotStart


class Command(BaseCommand):
    help = (
        "Prepares this machine: migrates the database, collects the static files, makes the first user where there is "
        "none. Run it on every machine, at every new version, before its processes start; again does no harm."
    )
    requires_system_checks = []

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--samples", action="store_true", help="Give the first user the sample projects.")

    def handle(self, *args: Any, **options: Any) -> None:
        os.chdir(BASE_DIR)
        os.umask(0o077)
        try:
            preparation.reach_database()
            preparation.reach_files()
            if env.str("REDIS_URL", default=""):
                preparation.reach_broker()
            with preparation.one_machine_at_a_time():
                preparation.migrate(self.say)
                first = preparation.first_user(self.say, samples=options["samples"])
            preparation.collect_static(self.say)
        except CannotStart as error:
            raise CommandError(str(error)) from error
        if first:
            self.say(f"User       {first.username}")
            self.say(f"Password   {first.password or '(the one in QUERENT_ADMIN_PASSWORD)'}")
        self.say("This machine is prepared.")

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
