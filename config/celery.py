"""The Celery application of workers and of whoever sends jobs: ``celery -A config worker``."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("querent")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")


#: A worker asks Redis anew after so long without a message; one that comes meanwhile is there at once.
WAITS_FOR_MESSAGES_S = 10


@worker_init.connect
def fit_the_database(**_: Any) -> None:
    """An old worker must not write what newer code will read."""
    from config.versions import NewerDatabase, refuse_newer_database  # noqa: PLC0415 - needs loaded apps

    try:
        refuse_newer_database()
    except NewerDatabase as newer:
        raise SystemExit(f"Querent cannot start: {newer}") from None


@worker_init.connect
def outlive_the_broker(**_: Any) -> None:
    """A worker that loses Redis with a job in hand goes on: the loss stays a ConnectionError, which Celery bears.

    In kombu 5.7 a channel that puts a message back, or acknowledges it, after its connection was closed asks that
    connection where Redis is: AttributeError, and the worker exits.
    """
    from kombu.transport import redis  # noqa: PLC0415 - of workers only
    from redis.exceptions import ConnectionError as Lost  # noqa: PLC0415

    class Channel(redis.Channel):
        def _connparams(self, asynchronous: bool = False) -> Any:
            if self.connection is None or self.connection.client is None:
                raise Lost("its connection was closed")
            return super()._connparams(asynchronous=asynchronous)

    redis.Transport.Channel = Channel
    redis.Transport.brpop_timeout = WAITS_FOR_MESSAGES_S
