"""The next questions for one person."""

import random
from collections.abc import Mapping
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Now
from django.http import Http404

from labeling.db.prepared import Prepared
from labeling.kinds import KINDS
from labeling.models import Action, Label, Member, Project, Task, TaskState, User
from labeling.models.task import TaskQuerySet
from labeling.selectors.practice import practice_of
from labeling.selectors.suggestions import with_suggestions
from labeling.services.serving.claim import claim
from labeling.services.serving.cursor import UNASKED, AnnotatorCursor
from labeling.services.serving.leases import lease_end
from labeling.services.serving.mixture import Rng
from labeling.services.serving.returned import returned_tasks
from labeling.services.serving.sources import MustWait, Raced, SubjectSource, source_of
from labeling.services.validation.errors import Invalid

#: Questions one person may hold in a project, and so ask for at once.
MAX_COUNT = 50
#: A lease is renewed when less than this share of it is left.
RENEW_BELOW = 0.9
#: Tries of somebody for whom others were faster at every pair that was drawn.
RACES = 20
PRACTICE_FIRST = "A practice round comes before the first question: load the page where you label."


def next_tasks(user: User, project: Project | str, count: int = 1, rng: Rng | None = None) -> list[Task]:
    """Up to ``count`` tasks of the person, items loaded: answers sent back first, then open ones (leases renewed), then
    new ones.

    None while the project has no labels to answer with; to who is paused none, and no more than the quota of a day and
    of all leaves (``Member.questions_left``): questions at hand count, an answer to one that was put is always taken,
    and what was sent back counts once, as it was answered.

    ``project`` may be its slug. Raises Invalid (count), Http404 (no member), PermissionDenied (the role may not label).
    """
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MAX_COUNT:
        raise Invalid("count", f"A whole number from 1 to {MAX_COUNT}.")
    waits: dict[str, MustWait] = {}
    for _ in range(RACES):
        try:
            return _next_tasks(user, project, count, rng, waits)
        except MustWait as wait:
            waits[wait.stream] = wait
        except Raced:
            pass
    return []


@transaction.atomic
def _next_tasks(
    user: User, project: Project | str, count: int, rng: Rng | None, waits: Mapping[str, MustWait]
) -> list[Task]:
    cursor = _cursor(user, project)
    if not cursor.member.can_answer:  # type: ignore[attr-defined]  # annotated by _member
        return []
    left = cursor.member.questions_left(cursor.now)
    if left == 0 and (cursor.member.paused_at or not cursor.member.sent_back):
        return []
    source = source_of(cursor.project)
    # what a reviewer sent back was counted when it was answered first: no quota keeps it from its author
    returned = returned_tasks(source, cursor, count) if cursor.member.sent_back else []
    count -= len(returned)
    if left is not None:
        count = min(count, left)
    tasks = _open_tasks(source, cursor, count) if count else []
    if len(tasks) < count and cursor.project.archived_at is None:
        _wait(cursor, waits)
        tasks += claim(source, cursor, count - len(tasks), rng or random.SystemRandom())
    with_suggestions(tasks, cursor.project)
    return returned + tasks


def _wait(cursor: AnnotatorCursor, waits: Mapping[str, MustWait]) -> None:
    """Waits for one row of the streams, all people in the same order, before any other row is locked."""
    cursor.waited = frozenset(waits)
    for stream in sorted(waits):
        if waits[stream].wait():
            return


def _cursor(user: User, project: Project | str) -> AnnotatorCursor:
    """Locks the person's member row: calls of one person come one after the other."""
    label_kinds = tuple(name for name, kind in KINDS.items() if kind.has_labels)
    which, is_named = (project, True) if isinstance(project, str) else (project.pk, False)
    found = _member(which, user.pk, label_kinds=label_kinds, is_named=is_named)
    if not found and user.is_superuser:
        known = Project.objects.filter(**{"slug" if is_named else "pk": which}).values_list("pk").first()
        if known and user.reaches(*known):
            raise PermissionDenied("Only members are asked. Add yourself to the project first.")
    if not found or not user.reaches(found[0].project_id):
        raise Http404("No such project.")
    member = found[0]
    if not member.may(Action.TASKS_ANSWER.permission):
        raise PermissionDenied(member.refusal)
    member.user = user
    if member.project.practice_questions and practice_of(member).is_due:
        raise PermissionDenied(PRACTICE_FIRST)
    return AnnotatorCursor(member.project, member, member.project.progress, member.asked_at)  # type: ignore[attr-defined]


def _open_tasks(source: SubjectSource, cursor: AnnotatorCursor, count: int) -> list[Task]:
    project = cursor.project
    tasks = _open(project.pk, cursor.member.user_id, source=source, count=count, pictures=cursor.pictures)
    for task in tasks:
        task.project = project
    soon = cursor.now + timedelta(seconds=project.lease_s * RENEW_BELOW)
    if any(task.lease_expires_at < soon for task in tasks):
        end = lease_end(project.lease_s, cursor.now)
        Task.objects.filter(pk__in=[task.pk for task in tasks]).update(lease_expires_at=end)
        for task in tasks:
            task.lease_expires_at = end
    return tasks


@Prepared
def _member(project: int | str, user: int, *, label_kinds: tuple[str, ...], is_named: bool) -> "QuerySet[Member]":
    members = Member.objects.filter(**{"project__slug" if is_named else "project": project}, user=user)
    members = members.order_by().select_related("project__progress").defer(*UNASKED)
    # nobody is asked a question that has no answer: the labels come first
    has_labels = Exists(Label.objects.in_use().filter(project=OuterRef("project")))
    can_answer = ~Q(project__kind__in=label_kinds) | has_labels
    members = members.annotate(
        can_answer=Case(When(can_answer, then=Value(True)), default=Value(False)),
        asked_at=Now(),  # the database's clock, at no statement of its own
    )
    return members.select_for_update(no_key=True, of=("self",))


@Prepared
def _open(project: int, user: int, *, source: SubjectSource, count: int, pictures: bool) -> TaskQuerySet:
    tasks = Task.objects.filter(annotator=user, project=project, state=TaskState.OPEN).order_by("pk")
    return tasks.select_related(*source.shown(pictures)).select_for_update(no_key=True, of=("self",))[:count]
