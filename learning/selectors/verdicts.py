"""What the gate said of a version when it was a candidate."""

from typing import Any

from labeling.models import Project
from learning.models import ModelVersion, Status
from learning.selectors.verdict_words import reason_words


def gate_verdict(version: ModelVersion) -> dict[str, Any] | None:
    """``{status, reason, checks, numbers}`` of the first decision; None before it, or when a person made that one."""
    decision = version.decisions.filter(before=Status.CANDIDATE, decided_by=None).order_by("pk").first()
    if decision is None:
        return None
    numbers = dict(decision.numbers)
    checks = numbers.pop("checks", [])
    return {"status": decision.after, "reason": reason_words(decision.reason), "checks": checks, "numbers": numbers}


def verification(project: Project) -> dict[int | None, bool]:
    """By number, whether a version became champion by the gate, on at least 200 eval answers."""
    return dict(ModelVersion.objects.filter(project=project).order_by().values_list("number", "verified"))
