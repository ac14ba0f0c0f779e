"""What came of a run, in words."""

from learning.models import ModelVersion, Run

_BECAME = {
    "champion": "became champion",
    "provisional": "may rank provisionally",
    "rejected": "was rejected",
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
        first = list(version.decisions.all())[-1:]  # newest first: the last one is the gate's
        became = _BECAME.get(first[0].after, "") if first else "waits for its verdict"
        parts.append(f"model {version.number} {became}")
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
