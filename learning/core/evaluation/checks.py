"""One condition of the gate."""

from __future__ import annotations

from dataclasses import dataclass

ROW_LIMIT, CPU_LIMIT = "prediction_ms", "prediction_cpu"
"""Names of the checks of a prediction's cost against the limits of a project."""
FASTER, NEAR_TEACHER = "faster", "near_teacher"
"""Names of the checks that only students are asked."""


@dataclass(frozen=True)
class Check:
    """What was measured, what was asked for, whether it holds."""

    name: str
    passed: bool
    value: float
    limit: float
    detail: str
