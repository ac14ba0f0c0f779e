"""The Celery application: ``celery -A config worker``."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("querent")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")


@beat_init.connect
def sweep_at_start(sender: Any, **_: Any) -> None:
    """Sends the sweeps when the scheduler starts: what a kill interrupted goes on at once, not after an interval."""
    for entry in app.conf.beat_schedule.values():
        app.send_task(entry["task"], **entry["options"])
