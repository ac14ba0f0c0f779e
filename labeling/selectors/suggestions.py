"""What a machine suggests with a question, as it is told: in the labels of now, and only what could be answered."""

from collections.abc import Callable, Sequence
from typing import Any

from labeling.kinds import kind_of
from labeling.models import Project, Suggestion, Task
from labeling.selectors.label_names import label_names


def with_suggestions(tasks: Sequence[Task], project: Project) -> None:
    """Sets ``suggested`` of those that show one, which ``task_json`` tells. One statement, where any are shown at all.

    Not for tasks that were sent back: what a reviewer asks to look at again is looked at without (invariant 6).
    """
    if not tasks or not project.shows_suggestions:
        return
    rows = Suggestion.objects.filter(task__in=tasks, shown=True)
    if not (found := dict(rows.values_list("task", "answer"))):
        return
    told = telling(project)
    for task in tasks:
        if task.pk in found and (answer := told(found[task.pk])) is not None:
            task.suggested = answer  # type: ignore[attr-defined]  # read by task_json


def telling(project: Project) -> Callable[[Any], dict[str, Any] | None]:
    """A stored answer by the names of now; None of one that nobody could give now: its label was retired or split."""
    kind, names = kind_of(project), label_names(project)
    in_use = {label.identity for label in project.labels.in_use()}

    def tell(stored: Any) -> dict[str, Any] | None:
        answer = names.read(stored)
        if not names.counts(stored) or (kind.has_labels and kind.within(answer, in_use) != answer):
            return None
        named: dict[str, Any] = names.named(answer)
        return named

    return tell
