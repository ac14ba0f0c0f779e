"""The log of a run's steps, its heartbeat, and the moment at which it must stop."""

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.utils import timezone

from labeling.models import JobState
from labeling.services.jobs.attempts import FencedOff
from learning.models import Run

REPORT_S = 1.0


class StepFailed(Exception):
    """A step raised; ``step`` names it."""

    def __init__(self, step: str, error: Exception) -> None:
        super().__init__(f"{step}: {error}")
        self.step = step


class Step:
    """The running step: ``note`` is what it will say when it is done."""

    def __init__(self, log: "StepLog", entry: dict[str, Any]) -> None:
        self._log = log
        self._entry = entry
        self._reported_at = time.monotonic()

    def note(self, text: str) -> None:
        self._entry["note"] = text

    def skip(self, why: str) -> None:
        self._entry |= {"state": "skipped", "note": why}

    def progress(self, done: int, of: int) -> None:
        """Shows progress at most once a second. Raises FencedOff."""
        if time.monotonic() - self._reported_at >= REPORT_S:
            self._reported_at = time.monotonic()
            self.note(f"{done:,} of {of:,}")
            self._log.save()


class StepLog:
    """Writes ``Run.steps`` under the attempt's fencing token. A resumed attempt starts a fresh log that says so."""

    def __init__(self, run: Run, attempt: int) -> None:
        self.run, self.attempt = run, attempt
        run.steps = []
        if attempt > 1:
            why = (
                f"{run.put_backs} put back because of outages"
                if run.put_backs
                else "the worker before this one was lost"
            )
            self._entry("resume", "done", f"attempt {attempt}: {why}")

    def _entry(self, name: str, state: str, note: str = "") -> dict[str, Any]:
        started_at = timezone.now().isoformat()
        entry = {"name": name, "state": state, "started_at": started_at, "seconds": 0.0, "note": note}
        self.run.steps.append(entry)
        return entry

    def save(self, **fields: Any) -> None:
        """Stores the log and other fields of the run. Raises FencedOff when the attempt no longer owns the run."""
        for name, value in fields.items():
            setattr(self.run, name, value)
        if not Run.objects.beat(self.run.pk, self.attempt, steps=self.run.steps, **fields):
            raise FencedOff

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Logs one step. Raises FencedOff before it begins, StepFailed when its body raises."""
        entry = self._entry(name, "running")
        self.save()
        started = time.perf_counter()
        reset_peak_memory()
        try:
            yield Step(self, entry)
        except FencedOff:
            raise
        except Exception as error:  # whatever went wrong, the run must say in which step
            entry |= {"state": "failed", "note": str(error)[:500]}
            raise StepFailed(name, error) from error
        finally:
            entry["seconds"] = round(time.perf_counter() - started, 4)
            entry["peak_memory_mb"] = round(peak_memory_kb() / 1024)
        if entry["state"] == "running":
            entry["state"] = "done"

    def finish(self, state: JobState, **fields: Any) -> bool:
        return Run.objects.finish(self.run.pk, self.attempt, state, steps=self.run.steps, **fields)


def reset_peak_memory() -> None:
    """Starts the kernel's high-water mark of this process anew, so that each step has its own. Linux only."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_memory_kb() -> int:
    """Most memory this process has held since ``reset_peak_memory``; elsewhere than on Linux since it started."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
