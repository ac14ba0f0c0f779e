"""A reviewer decides about one item."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.http import Http404
from django.utils import timezone

from labeling import signals
from labeling.kinds import PerSubject, kind_of
from labeling.models import (
    Action,
    Annotation,
    Item,
    ItemComment,
    ItemStatus,
    Member,
    Permission,
    Project,
    Reason,
    ReviewDecision,
    ReviewEntry,
    ReviewPlan,
    ReviewSort,
    Split,
    Task,
    TaskState,
    User,
    Verdict,
)
from labeling.models.item_comment import MAX_COMMENT
from labeling.selectors.access import require
from labeling.selectors.label_names import label_names
from labeling.selectors.opinions import Opinions, accepted_answer, opinions_of
from labeling.services.answers.answer_check import AnswerCheck
from labeling.services.audit.trail import record
from labeling.services.items.doubted import ask_somebody_else
from labeling.services.items.status import restore, set_aside
from labeling.services.review import decided_answer
from labeling.services.serving.returned import no_longer_waits, waits_again
from labeling.services.serving.slots import LeaseLost, move_progress
from labeling.services.validation.checks import text
from labeling.services.validation.errors import Invalid

_PAIRS = "Judgments of pairs are not reviewed: two people may well prefer another one of the two."
#: What can be reviewed at all; "" where it can.
REFUSED = PerSubject(item="", pair=_PAIRS)
#: Verdicts that give the item an answer.
ANSWERING = (Verdict.ACCEPT, Verdict.CHANGE)
_TAKEN = "Another reviewer has this item in front of him just now."


@dataclass
class _Review:
    """One item, locked, with what was said of it; ``authors`` are memberships, locked before it, by user."""

    user: User
    project: Project
    item: Item
    said: Opinions
    authors: dict[int, Member]


@transaction.atomic
def decide(
    user: User, project: Project, item_id: int, verdict: Any, *, answer: Any = None, comment: Any = "", author: Any = ""
) -> ReviewDecision:
    """Records a decision about an item of the project; the same again changes nothing. Announces ``answers_changed``.

    *accept*: what people's answers come to is the truth; *change*: ``answer`` is, also of an item of the pool
    that nobody has answered; *send_back*: the ``author`` (a name,
    needed where several answered) is asked once more, with the ``comment``; *ask_again*: one person more is asked;
    *set_aside*: nobody is. The last three leave the item to people's answers.

    Raises Invalid (verdict, answer, comment, author, item), InvalidAnswer, LeaseLost (another reviewer is at it),
    Http404, PermissionDenied. Needs the permission to review.
    """
    admit(user, project)
    if not isinstance(verdict, str) or verdict not in Verdict.values:
        raise Invalid("verdict", f"One of {', '.join(Verdict.values)}.")
    words = text("comment", comment, max_length=MAX_COMMENT, required=verdict == Verdict.SEND_BACK)
    _refuse_what_another_has(user, project, item_id)
    authors = _lock_authors(project, item_id, everybody=verdict in (Verdict.SEND_BACK, Verdict.ASK_AGAIN))
    if verdict == Verdict.ASK_AGAIN and not ask_somebody_else(user, project, [item_id]):
        raise Invalid("item", "Nobody is left who could be asked about it, or it is asked about already.")
    review = _lock(user, project, item_id, authors, unanswered=verdict == Verdict.CHANGE)
    match Verdict(verdict):
        case Verdict.ACCEPT | Verdict.CHANGE:
            return _answered(review, Verdict(verdict), answer, words)
        case Verdict.SEND_BACK:
            task, standing = _task_of(review, author), review.said.decision
            said_then = standing.comment.text if standing and standing.comment else ""
            if standing and standing.waits and (standing.task, said_then) == (task, words):
                return standing
            fields = {"task": task, "waits": True}
        case Verdict.SET_ASIDE:
            set_aside(user, review.item)
            fields = {}
        case Verdict.ASK_AGAIN:
            fields = {}
    _supersede(review)
    if review.said.review is not None and verdict != Verdict.SET_ASIDE:
        decided_answer.write(project, review.item, user, None)
    decision = _write(review, Verdict(verdict), words, **fields)
    if verdict == Verdict.SEND_BACK:
        Member.objects.filter(pk=review.authors[task.annotator_id].pk).update(sent_back=F("sent_back") + 1)
    _moved(review)
    return decision


@transaction.atomic
def undo(user: User, project: Project, decision_id: int) -> ReviewDecision:
    """Takes the newest decision about an item back: what stood before it stands again. Harmless to repeat.

    Raises Invalid (decision) for one that another one followed, whose answer was given anew since, or by which somebody
    else is asked; LeaseLost, Http404, PermissionDenied.
    """
    admit(user, project)
    found = ReviewDecision.objects.filter(project=project, pk=decision_id).first() if decision_id < 2**63 else None
    if found is None:
        raise Http404("No such decision.")
    review = _lock(user, project, found.item_id, _lock_authors(project, found.item_id), active=False)
    decision = ReviewDecision.objects.get(pk=found.pk)
    if decision.undone_at is not None:
        return decision
    standing = ReviewDecision.objects.standing().filter(item=review.item).newest_first()
    newest, before = [*standing[:2], None, None][:2]
    if newest != decision:
        raise Invalid("decision", "Another decision followed this one: undo that first.")
    if decision.verdict == Verdict.ASK_AGAIN:
        raise Invalid("decision", "Somebody else is asked already: decide anew once he has answered.")
    if decision.answered_at is not None:
        raise Invalid("decision", "The author has looked at it again: decide anew.")
    _take_back(review, decision, before)
    _moved(review)
    told = {"verdict": decision.verdict, "reviewer": decision.reviewer.get_username()}
    record("review.undone", user=user, project=project, subject=f"item {review.item.pk}", before=told)
    return ReviewDecision.objects.get(pk=decision.pk)


def admit(user: User, project: Project) -> None:
    """Raises Http404, PermissionDenied, Invalid (item): pairs are not reviewed."""
    member = require(user, project, Action.REVIEWS_DECIDE)
    if member is not None and member.is_quarantined:
        raise PermissionDenied(member.refusal)
    if why := REFUSED.of(kind_of(project).subject):
        raise Invalid("item", why)


def _refuse_what_another_has(user: User, project: Project, item_id: int) -> None:
    if ReviewEntry.objects.filter(project=project, item=item_id).held_by_others(user).exists():
        raise LeaseLost(_TAKEN)


def _lock_authors(project: Project, item_id: int, *, everybody: bool = True) -> dict[int, Member]:
    """Memberships of those who were asked about the item, or of the one whose answer waits; before the item: the order
    of locks."""
    tasks = Task.objects.filter(item=item_id)
    if not everybody:
        tasks = tasks.filter(review_decisions__waits=True)
    rows = Member.objects.filter(project=project, user__in=tasks.values("annotator")).order_by("pk")
    return {member.user_id: member for member in rows.select_for_update(no_key=True)}


def _lock(
    user: User,
    project: Project,
    item_id: int,
    authors: dict[int, Member],
    *,
    active: bool = True,
    unanswered: bool = False,
) -> _Review:
    """``unanswered``: whether a decision about what nobody has answered is one; what measures models is answered by who
    is asked, and a reviewer only settles it (decision 0106)."""
    item = Item.objects.filter(project=project, pk=item_id).select_for_update(no_key=True).first()
    if item is None:
        raise Http404("No such item.")
    if active and item.status != ItemStatus.ACTIVE:
        raise Invalid("item", "The item is set aside: put it back first.")
    said = opinions_of(project, [item.pk])[item.pk]
    is_open = active and not said.answers and said.review is None
    if is_open and not (unanswered and item.split == Split.POOL):
        raise Invalid("item", "Nobody has answered it yet.")
    return _Review(user, project, item, said, authors)


def _answered(review: _Review, verdict: Verdict, answer: Any, words: str) -> ReviewDecision:
    user, project, said = review.user, review.project, review.said
    own = said.people == {user.pk}
    if own and not plan_of(project).own_allowed:
        raise Invalid("item", "Nobody but you has answered it: another reviewer decides, or one person more is asked.")
    accepted = accepted_answer(project, said.consensus)
    if verdict == Verdict.ACCEPT:
        if ReviewEntry.objects.filter(item=review.item, sort=ReviewSort.BLIND).exists():
            raise Invalid("verdict", "This one is decided without seeing what was said: choose an answer.")
        if accepted is None:
            raise Invalid("verdict", "The answers come to nothing that could be accepted: choose an answer.")
        stored = accepted
    else:
        kind = kind_of(project)
        labels = list(project.labels.in_use().order_by("position", "pk").values_list("name", "key"))
        check = AnswerCheck(project, kind, review.item, labels if kind.has_labels else [])
        stored = check.stored(check.checked(answer))
    standing = said.decision
    is_again = standing is not None and (standing.reviewer_id, standing.verdict) == (user.pk, verdict) and not words
    if standing and is_again and said.review and said.review.answer == stored:
        return standing
    _supersede(review)
    made = decided_answer.write(project, review.item, user, stored)
    decision = _write(review, verdict, words, annotation=made, is_same=stored == accepted)
    _moved(review)
    return decision


def _task_of(review: _Review, author: Any) -> Task:
    """The answered question that goes back. Raises Invalid (author)."""
    tasks = Task.objects.filter(item=review.item, state=TaskState.ANSWERED).exclude(reason=Reason.REPEAT)
    asked = list(tasks.select_related("annotator").order_by("pk"))
    if name := text("author", author, max_length=150):
        asked = [task for task in asked if task.annotator.get_username() == name]
    if not asked:
        raise Invalid("author", "Nobody here gave such an answer: what came with an import has no author to ask.")
    if len(asked) > 1:
        raise Invalid("author", "Several people answered: say whose answer goes back.")
    (task,) = asked
    if task.annotator_id == review.user.pk:
        raise Invalid("author", "It is your own answer: change it where you gave it.")
    member = review.authors.get(task.annotator_id)
    if member is None or not member.may(Permission.LABEL):
        raise Invalid("author", "Who gave this answer is asked nothing here any more: put it to somebody else.")
    if member.paused_at is not None:
        raise Invalid("author", "Who gave this answer is paused and would not see it: put it to somebody else.")
    return task


def _supersede(review: _Review) -> None:
    """An answer that was sent back waits no more once something else is decided. Raises LeaseLost."""
    waiting = ReviewDecision.objects.waiting().filter(item=review.item).select_related("task").first()
    if waiting is None or waiting.task is None:
        return
    member = review.authors.get(waiting.task.annotator_id)
    if member is None and Member.objects.filter(project=review.project, user=waiting.task.annotator_id).exists():
        raise LeaseLost(_TAKEN)  # sent back between the look at who waits and the lock of the item
    no_longer_waits(waiting, member)


def _write(review: _Review, verdict: Verdict, words: str, **fields: Any) -> ReviewDecision:
    user, project, item, now = review.user, review.project, review.item, timezone.now()
    comment = None
    if words:
        comment = ItemComment.objects.create(project=project, item=item, author=user, text=words, created_at=now)
    entries = ReviewEntry.objects.filter(item=item)
    sort = entries.values_list("sort", flat=True).first() or ""
    entries.delete()
    decision = ReviewDecision.objects.create(
        project=project, item=item, reviewer=user, verdict=verdict, sort=sort, comment=comment, created_at=now,
        of_own_answer=user.pk in review.said.people, **fields,
    )  # fmt: skip
    made: Annotation | None = fields.get("annotation")
    answer = label_names(project).named(made.answer) if made else None
    task: Task | None = fields.get("task")
    told = {"verdict": verdict.value, "answer": answer, "author": task.annotator.get_username() if task else None}
    after = {name: value for name, value in told.items() if value is not None}
    record("review.decided", user=user, project=project, subject=f"item {item.pk}", after=after)
    return decision


def _take_back(review: _Review, decision: ReviewDecision, before: ReviewDecision | None) -> None:
    """Writes what is in force without the decision: what the one before it said."""
    _supersede(review)
    ReviewDecision.objects.filter(pk=decision.pk).update(waits=False, undone_at=timezone.now(), undone_by=review.user)
    if decision.verdict == Verdict.SET_ASIDE:
        restore(review.user, review.item)
    stood = before.annotation if before else None
    now = decided_answer.in_force(review.item)
    if (stood and stood.answer) != (now and now.answer):
        by = before.reviewer if before and stood else review.user
        decided_answer.write(review.project, review.item, by, stood.answer if stood else None)
    if before and before.verdict == Verdict.SEND_BACK and before.answered_at is None and before.task:
        waits_again(before, review.authors.get(before.task.annotator_id))


def _moved(review: _Review) -> None:
    """One answer more counts, or another: what is learned from has changed."""
    project_id = review.project.pk
    move_progress(project_id, Counter(changes=1))
    transaction.on_commit(lambda: signals.answers_changed.send_robust(Item, project_id=project_id))


def plan_of(project: Project) -> ReviewPlan:
    """The settings of review; those of a project that has none are the usual ones."""
    return ReviewPlan.objects.filter(project=project).first() or ReviewPlan(project=project)
