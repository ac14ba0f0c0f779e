"""What the gate found, in words: one source for pages, so that no two sentences of one page contradict each other."""

from typing import Any

from learning.core.evaluation.checks import CPU_LIMIT, FASTER, NEAR_TEACHER, ROW_LIMIT
from learning.models import ModelVersion, Status

ENOUGH = 200
#: Checks that refuse a version whatever it is worth: against limits of the project, and those of a student.
LIMITS = frozenset((ROW_LIMIT, CPU_LIMIT))
OF_STUDENTS = frozenset((FASTER, NEAR_TEACHER))
#: Kept with decisions made before; the number of eval answers is a check too, so not every one was passed.
_FORMERLY, _NOW = "It passed every check, but on", "It passed every other check, but was measured on"


def checks_words(verdict: dict[str, Any]) -> str:
    """How many of the checks it passed, and what kept it from being champion where it passed them all."""
    passed, asked = _count(verdict), len(verdict["checks"])
    if OF_STUDENTS & {check.get("name") for check in verdict["checks"]}:
        return f"It passed {passed} of {asked} checks; a student answers for its teacher when it passes all of them."
    if passed < asked:
        return f"It passed {passed} of {asked} checks; a champion passes all of them."
    every = f"It passed all {asked} checks"
    if verdict["status"] == Status.CHAMPION:
        return f"{every}."
    if verdict["status"] == Status.REJECTED:
        return f"{every}, but is clearly worse than the version that ranked."
    return f"{every}, but could not be compared with the champion."


def status_words(version: ModelVersion, verdict: dict[str, Any] | None, is_ranking: bool) -> str:
    """What its status means, in a sentence or two. ``verdict`` is what the gate said of it, None before."""
    if version.teacher is not None:
        return _student_words(version, verdict)
    if version.status == Status.CANDIDATE:
        return "It waits for its verdict."
    if version.status == Status.CHAMPION:
        how = (
            "Verified: it passed every check of the gate."
            if version.verified
            else "A person promoted it: not verified."
        )
        return how + (" It ranks the questions." if is_ranking else " A newer model ranks the questions.")
    if version.status == Status.PROVISIONAL:
        return f"It ranks the questions, but is not verified. {_why_unverified(version, verdict)}"
    if version.status == Status.REJECTED:
        return f"{refused_words(verdict)}: it ranks nothing."
    return "Replaced by a later model." + (" It was verified." if version.verified else "")


def refused_words(verdict: dict[str, Any] | None) -> str:
    """Why a version was refused, in a few words."""
    failed = {check.get("name") for check in verdict["checks"] if not check["passed"]} if verdict else set()
    if failed & LIMITS:
        return "Slower than the project allows"
    if verdict and OF_STUDENTS & {check.get("name") for check in verdict["checks"]}:
        return "Refused as a student"
    return "Clearly worse than what was in use"


def _student_words(version: ModelVersion, verdict: dict[str, Any] | None) -> str:
    """Of a version that was distilled from another one."""
    if version.status == Status.CHAMPION:
        return f"A student of {version.teacher} that a person promoted: it ranks and answers."
    if version.status == Status.REJECTED:
        return f"{refused_words(verdict)} of {version.teacher}: it answers nothing."
    if version.status == Status.CANDIDATE and verdict is None:
        return f"A student of {version.teacher}; it waits for its verdict."
    if version.stands_in:
        return f"A student of {version.teacher}: it answers predictions wherever that would, which goes on to rank."
    return f"A student of {version.teacher} that was accepted, and answers nothing just now."


def reason_words(reason: str) -> str:
    """The reason kept with a decision, as it is said today."""
    return reason.replace(_FORMERLY, _NOW)


def _why_unverified(version: ModelVersion, verdict: dict[str, Any] | None) -> str:
    if version.n_eval < ENOUGH:
        return f"Fewer than {ENOUGH} eval answers: nothing about it is verified yet."
    if verdict and verdict["checks"] and _count(verdict) == len(verdict["checks"]):
        return checks_words(verdict)
    return "It did not pass every check of the gate."


def _count(verdict: dict[str, Any]) -> int:
    return sum(check["passed"] for check in verdict["checks"])
