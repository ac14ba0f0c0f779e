"""What a change of the scheme would do: it is made, looked at and rolled back, so that it is refused just the same."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count

from labeling.kinds import kind_of
from labeling.models import Annotation, Project, SchemeChange
from labeling.selectors.label_names import LabelIdentities, label_names
from labeling.selectors.label_scheme import steps_of, version_now, words_of

#: Different answers of one statement.
BATCH_ANSWERS = 500


@dataclass(frozen=True)
class SchemePreview:
    """``read_anew``: answers that are told otherwise than before. ``steps``: what an undo takes
    back, the newest first. ``stop_counting`` and ``count_again``: items some
    answer of which says nothing in the labels then, and so is asked again, or says something again."""

    version: int
    words: str
    steps: tuple[str, ...]
    labels: tuple[str, ...]
    read_anew: int
    stop_counting: int
    count_again: int

    @property
    def told(self) -> str:
        """As a sentence."""
        parts = [_times(self.read_anew, "answer", "is read", "are read") + " otherwise"]
        if self.stop_counting:
            parts.append(_times(self.stop_counting, "item", "is asked", "are asked") + " again")
        if self.count_again:
            parts.append(f"answers to {_times(self.count_again, 'item', 'count', 'count')} again")
        return f"{', '.join(parts)}; labels then: {', '.join(self.labels)}."


def previewed(project: Project, change: Callable[[], SchemeChange]) -> SchemePreview:
    """Raises whatever the change raises. Reads every answer once, by groups of the same."""
    with transaction.atomic():
        before = label_names(project)
        made = change()
        after = label_names(project)
        labels = tuple(project.labels.in_use().names())
        words, steps = words_of(made), tuple(steps_of(made))
        transaction.set_rollback(True)
    project.refresh_from_db()
    read_anew, stop, again = _differences(project, before, after)
    return SchemePreview(version_now(project), words, steps, labels, read_anew, stop, again)


def _differences(project: Project, before: LabelIdentities, after: LabelIdentities) -> tuple[int, int, int]:
    if not kind_of(project).has_labels:
        return 0, 0, 0
    current = Annotation.objects.current().filter(project=project)
    read_anew, stop, again = 0, [], []
    for answer, n in current.order_by().values_list("answer").annotate(n=Count("pk")):
        counted, counts = before.counts(answer), after.counts(answer)
        if counted and not counts:
            stop.append(answer)
        elif counts and not counted:
            again.append(answer)
        elif before.named(answer) != after.named(answer):
            read_anew += n

    def items(answers: list[object]) -> int:
        found: set[int | None] = set()
        for start in range(0, len(answers), BATCH_ANSWERS):
            some = current.filter(answer__in=answers[start : start + BATCH_ANSWERS])
            found.update(some.values_list("item", flat=True))
        return len(found)

    return read_anew, items(stop), items(again)


def _times(n: int, noun: str, one: str, many: str) -> str:
    return f"{n:,} {noun} {one}" if n == 1 else f"{n:,} {noun}s {many}"
