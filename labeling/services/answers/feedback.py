"""What somebody hears after an answer to gold, in projects that say it: right or wrong, the truth, and why."""

from dataclasses import dataclass
from typing import Any

from labeling.models import GoldFeedback, GoldTold, KnownAnswer, Project, Reason, Task
from labeling.selectors.label_names import label_names
from labeling.selectors.people.known import judge_of


@dataclass(frozen=True, slots=True)
class Feedback:
    """``truth`` says labels by their names."""

    is_right: bool
    truth: dict[str, Any]
    explanation: str

    def as_dict(self) -> dict[str, Any]:
        return {"right": self.is_right, "truth": self.truth, "explanation": self.explanation}


def feedback_on(project: Project, task: Task, answer: dict[str, Any]) -> Feedback | None:
    """On the answer as it is stored, in the transaction that stored it; nothing for any other question than gold.

    The verdict on the first answer stays: whoever answers anew knows the truth by then.
    """
    if project.gold_feedback != GoldFeedback.SAID or task.reason != Reason.GOLD or task.item_id is None:
        return None
    known = KnownAnswer.objects.filter(item=task.item_id).first()
    is_right = judge_of(project)(known.answer, answer) if known else None
    if known is None or is_right is None:
        return None
    told, _ = GoldTold.objects.get_or_create(task=task, defaults={"is_right": is_right})
    return Feedback(told.is_right, label_names(project).named(known.answer), known.explanation)
