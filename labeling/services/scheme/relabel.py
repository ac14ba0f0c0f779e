"""What a split and its undo mean for the items, carried out by a job in bounded pieces.

A question whose answer gives a label that was split is put again, to anybody, to who had answered it as well: its task
expires, the slot is free, the answer stays as it was said and counts for nothing meanwhile. Who answers anew takes the
former answer back with that (``services/answers/record.py``). An undo gives the slot back, where it is still free.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from labeling import signals
from labeling.models import (
    Annotation,
    AskedAgain,
    Item,
    Member,
    Progress,
    Project,
    Relabeling,
    Source,
    Split,
    Task,
    TaskState,
    User,
)
from labeling.selectors.label_names import label_names
from labeling.services.jobs.attempts import attempt_at
from labeling.services.jobs.enqueue import enqueue_on_commit
from labeling.services.serving.required import bring, to_change
from labeling.services.serving.slots import ItemChange, move_progress
from labeling.services.serving.sources import BEYOND_SLOTS, ITEMS

JOB = "labeling.relabel"
#: Items whose answers are read at once, and that are locked at once.
READ_ITEMS, BATCH_ITEMS = 5_000, 200
#: So few items are asked again before the request ends.
AT_ONCE_ITEMS = 2_000


class _Said(NamedTuple):
    """A person's current answer whose task is not what the scheme makes of it."""

    task: int
    item: int
    annotator: int


def start_relabeling(user: User | None, project: Project, version: int) -> Relabeling:
    """The queued job, in the transaction of the change."""
    Project.objects.filter(pk=project.pk).update(label_splits=F("label_splits") + 1)
    project.refresh_from_db(fields=["label_splits"])
    job = Relabeling.objects.create(project=project, version=version, created_by=user)
    if not is_small(project):
        enqueue_on_commit(JOB, job.pk)
    return job


def is_small(project: Project) -> bool:
    return Progress.objects.get(project=project).next_ordinal <= AT_ONCE_ITEMS


def run_if_small(project: Project) -> None:
    """After the transaction of the change: what few items there are is done before the request ends."""
    if is_small(project):
        for job in Relabeling.objects.filter(project=project).waiting().order_by("pk"):
            run_relabeling(job.pk)


def run_relabeling(pk: int) -> dict[str, Any]:
    """Opens and closes what the scheme of now says, whichever change asked for it. Safe to call any number of times."""
    with attempt_at(Relabeling.objects.all(), pk) as attempt:
        if attempt is not None:
            project = Relabeling.objects.select_related("project").get(pk=pk).project
            attempt.finish(changed=relabel(project, attempt.beat))
    return {"relabeling": pk, "state": Relabeling.objects.values_list("state", flat=True).get(pk=pk)}


def relabel(project: Project, beat: Callable[..., None] | None = None) -> int:
    """How many items changed. ``beat`` hears how many of how many were looked at."""
    total = Progress.objects.get(project=project).next_ordinal
    changed = 0
    for start in range(0, total, READ_ITEMS):
        if beat:
            beat(done=start, total=total, changed=changed)
        among = Item.objects.filter(project=project, ordinal__gte=start, ordinal__lt=start + READ_ITEMS)
        items = sorted({said.item for said in _to_change(project, among)} | _spared(project, among))
        for first in range(0, len(items), BATCH_ITEMS):
            changed += _batch(project, items[first : first + BATCH_ITEMS])
            if beat:
                beat(done=start, total=total, changed=changed)
    if beat:
        beat(done=total, total=total, changed=changed)
    if changed:
        signals.answers_changed.send_robust(Item, project_id=project.pk)
    return changed


def _to_change(project: Project, among: Any) -> Iterator[_Said]:
    """Answered questions whose answer does not count, and expired ones whose answer does."""
    scheme = label_names(project)
    current = Annotation.objects.current().filter(
        item__in=among, source=Source.HUMAN, task__state__in=[TaskState.ANSWERED, TaskState.EXPIRED]
    )
    columns = ("task_id", "item_id", "annotator_id", "task__state", "answer")
    for *said, state, answer in current.order_by("pk").values_list(*columns).iterator(chunk_size=READ_ITEMS):
        if scheme.counts(answer) != (state == TaskState.ANSWERED):
            yield _Said(*said)


def _spared(project: Project, among: Any) -> set[int]:
    """Items that nobody was to be asked about for the sake of an imported answer which does not count any more."""
    if not project.asks_only_unlabeled:
        return set()
    return set(to_change(ITEMS, among, project).values_list("pk", flat=True))


@transaction.atomic
def _batch(project: Project, items: Sequence[int]) -> int:
    """The project first: while it is held, nobody changes the scheme. Then members, tasks and items, in the order of
    all locks; what is found once they are held is done."""
    project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    among = Item.objects.filter(pk__in=items)
    people = {said.annotator for said in _to_change(project, among)}
    members = Member.objects.select_for_update(no_key=True).filter(project=project, user__in=people).order_by("pk")
    members_of = {member.user_id: member for member in members}
    tasks_of: dict[int, list[Task]] = {}
    wanted = [said.task for said in _to_change(project, among)]
    for task in Task.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk"):
        tasks_of.setdefault(task.item_id or 0, []).append(task)  # never 0: they were found by their items
    answers: Counter[int] = Counter()
    deltas: Counter[str] = Counter()
    changed = []
    for item in among.select_for_update(no_key=True).order_by("pk"):
        change = ItemChange(item)
        moved = [task for task in tasks_of.get(item.pk, []) if _moves(task, item)]
        for task in moved:
            answers[task.annotator_id] += 1 if task.state == TaskState.ANSWERED else -1
        if moved:
            deltas.update(change.save())
            deltas["changes"] += len(moved)
            changed.append(item)
            Task.objects.bulk_update(moved, ["state"])
    _ask_next(project, changed)
    for user, by in answers.items():
        if member := members_of.get(user):
            Member.objects.filter(pk=member.pk).update(answers=F("answers") + by, pool_known_at=-1)
    if spared := _spared(project, among):
        n, by_import = bring(ITEMS, spared, project)
        deltas.update(by_import)
        deltas["reopened"] += n
    move_progress(project.pk, deltas)
    return len({item.pk for item in changed} | spared)


def _moves(task: Task, item: Item) -> bool:
    """Expires an answered question and frees its slot, or the other way round, where the slot is free and the person
    was not asked again meanwhile. Moves the counts of the item; nothing is saved."""
    by = 0 if task.reason in BEYOND_SLOTS else 1
    if task.state == TaskState.ANSWERED:
        task.state, by = TaskState.EXPIRED, -by
    else:
        others = Task.objects.filter(item=item, annotator=task.annotator_id).exclude(pk=task.pk)
        if item.slots_taken + by > item.annotations_required or others.exclude(state=TaskState.EXPIRED).exists():
            return False
        task.state = TaskState.ANSWERED
    item.slots_taken += by
    item.answers += by
    return True


def _ask_next(project: Project, changed: list[Item]) -> None:
    """Those of the pool that are open stand first in the next ranking (``Reason.RELABEL``)."""
    now = timezone.now()
    rows = [
        AskedAgain(project=project, item=item, times=0, asked_at=now)
        for item in changed
        if item.is_open and item.split == Split.POOL
    ]
    AskedAgain.objects.bulk_create(rows, update_conflicts=True, unique_fields=["item"], update_fields=["asked_at"])
