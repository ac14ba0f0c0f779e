"""What the second opinions of a project have come to so far."""

from collections import defaultdict

from labeling.consensus import left_out
from labeling.kinds import kind_of
from labeling.models import Annotation, Project, Reason, Source, Split
from labeling.selectors.label_names import label_names
from learning.core.second_opinions import Shown

#: Items of one question to the database.
_ITEMS = 500


def shown_so_far(project: Project) -> Shown:
    """How many second opinions were given to items that had one answer, and how many of them contradict it.

    Answers of people in quarantine do not count, nor a third opinion: it speaks of two others.
    """
    kind, scheme, out = kind_of(project), label_names(project), left_out(project).users
    answers = Annotation.objects.current().filter(source=Source.HUMAN, item__split=Split.POOL)
    answers = answers.exclude(annotator__in=out)
    opinions = answers.filter(project=project, task__reason=Reason.SECOND_OPINION).values_list("item", flat=True)
    items = sorted(set(opinions))
    given = contradicted = 0
    for start in range(0, len(items), _ITEMS):
        said: dict[int, list[tuple[str, list[str]]]] = defaultdict(list)
        rows = answers.filter(item__in=items[start : start + _ITEMS]).exclude(task__reason=Reason.REPEAT)
        # by tasks: who changes an answer later has not said it later
        for item, reason, answer in rows.order_by("task").values_list("item", "task__reason", "answer"):
            if answer is not None:
                labels = sorted(kind.labels_of(scheme.read(answer)))
                said[item or 0].append((reason, labels))  # never 0: they were looked up by it
        for (_, first), (reason, second) in (pair[:2] for pair in said.values() if len(pair) > 1):
            if reason == Reason.SECOND_OPINION:
                given, contradicted = given + 1, contradicted + (first != second)
    return Shown(given, contradicted)
