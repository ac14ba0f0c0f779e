"""The application as gunicorn loads it, once for all processes of the predictor."""

import os
from collections.abc import Iterable
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import close_old_connections, connections  # noqa: E402
from django.db.backends.base.base import BaseDatabaseWrapper  # noqa: E402
from django.db.backends.signals import connection_created  # noqa: E402
from django.dispatch import receiver  # noqa: E402

from config.predictor.application import Application  # noqa: E402
from config.versions import NewerDatabase, refuse_newer_database  # noqa: E402
from labeling.services.outages.patience import stand  # noqa: E402
from learning.services.pipeline.registered import FAMILIES  # noqa: E402
from learning.services.serving.answering import WRITE_PATIENCE_S  # noqa: E402

try:
    refuse_newer_database()
except NewerDatabase as newer:
    raise SystemExit(f"Querent cannot start: {newer}") from None
connections.close_all()  # no process inherits one
for family in FAMILIES.names():
    FAMILIES.make(family)  # imported now and shared, with NumPy and scikit-learn


@receiver(connection_created)
def _made_for_a_log(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """What is kept here is a log: a kill loses nothing of it, and a power cut may lose its last moments (the answers
    of people are on the disk, decision 0035). Whatever waits for a lock waits as long as an answer may."""
    stand(connection, WRITE_PATIENCE_S)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=NORMAL")


_answer = Application()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    close_old_connections()  # a database that was away is connected to anew
    return _answer(environ, start_response)
