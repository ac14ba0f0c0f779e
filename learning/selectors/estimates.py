"""Measured numbers as REST and files say them: no interval where there is none to give, and why in words."""

from collections.abc import Mapping
from typing import Any

from learning.core.evaluation.interval_words import why_no_interval


def with_note(estimate: Mapping[str, Any]) -> dict[str, Any]:
    """An estimate with ``note``; where its interval says nothing, ``low`` and ``high`` are None and it says why."""
    note = why_no_interval(estimate["low"], estimate["high"], estimate.get("n"))
    return {**estimate, **({"low": None, "high": None} if note else {}), "note": note}


def all_with_notes(found: Any) -> Any:
    """A report as JSON holds it, every estimate inside ``with_note``."""
    if isinstance(found, list | tuple):
        return [all_with_notes(part) for part in found]
    if not isinstance(found, Mapping):
        return found
    told = {name: all_with_notes(part) for name, part in found.items()}
    return with_note(told) if "low" in told and "high" in told else told


def ends(estimate: Mapping[str, Any]) -> tuple[float, float] | None:
    """What a drawing may show of its interval; None where it says nothing."""
    told = with_note(estimate)
    return None if told["note"] else (told["low"], told["high"])
