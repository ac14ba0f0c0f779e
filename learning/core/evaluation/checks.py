"""One condition of the gate."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """What was measured, what was asked for, whether it holds."""

    name: str
    passed: bool
    value: float
    limit: float
    detail: str
