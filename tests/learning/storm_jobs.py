"""The tests' worker with a job that does nothing but take a while under a job record: ``tests.storm``."""

import time
from typing import Any

from celery import shared_task

from tests.learning.worker import app

__all__ = ["app"]

BEATS = 20


@shared_task(name="tests.storm")
def storm(pk: int) -> dict[str, Any]:
    from labeling.models import OverlapChange  # the worker's apps are loaded after this module
    from labeling.services.jobs.attempts import attempt_at

    with attempt_at(OverlapChange.objects.all(), pk) as attempt:
        if attempt is not None:
            for done in range(BEATS):
                attempt.beat(done=done)
                time.sleep(0.02)  # stands for work: what is tested is the process around it
            attempt.finish(done=BEATS)
    return {"pk": pk}
