"""Practice rounds: begun, answered, passed or not; waived and begun anew by managers."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.http import Http404
from django.utils import timezone

from labeling.kinds import kind_of
from labeling.models import (
    Action,
    ItemStatus,
    KnownAnswer,
    Member,
    PracticeQuestion,
    PracticeRound,
    PracticeState,
    Project,
    Split,
    User,
)
from labeling.selectors.access import require
from labeling.selectors.label_names import label_names
from labeling.selectors.people.known import judge_of
from labeling.selectors.practice import Practice, needed, practice_of
from labeling.services.answers.answer_check import AnswerCheck
from labeling.services.answers.feedback import Feedback
from labeling.services.audit.trail import record
from labeling.services.serving.mixture import Rng
from labeling.services.validation.errors import Invalid

#: Known answers a round is drawn from.
MOST_DRAWN_FROM = 2_000
FIRST_COUNTS = "In a practice round the first answer counts."


@dataclass(frozen=True)
class Practised:
    """An answer in a round: what is said to it, and whether it was the last one."""

    question: PracticeQuestion
    answer: dict[str, Any] | None
    feedback: Feedback
    is_finished: bool
    state: str


def _member(user: User, project: Project) -> Member:
    """Locked: what one person does comes one after the other. Raises Http404, PermissionDenied."""
    require(user, project, Action.TASKS_ANSWER)
    locked = Member.objects.select_for_update(no_key=True, of=("self",)).select_related("project")
    member = locked.filter(project=project, user=user).first()
    if member is None:
        raise PermissionDenied("Only members are asked.")
    return member


@transaction.atomic
def start_practice(user: User, project: Project, rng: Rng | None = None) -> Practice:
    """Begins a round; the one under way where there is one. Raises Invalid (practice) where none can be begun."""
    member = _member(user, project)
    standing = practice_of(member)
    if standing.state == PracticeState.RUNNING:
        return standing
    if not standing.is_due:
        raise Invalid("practice", "There is nothing to practise.")
    if not standing.tries_left:
        raise Invalid("practice", "There is no try left. A manager of the project can give you another one.")
    project = member.project
    size = project.practice_questions
    made = PracticeRound.objects.create(project=project, user=user, size=size, needed=needed(project))
    drawn = _drawn(user, project, size, rng or random.SystemRandom())
    PracticeQuestion.objects.bulk_create(
        PracticeQuestion(
            round=made, item_id=known.item_id, place=place, truth=known.answer, explanation=known.explanation
        )
        for place, known in enumerate(drawn)
    )
    return practice_of(member)


def _drawn(user: User, project: Project, size: int, rng: Rng) -> list[KnownAnswer]:
    """Random gold of the pool, that of which the person has not been told first."""
    known = KnownAnswer.objects.filter(project=project, item__split=Split.POOL, item__status=ItemStatus.ACTIVE)
    rows = list(known.order_by("draw_key")[:MOST_DRAWN_FROM])
    seen = set(PracticeQuestion.objects.filter(round__user=user, round__project=project).values_list("item", flat=True))
    rng.shuffle(rows)
    rows.sort(key=lambda row: row.item_id in seen)
    chosen = rows[:size]
    rng.shuffle(chosen)
    return chosen


def open_questions(user: User, project: Project, count: int) -> Sequence[PracticeQuestion]:
    """The next questions of the round under way; none without one."""
    require(user, project, Action.TASKS_ANSWER)
    mine = PracticeQuestion.objects.filter(
        round__project=project, round__user=user, round__state=PracticeState.RUNNING, answered_at=None
    )
    return list(mine.select_related("item__asset", "round")[:count])


def question_of(user: User, question_id: int) -> PracticeQuestion:
    """The person's own; raises Http404 for others' and where the person does not reach the project."""
    found = PracticeQuestion.objects.filter(pk=question_id, round__user=user).select_related("round__project", "item")
    question = found.first() if question_id < 2**63 else None
    if question is None or not user.reaches(question.round.project_id):
        raise Http404("No such practice question.")
    return question


@transaction.atomic
def answer_practice(user: User, question_id: int, answer: Any) -> Practised:
    """Takes an answer, None for a skip, which counts as not right; the same answer again changes nothing.

    Raises Invalid (answer) for another answer than the first, InvalidAnswer, Http404, PermissionDenied.
    """
    project = question_of(user, question_id).round.project
    _member(user, project)
    question = question_of(user, question_id)  # as it is now that others of the person's requests wait
    stored = None if answer is None else _stored(project, question, answer)
    if question.answered_at is not None:
        if stored != question.answer:
            raise Invalid("answer", FIRST_COUNTS)
        return _practised(project, question)
    question.answer = stored
    question.is_right = bool(stored is not None and judge_of(project)(question.truth, stored))
    question.answered_at = timezone.now()
    question.save(update_fields=["answer", "is_right", "answered_at"])
    if question.is_right:
        PracticeRound.objects.filter(pk=question.round_id).update(right=F("right") + 1)
    question.round.refresh_from_db()
    _finish(question.round)
    return _practised(project, question)


def _stored(project: Project, question: PracticeQuestion, answer: Any) -> dict[str, Any]:
    labels = list(project.labels.in_use().values_list("name", "key"))
    check = AnswerCheck(project, kind_of(project), question.item, labels)
    return check.stored(check.checked(answer))


def _finish(practice: PracticeRound) -> None:
    """Passed or not, once all is answered."""
    if practice.state != PracticeState.RUNNING or practice.questions.filter(answered_at=None).exists():
        return
    practice.state = PracticeState.PASSED if practice.right >= practice.needed else PracticeState.FAILED
    practice.finished_at = timezone.now()
    practice.save(update_fields=["state", "finished_at"])


def _practised(project: Project, question: PracticeQuestion) -> Practised:
    names = label_names(project)
    feedback = Feedback(bool(question.is_right), names.named(question.truth), question.explanation)
    state = question.round.state
    return Practised(question, names.named(question.answer), feedback, state != PracticeState.RUNNING, state)


@transaction.atomic
def waive_practice(user: User, member: Member, reason: str = "") -> None:
    """The person is asked real questions without practice. Needs the permission to change members; a ``reason`` that
    is given stands on the trail."""
    project = _locked_by(user, member)
    _set_aside(member)
    _instead_of_practice(member, state=PracticeState.WAIVED, finished_at=timezone.now(), waived_by=user)
    record("practice.waived", user=user, project=project, subject=str(member.user), after=_why(reason))


@transaction.atomic
def reset_practice(user: User, member: Member, reason: str = "") -> None:
    """The person practises anew, with all tries, whatever was passed or answered before."""
    project = _locked_by(user, member)
    if not _set_aside(member):  # never practised: a round that counts no more says that one is wanted
        _instead_of_practice(member, state=PracticeState.RESET)
    record("practice.reset", user=user, project=project, subject=str(member.user), after=_why(reason))


def _why(reason: str) -> dict[str, str]:
    return {"reason": reason} if reason else {}


def _locked_by(user: User, member: Member) -> Project:
    """The member's project, for who may change practice; one change of a member's practice at a time."""
    require(user, member.project, Action.PRACTICE_CHANGE)
    Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    return member.project


def _instead_of_practice(member: Member, **standing: Any) -> None:
    """A round without questions, which says where the person stands."""
    PracticeRound.objects.create(project=member.project, user_id=member.user_id, size=0, needed=0, **standing)


def _set_aside(member: Member) -> int:
    rounds = PracticeRound.objects.filter(project=member.project_id, user=member.user_id)
    return rounds.update(state=PracticeState.RESET)
