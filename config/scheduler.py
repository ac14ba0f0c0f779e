"""The Celery application of the scheduler, which sends jobs by name: ``celery -A config.scheduler beat``."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("querent-scheduler")
app.config_from_object("django.conf:settings", namespace="CELERY")


@beat_init.connect
def sweep_at_start(**_: Any) -> None:
    """Sends the sweeps when the scheduler starts: what a kill interrupted goes on at once, not after an interval."""
    for entry in app.conf.beat_schedule.values():
        app.send_task(entry["task"], **entry["options"])
