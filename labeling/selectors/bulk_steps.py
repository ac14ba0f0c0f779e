"""Steps about many items as a page tells of them: what was done, what was left out, and what can be undone."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from labeling.db.prepared import Prepared
from labeling.kinds import InvalidAnswer, LabelNames, Question, QuestionKind, kind_of
from labeling.models import BulkDo, BulkStep, JobState, Project, User
from labeling.selectors.label_names import label_names

#: So long the reader's last step stands above the items, and so many of the project below it.
TOLD_FOR = timedelta(hours=12)
EARLIER = 5
_DONE = {
    BulkDo.ASK_AGAIN: "put to somebody else",
    BulkDo.REVIEW: "sent to review",
    BulkDo.SET_ASIDE: "set aside",
    BulkDo.RESTORE: "restored",
    BulkDo.GOLD: "made gold",
    BulkDo.SELECT: "selected",
}
#: with the answer that they have now
_LABELED = {BulkDo.LABEL: "labeled", BulkDo.NAME: "named"}


@dataclass(frozen=True)
class ToldStep:
    """``words`` is a sentence without its full stop, ``left_out`` why items were left out, with how many."""

    step: BulkStep
    words: str
    left_out: list[tuple[str, int]]
    may_undo: bool

    @property
    def is_under_way(self) -> bool:
        return not self.step.is_finished


def told_rows(rows: QuerySet[BulkStep]) -> QuerySet[BulkStep]:
    """With everything that is told of them, and without the items they are about."""
    rows = rows.select_related("created_by", "undoes", "undone_by_step")
    return rows.defer("chosen", "undoes__chosen", "undone_by_step__chosen")


_newest_steps = Prepared(
    lambda project: told_rows(BulkStep.objects.filter(project=project).newest_first())[: 2 * EARLIER]
)


def told_steps(project: Project, user: User, why: dict[str, str], mine: frozenset[str]) -> list[ToldStep]:
    """The newest steps of the project, those of the reader first where one was taken lately. ``why`` has the words for
    what was left out; ``mine`` are the steps that the reader may take, and undo."""
    since = timezone.now() - TOLD_FOR
    steps = [step for step in _newest_steps(project.pk) if step.created_at > since]
    own = next((step for step in steps if step.created_by_id == user.pk), None)
    shown = ([own] if own else []) + [step for step in steps if step is not own and step.do != BulkDo.UNDO]
    return [told(project, step, why, mine) for step in shown[: EARLIER + bool(own)]]


def told(project: Project, step: BulkStep, why: dict[str, str], mine: frozenset[str]) -> ToldStep:
    # an undo that failed is asked for again
    is_undone = hasattr(step, "undone_by_step") and step.undone_by_step.state != JobState.FAILED
    left_out = [(why.get(reason, reason), n) for reason, n in sorted(step.left_out.items(), key=lambda one: -one[1])]
    changes = step.do not in (BulkDo.UNDO, BulkDo.SELECT)
    may_undo = changes and not is_undone and step.do in mine and bool(step.done or not step.is_finished)
    return ToldStep(step, _words(project, step, is_undone), left_out, may_undo)


def _words(project: Project, step: BulkStep, is_undone: bool) -> str:
    if step.do == BulkDo.UNDO:
        done = f"Undone: {_items(step.done)} as before"
    elif step.do in _LABELED:
        said = kind_of(project).flat(label_names(project).named(step.answer)) or "none of the labels"
        done = f"{_items(step.done)} {_LABELED[BulkDo(step.do)]} {said}"
    else:
        done = f"{_items(step.done)} {_DONE[BulkDo(step.do)]}"
    if step.state == JobState.FAILED:
        return f"{done}, then it failed: {step.error}"
    if not step.is_finished:
        return f"{done}, of {step.total:,} so far"
    return f"{done}; undone" if is_undone else done


def _items(n: int) -> str:
    return f"{n:,} item" if n == 1 else f"{n:,} items"


def answers_by_label(project: Project) -> dict[str, dict[str, Any]]:
    """By label in use the answer that gives it alone, as people give answers; {} for a kind that is answered
    otherwise."""
    kind = kind_of(project)
    if not (kind.answers_are_of_items and kind.has_labels):
        return {}
    names = list(project.labels.in_use().order_by("position", "pk").values_list("name", flat=True))
    question = Question(LabelNames(names))
    return {name: answer for name in names if (answer := _alone(kind, name, question))}


def _alone(kind: QuestionKind, name: str, question: Question) -> dict[str, Any] | None:
    for said in ([name], name):  # a list of one, where several can be given
        try:
            return kind.answer_from_import(said, question)
        except InvalidAnswer:
            continue
    return None
