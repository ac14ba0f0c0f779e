"""Telling the workers that there is something to do. Losing the message loses nothing: the sweeper sends it again."""

import logging
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import ChannelError, OperationalError

log = logging.getLogger(__name__)


def enqueue(job: str, *args: Any) -> bool:
    """Announces a job by name; False (and a log line) when the broker cannot be reached."""
    try:
        current_app.send_task(job, args=args, ignore_result=True)
    except (OperationalError, OSError) as error:
        log.warning("broker unreachable, %s%s waits for the sweeper: %s", job, args, error)
        return False
    return True


def messages_waiting() -> int | None:
    """How many messages no worker has taken yet; None when the broker cannot be reached."""
    try:
        with current_app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, interval_start=0.1, timeout=3)
            return int(broker.channel().queue_declare(current_app.conf.task_default_queue, passive=True).message_count)
    except ChannelError:  # a queue without messages: in Redis there is no such thing
        return 0
    except (OperationalError, OSError) as error:
        log.warning("broker unreachable, nothing is announced again: %s", error)
        return None


def enqueue_on_commit(job: str, *args: Any) -> None:
    """Announces a job once the current transaction is durable."""
    transaction.on_commit(lambda: enqueue(job, *args))
