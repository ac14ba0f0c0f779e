"""Runs and the models that come of them."""

from collections.abc import Iterator
from functools import partial
from typing import cast

from querent_client.jobs import finished
from querent_client.models import ModelDetailOut, ModelOut, RunOut
from querent_client.transport import Transport

ENDED_WELL = frozenset({"done", "skipped"})


class ProjectRuns:
    """The runs of a project."""

    def __init__(self, transport: Transport, slug: str) -> None:
        self._transport, self._slug = transport, slug

    def start(self, *, wait: bool = True, timeout_s: float | None = None) -> RunOut:
        """Asks for a run and waits for its end: ``done``, or ``skipped`` where it would learn nothing new."""
        started = cast(RunOut, self._transport.json("runs_start", slug=self._slug))
        return self.wait(started["id"], timeout_s=timeout_s) if wait else started

    def wait(self, run_id: str, *, timeout_s: float | None = None) -> RunOut:
        """The run once it has ended. Raises JobFailed when it failed or was cancelled, and WaitedTooLong."""
        read = partial(self.read, run_id)
        sleep = self._transport.retries.sleep
        return cast(RunOut, finished("Run", read(), read, timeout_s=timeout_s, sleep=sleep, good=ENDED_WELL))

    def read(self, run_id: str) -> RunOut:
        """One run with its steps as they stand."""
        return cast(RunOut, self._transport.json("runs_read", public_id=run_id))

    def cancel(self, run_id: str) -> RunOut:
        return cast(RunOut, self._transport.json("runs_cancel", public_id=run_id))

    def list(self) -> Iterator[RunOut]:
        """Newest first."""
        return self._transport.pages("runs_list", slug=self._slug)

    def models(self) -> Iterator[ModelOut]:
        """The model versions that came of runs, newest first."""
        return self._transport.pages("models_list", slug=self._slug)

    def model(self, model_id: int) -> ModelDetailOut:
        """A model version with its report."""
        return cast(ModelDetailOut, self._transport.json("models_read", id=model_id))
