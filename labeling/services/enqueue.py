"""Waking a worker. The row in the database is the truth: a message that is lost is sent again by the sweeper."""

import logging
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def enqueue(job: str, *ids: Any) -> None:
    """Sends the job when the transaction commits; a broker that is away is logged, never an error of the caller."""
    transaction.on_commit(lambda: _send(job, ids))


def _send(job: str, ids: tuple[Any, ...]) -> None:
    try:
        current_app.send_task(job, args=list(ids))
    except (OperationalError, OSError) as error:
        logger.warning("broker away, %s %s waits for the sweeper: %s", job, ids, error)
