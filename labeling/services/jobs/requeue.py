"""A person asks for jobs to be tried again: failed ones go back into the queue, waiting ones are announced again."""

from django.db import IntegrityError, transaction

from labeling.models import JobRecordQuerySet, JobState
from labeling.models.job_record import NO_WAIT
from labeling.services.jobs.enqueue import enqueue_on_commit


def requeue(rows: JobRecordQuerySet, job: str) -> int:
    """Announces queued, failed and cancelled rows again and returns how many; running and finished ones are left."""
    put_back = 0
    for pk in rows.values_list("pk", flat=True):
        again = rows.model._default_manager.filter(
            pk=pk, state__in=[JobState.QUEUED, JobState.FAILED, JobState.CANCELLED]
        )
        try:
            with transaction.atomic():
                taken = again.update(state=JobState.QUEUED, finished_at=None, **NO_WAIT)
        except IntegrityError:  # another run of the project waits already
            continue
        if taken:
            put_back += 1
            enqueue_on_commit(job, pk)
    return put_back
