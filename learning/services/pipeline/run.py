"""One run from claim to end. Any step may be repeated: an attempt that takes over begins anew and ends the same."""

import logging
from contextlib import suppress
from typing import Any

from django.db import Error
from threadpoolctl import threadpool_limits

from labeling.models import JobState
from labeling.services.jobs.attempts import FencedOff, give_back
from labeling.services.jobs.liveness import kept_alive
from labeling.services.outages.causes import outage_of
from learning.core.data_tests import HardTestFailed
from learning.models import AlertKind, Run
from learning.services.monitoring import alerts
from learning.services.pipeline import learn
from learning.services.pipeline.registered import family_of
from learning.services.runs.steps import StepFailed, StepLog

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 10


def run_training(run_pk: int) -> dict[str, Any]:
    """Claims a run, or goes on with one whose worker died, and takes it to its end. Safe to call twice."""
    attempt = Run.objects.claim(run_pk) or Run.objects.take_over(run_pk)
    run = Run.objects.select_related("project").filter(pk=run_pk).first()
    if attempt is None or run is None:
        return {"run": run_pk, "state": run.state if run else "gone"}
    log = StepLog(run, attempt)
    if attempt - run.put_backs > MAX_ATTEMPTS:
        error = f"its worker died {MAX_ATTEMPTS} times"
        log.finish(JobState.FAILED, error=error)
        alerts.raise_alert(
            run.project, AlertKind.RUN_FAILED, f"The run was given up: {error}.", subject="worker", run=run
        )
        return {"run": run_pk, "state": JobState.FAILED}
    try:
        return _attempt(run, log)
    except Exception as error:  # whatever a step raises may be an outage; what is none is raised again
        if not (outage := outage_of(error)):
            raise
        give_back(Run.objects.all(), run_pk, attempt, outage, error)
        with suppress(Error):  # only so that the page shows where it stands
            Run.objects.filter(pk=run_pk, attempt=attempt, worker="").update(steps=run.steps)
        return {"run": run_pk, "state": f"put back: {outage.cause}"}


def _attempt(run: Run, log: StepLog) -> dict[str, Any]:
    """All steps, and the end on record. Raises what an outage made of a step."""
    state, error = JobState.DONE, ""
    try:
        # one BLAS thread: the same bits on every machine, and two threads took ten times the CPU on fits this small
        with kept_alive(), threadpool_limits(limits=1):
            learn.take_steps(run, log, family_of(run.project))
    except FencedOff:
        return {"run": run.pk, "state": "stopped"}
    except learn.NothingToLearn as short:
        log.finish(JobState.SKIPPED, reason=str(short))
        return {"run": run.pk, "state": JobState.SKIPPED}
    except StepFailed as failure:
        if outage_of(failure):
            raise
        logger.exception("run %s failed", run.pk)
        state, error = JobState.FAILED, str(failure)
        _tell(run, failure)
    if log.finish(state, error=error) and state == JobState.DONE:
        alerts.is_over(run.project, AlertKind.RUN_FAILED, AlertKind.DATA_TEST_FAILED)
    return {"run": run.pk, "state": state}


def _tell(run: Run, failure: StepFailed) -> None:
    by_data = isinstance(failure.__cause__, HardTestFailed)
    kind = AlertKind.DATA_TEST_FAILED if by_data else AlertKind.RUN_FAILED
    message = f"{failure}. What was in use before still is."
    alerts.raise_alert(run.project, kind, message, subject=failure.step, run=run)


def waiting_after(run_pk: int) -> list[int]:
    """The queued run of the same project, once nothing of the project is running any more."""
    runs = Run.objects.filter(project__runs=run_pk)
    if runs.filter(state=JobState.RUNNING).exists():
        return []
    return list(runs.filter(state=JobState.QUEUED).values_list("pk", flat=True))
