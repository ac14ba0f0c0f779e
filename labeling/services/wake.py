"""Telling the workers that there is something to do. Losing the message loses nothing: the sweeper sends it again."""

import logging
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def wake(job: str, *args: Any) -> bool:
    """Announces a job by name; False (and a log line) when the broker cannot be reached."""
    try:
        current_app.send_task(job, args=args, ignore_result=True)
    except (OperationalError, OSError) as error:
        log.warning("broker unreachable, %s%s waits for the sweeper: %s", job, args, error)
        return False
    return True


def wake_on_commit(job: str, *args: Any) -> None:
    """Announces a job once the current transaction is durable."""
    transaction.on_commit(lambda: wake(job, *args))
