"""Compares the stored counts of a project with its rows. Reads everything: for checks and repairs, not for requests."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, IntegerField, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from labeling.kinds import PerSubject, Subject, kind_of
from labeling.models import (
    Annotation,
    Context,
    Item,
    ItemStatus,
    Member,
    Pair,
    Progress,
    Project,
    Reason,
    ReviewDecision,
    Source,
    Split,
    Task,
    TaskState,
)
from labeling.selectors.answer_counts import kept_counts, true_counts
from labeling.selectors.label_names import label_names
from labeling.selectors.partners import partnered


@dataclass(frozen=True, slots=True)
class Miscount:
    """A stored value that the rows do not bear out; ``repair`` is what to write."""

    row: str
    pk: int
    name: str
    stored: object
    true: object

    def __str__(self) -> str:
        return f"{self.row} {self.pk}: {self.name} is {self.stored}, should be {self.true}"


def differences(project: Project) -> Iterator[Miscount]:
    """Everything in the project that is counted wrongly."""
    yield from _subjects(project)
    yield from _contexts(project)
    yield from _members(project)
    yield from _progress(project)
    yield from _answers(project)
    yield from _answer_counts(project)


def _count_of(tasks: QuerySet[Any], outer: str) -> Coalesce:
    counted = tasks.order_by().values(outer).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), Value(0))


#: The rows that have slots.
_SLOTTED: PerSubject[type[Item] | type[Pair]] = PerSubject(item=Item, pair=Pair)


def _subjects(project: Project) -> Iterator[Miscount]:
    """Repeats and gold take no slot."""
    for subject in Subject:
        tasks = Task.objects.filter(**{subject.value: OuterRef("pk")})
        held = tasks.exclude(reason__in=[Reason.REPEAT, Reason.GOLD])
        yield from _slots(subject.value, _SLOTTED.of(subject)._default_manager.filter(project=project), held)


def _contexts(project: Project) -> Iterator[Miscount]:
    counted = {"items": Count("members")}
    for split in Split.values:
        active = Q(members__split=split, members__status=ItemStatus.ACTIVE)
        counted[f"{split}_active"] = Count("members", filter=active)
    rows = Context.objects.filter(project=project).annotate(**{f"true_{name}": by for name, by in counted.items()})
    for context in rows.iterator():
        for name in counted:
            stored, true = getattr(context, name), getattr(context, f"true_{name}")
            if stored != true:
                yield Miscount("context", context.pk, name, stored, true)


def _slots(row: str, counted: QuerySet[Any], tasks: QuerySet[Any]) -> Iterator[Miscount]:
    rows = counted.annotate(
        true_taken=_count_of(tasks.filter(state__in=[TaskState.OPEN, TaskState.ANSWERED]), row),
        true_answers=_count_of(tasks.filter(state=TaskState.ANSWERED), row),
    )
    names = ("pk", "slots_taken", "true_taken", "answers", "true_answers", "is_open", "status", "annotations_required")
    for pk, taken, true_taken, answers, true_answers, is_open, status, total in rows.values_list(*names).iterator():
        true_open = status == ItemStatus.ACTIVE and true_taken < total
        for name, stored, true in (
            ("slots_taken", taken, true_taken), ("answers", answers, true_answers), ("is_open", is_open, true_open),
        ):  # fmt: skip
            if stored != true:
                yield Miscount(row, pk, name, stored, true)


def _members(project: Project) -> Iterator[Miscount]:
    tasks = Task.objects.filter(annotator=OuterRef("user"), project=project, state=TaskState.ANSWERED)
    waiting = ReviewDecision.objects.waiting().filter(project=project, task__annotator=OuterRef("user"))
    rows = Member.objects.filter(project=project).annotate(
        true_answers=_count_of(tasks, "annotator"), true_sent_back=_count_of(waiting, "task__annotator")
    )
    for name in ("answers", "sent_back"):
        for pk, stored, true in rows.values_list("pk", name, f"true_{name}"):
            if stored != true:
                yield Miscount("member", pk, name, stored, true)


def true_progress(project: Project) -> dict[str, int]:
    """The counts of Progress as the rows say (its counters of events apart)."""
    needed = F("annotations_required") - F("extra_slots")
    is_open, is_done = Q(is_open=True), Q(status=ItemStatus.ACTIVE, answers__gte=needed)
    aggregates = {"set_aside": Count("pk", filter=Q(status=ItemStatus.SET_ASIDE))}
    for split in Split.values:
        for name, condition in (("items", Q()), ("open", is_open), ("done", is_done)):
            aggregates[f"{split}_{name}"] = Count("pk", filter=Q(split=split) & condition)
    annotations = Annotation.objects.filter(project=project).current()
    return {
        **Item.objects.filter(project=project).aggregate(**aggregates),
        **_OF_SUBJECTS.of(kind_of(project).subject)(project),
        "annotations": annotations.filter(source=Source.HUMAN).count(),
        "imported_annotations": annotations.filter(source=Source.IMPORT).count(),
        "draws": Task.objects.filter(project=project, draw__isnull=False).count(),
    }


def _true_pairs(project: Project) -> dict[str, int]:
    """What Progress counts of pairs and contexts; done are pairs there, not items."""
    is_done = Q(status=ItemStatus.ACTIVE, answers__gte=F("annotations_required"))
    aggregates = {"pairs": Count("pk")}
    for split in Split.values:
        aggregates[f"{split}_done"] = Count("pk", filter=Q(split=split) & is_done)
        aggregates[f"given_{split}_open"] = Count("pk", filter=Q(split=split, is_given=True, is_open=True))
    contexts = list(Context.objects.filter(project=project))
    counts = [partnered(context.pool_active, context.eval_active) for context in contexts]
    highest = max((context.ordinal for context in contexts), default=-1)
    return {
        **Pair.objects.filter(project=project).aggregate(**aggregates),
        **{name: sum(of[name] for of in counts) for name in partnered(0, 0)},
        "contexts": highest + 1,
    }


#: What Progress counts besides items and answers.
_OF_SUBJECTS: PerSubject[Callable[[Project], dict[str, int]]] = PerSubject(item=lambda project: {}, pair=_true_pairs)


def _progress(project: Project) -> Iterator[Miscount]:
    stored = Progress.objects.get(project=project)
    for name, true in true_progress(project).items():
        if getattr(stored, name) != true:
            yield Miscount("progress", project.pk, name, getattr(stored, name), true)
    highest = Item.objects.filter(project=project).aggregate(highest=Max("ordinal"))["highest"]
    if highest is not None and stored.next_ordinal <= highest:
        yield Miscount("progress", project.pk, "next_ordinal", stored.next_ordinal, highest + 1)


def _answer_counts(project: Project) -> Iterator[Miscount]:
    kept = kept_counts(project, label_names(project))
    if kept.folded:
        for name, true in true_counts(project, kept).items():
            if (stored := getattr(kept, name)) != true:
                yield Miscount("answer counts", project.pk, name, stored, true)


def _answers(project: Project) -> Iterator[Miscount]:
    """A task is answered exactly when it has a current answer. Not repairable: the rows contradict each other."""
    current = Annotation.objects.current().filter(task=OuterRef("pk"))
    rows = Task.objects.filter(project=project).annotate(n=_count_of(current, "task"))
    without = ~Q(state=TaskState.ANSWERED)
    if project.label_splits:  # what is asked again keeps what was said, and counts it nowhere
        without &= ~Q(state=TaskState.EXPIRED)
    wrong = rows.filter(Q(state=TaskState.ANSWERED) & ~Q(n=1) | without & ~Q(n=0) | ~Q(n__in=[0, 1]))
    for pk, state, n in wrong.values_list("pk", "state", "n"):
        yield Miscount("task", pk, "current answers", n, int(state == TaskState.ANSWERED))
