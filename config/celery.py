"""The Celery application of workers and of whoever sends jobs: ``celery -A config worker``."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("querent")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")


@worker_init.connect
def fit_the_database(**_: Any) -> None:
    """An old worker must not write what newer code will read."""
    from config.versions import NewerDatabase, refuse_newer_database  # noqa: PLC0415 - needs loaded apps

    try:
        refuse_newer_database()
    except NewerDatabase as newer:
        raise SystemExit(f"Querent cannot start: {newer}") from None
