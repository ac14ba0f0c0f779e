"""``manage.py scheduler``: does the sweeps and sends the regular jobs. One runs beside the workers, more do no harm."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.celery import app as celery_app
from config.schedule import Scheduler
from config.versions import NewerDatabase, refuse_newer_database


class Command(BaseCommand):
    help = "Finds what was lost, ends leases that ran out, and sends the regular jobs; until it is asked to stop."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: stop.set())
        try:
            refuse_newer_database()
        except NewerDatabase as newer:
            raise CommandError(f"Querent cannot start: {newer}") from newer
        celery_app.set_current()
        Scheduler().run(stop)
