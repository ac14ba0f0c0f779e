"""What a model version is worth, in one sentence that needs no term and no table."""

from math import ceil, floor
from typing import Any

from labeling.kinds import kind_of
from learning.models import ModelVersion, Status
from learning.selectors.estimates import ends
from learning.selectors.verdict_words import ENOUGH, refused_words

#: Shares of items without an error, the first one a version has is told: how it is said, and of a single item. Of a
#: scale the first one comes with the second.
_SHARES = {
    "exact_match": ("All labels right on", "exactly right"),
    "accuracy": ("Right on", "right"),
}
_ON_A_SCALE, _NEARLY = "within_one", "Exactly right on"
_IN_USE = (Status.CHAMPION, Status.PROVISIONAL)


def in_short(version: ModelVersion, verdict: dict[str, Any] | None) -> str:
    """As ``Right on 85 of 100 new items, 75 to 91; 116 more eval answers before it can be trusted.``: ends rounded
    outwards, so that the interval is no shorter than it is known. ``verdict``: what the gate said, None before."""
    return f"{_worth(version)}; {_trust(version, verdict)}."


def _worth(version: ModelVersion) -> str:
    name = next((name for name in _SHARES if name in version.metrics), "")
    if not name:
        return "Nothing is known yet of how good it is"
    estimate, (right_on, right) = version.metrics[name], _SHARES[name]
    asked = kind_of(version.project).words.measured_on
    if words := _of_a_hundred(estimate):
        if near := version.metrics.get(_ON_A_SCALE):
            right_on = _NEARLY
            if within := _of_a_hundred(near):
                words += f", within one step on {within}"
        number, _, interval = words.partition(", ")
        return f"{right_on} {number} of 100 new {_new(asked)}, {interval}"
    return f"{round(estimate['value'] * estimate['n'])} of {estimate['n']:,} {asked} {right}: too few to say more"


def _of_a_hundred(estimate: dict[str, Any]) -> str:
    """``85, 75 to 91``, the ends rounded outwards; empty where the interval says nothing."""
    known = ends(estimate)
    if known is None:
        return ""
    return f"{round(100 * estimate['value'])}, {floor(100 * known[0] + 1e-9)} to {ceil(100 * known[1] - 1e-9)}"


def _new(asked: str) -> str:
    """``eval items`` are a sample of items that nobody has seen."""
    return asked.split()[-1]


def _trust(version: ModelVersion, verdict: dict[str, Any] | None) -> str:
    if version.verified:
        return "it passed every check and can be trusted" if version.status in _IN_USE else "it passed every check"
    if version.status == Status.REJECTED:
        why = refused_words(verdict)
        return why[0].lower() + why[1:] if why.startswith("Refused") else f"it is {why[0].lower()}{why[1:]}"
    if version.teacher_id is not None and version.status == Status.CANDIDATE and verdict:
        return "it passed every check that a student is asked for"
    if (lacking := ENOUGH - version.n_eval) > 0:
        return f"{lacking:,} more eval answer{'' if lacking == 1 else 's'} before it can be trusted"
    failed = sum(not check["passed"] for check in verdict["checks"]) if verdict else 0
    if failed:
        return f"not to be trusted yet, it failed {failed} of {len(verdict['checks']) if verdict else 0} checks"
    return "not verified by the gate"
