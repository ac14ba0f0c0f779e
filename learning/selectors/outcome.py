"""What came of a run, in words."""

from learning.models import ModelVersion, Run

_BECAME = {
    "champion": "became champion",
    "provisional": "ranks provisionally",
    "rejected": "was rejected",
    "retired": "is retired",
    "candidate": "waits for its verdict",
}


def outcome(run: Run) -> str:
    """One clause; empty while the run is unfinished."""
    if not run.is_finished:
        return ""
    if run.state == "failed":
        return run.error
    if run.state in ("skipped", "cancelled"):
        return ""
    version: ModelVersion | None = getattr(run, "model_version", None)
    parts = []
    if version:
        parts.append(f"model {version.number} {_BECAME[version.status]}")
    if run.epoch:
        parts.append(f"ranking {run.epoch} published")
    return ", ".join(parts)


def duration(run: Run) -> str:
    """From start to end as a person says it; empty before the start."""
    if run.started_at is None or run.finished_at is None:
        return ""
    seconds = (run.finished_at - run.started_at).total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
