"""``manage.py scheduler``: does the sweeps and sends the regular jobs. One runs beside the workers, more do no harm."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from config.celery import app as celery_app
from config.schedule import Scheduler


class Command(BaseCommand):
    help = "Finds what was lost, ends leases that ran out, and sends the regular jobs; until it is asked to stop."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: stop.set())
        celery_app.set_current()
        Scheduler().run(stop)
