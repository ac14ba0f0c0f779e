"""Wakes a worker. The rows in the database are the truth: a message that is lost costs until the next sweep."""

import logging
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def wake(job: str, *args: Any) -> None:
    """Sends the job by name once the transaction is committed. A broker that is down is logged, not raised."""
    transaction.on_commit(lambda: _send(job, args))


def _send(job: str, args: tuple[Any, ...]) -> None:
    try:
        current_app.send_task(job, args=args, ignore_result=True)
    except (OperationalError, OSError) as error:
        logger.warning("%s%s was not sent, the sweeper will find it: %s", job, args, error)
