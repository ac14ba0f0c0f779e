"""A large model and the small ones it taught, side by side on the page of either."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F

from labeling.models import JobState
from learning.models import Distillation, ModelVersion, Status
from learning.pages import card
from learning.selectors.prediction_cost import ms_words, size_words
from learning.selectors.teaching import cannot_teach
from learning.selectors.verdicts import gate_verdict

SHOWN = 5


@dataclass(frozen=True)
class SideRow:
    """One of the two: ``headline`` as the card says it, the rest in words."""

    version: ModelVersion
    role: str
    headline: dict[str, Any] | None
    alone: str
    cpu: str
    memory: str


@dataclass(frozen=True)
class Pair:
    """A student beside its teacher; ``words`` say what became of it, ``reason`` why."""

    rows: Sequence[SideRow]
    words: str
    reason: str
    is_accepted: bool


def of(version: ModelVersion) -> dict[str, Any]:
    """Of a student it and its teacher; of any other version those it taught, the job that is under way or failed, and
    whether it may teach."""
    project = version.project
    rows = Distillation.objects.filter(project=project).select_related("teacher__project", "student__project")
    is_student = version.teacher_id is not None
    found = rows.filter(student=version) if is_student else rows.filter(teacher=version)
    # the one that answers first, then the newest
    ordered = found.order_by(F("student__stands_in").desc(nulls_last=True), "-pk")
    done = [row for row in ordered[:SHOWN] if row.result and row.student]
    newest = None if is_student else found.order_by("-pk").first()
    return {
        "pairs": [_pair(row) for row in done],
        "teaching": newest if newest and newest.state != JobState.DONE else None,
        "may_teach": version.dropped_at is None and not cannot_teach(version),
        "is_accepted_student": is_student and version.status == Status.CANDIDATE and version.decisions.exists(),
    }


def _pair(row: Distillation) -> Pair:
    assert row.student is not None
    result, student = row.result, row.student
    sides = ((row.teacher, "Teacher", result["teacher_cost"]), (student, "Student", result["student_cost"]))
    verdict = gate_verdict(student)
    if student.stands_in:
        words = f"Model {student.number} answers predictions wherever model {row.teacher.number} would."
    elif result["accepted"]:
        words = f"Model {student.number} was accepted, and answers nothing just now."
    else:
        words = f"Model {student.number} was refused: predictions come from model {row.teacher.number} as before."
    return Pair([_side(*each) for each in sides], words, verdict["reason"] if verdict else "", result["accepted"])


def _side(version: ModelVersion, role: str, took: dict[str, float]) -> SideRow:
    memory = version.prediction_cost.get("memory_bytes")
    return SideRow(
        version,
        role,
        card.headline(version.project, version),
        ms_words(took["alone_ms"]),
        ms_words(took["cpu_ms_per_1000"]),
        size_words(memory) if memory else "not measured",
    )
