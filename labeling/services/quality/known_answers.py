"""Gold made, changed and removed by hand or by a review; imports bring theirs themselves."""

from collections import Counter
from typing import Any

from django.db import transaction
from django.utils import timezone

from labeling import signals
from labeling.kinds import InvalidAnswer, kind_of
from labeling.models import Action, Item, KnownAnswer, KnownFrom, Member, Project, Split, Task, TaskState, User
from labeling.selectors.access import require
from labeling.selectors.known_truth import weighs_evidence
from labeling.selectors.label_names import label_names
from labeling.services.answers.answer_check import AnswerCheck
from labeling.services.audit.trail import record
from labeling.services.imports.records.rows import MAX_EXPLANATION
from labeling.services.serving.required import bring
from labeling.services.serving.slots import move_progress
from labeling.services.serving.sources import ITEMS
from labeling.services.validation.checks import text
from labeling.services.validation.errors import Invalid


@transaction.atomic
def make_gold(
    user: User, item: Item, answer: Any, explanation: Any = "", origin: KnownFrom = KnownFrom.HAND
) -> KnownAnswer:
    """Makes ``answer`` (as people give it, by the names of now) the known answer of the item, in place of one it has.

    In a project that asks gold, nobody is asked about an item of the pool by its own slots any more. Needs the
    permission to review. Raises Invalid (answer, explanation; item, where the project asks about pairs).
    """
    project = item.project
    require(user, project, Action.GOLD_CHANGE)
    why = text("explanation", explanation, max_length=MAX_EXPLANATION)
    stored = _checked(project, item, answer)
    before = _locked(project, item)
    fields = {"answer": stored, "explanation": why, "origin": origin, "made_by": user, "made_at": timezone.now()}
    if before is None:
        made = KnownAnswer.objects.create(project=project, item=item, **fields)
    else:
        KnownAnswer.objects.filter(pk=before.pk).update(**fields)
        made = KnownAnswer.objects.get(pk=before.pk)
    flat, names = kind_of(project).flat, label_names(project)
    was = {} if before is None else {"answer": flat(names.named(before.answer)), "origin": before.origin}
    now = {"answer": flat(names.named(stored)), "origin": str(origin)}
    record("gold.set", user=user, project=project, subject=f"item {item.pk}", before=was, after=now)
    _ask_as_gold(project, item)
    return made


@transaction.atomic
def remove_gold(user: User, item: Item) -> bool:
    """The item's answer is not known any more; False when it was not. Needs the permission to review."""
    project = item.project
    require(user, project, Action.GOLD_CHANGE)
    before = _locked(project, item)
    if before is None:
        return False
    before.delete()
    was = {"answer": kind_of(project).flat(label_names(project).named(before.answer)), "origin": before.origin}
    record("gold.removed", user=user, project=project, subject=f"item {item.pk}", before=was)
    _ask_as_gold(project, item)
    return True


def _checked(project: Project, item: Item, answer: Any) -> dict[str, Any]:
    """The answer as it is stored. Raises Invalid."""
    kind = kind_of(project)
    if not kind.answers_are_of_items:
        raise Invalid("item", "This project compares pairs: their gold comes with an import.")
    check = AnswerCheck(project, kind, item, list(project.labels.in_use().values_list("name", "key")))
    try:
        return check.stored(check.checked(answer))
    except InvalidAnswer as error:
        raise Invalid("answer", error.reason) from error


def _locked(project: Project, item: Item) -> KnownAnswer | None:
    """What is known of the item, under the locks of all that may change: members, then items, then Progress."""
    asked = Task.objects.filter(item=item).exclude(state=TaskState.EXPIRED).values("annotator")
    members = Member.objects.filter(project=project, user__in=asked).order_by("pk").select_for_update(no_key=True)
    # what of the pool is open and known to them is counted anew
    Member.objects.filter(pk__in=[member.pk for member in members]).update(pool_known_at=-1)
    Item.objects.select_for_update(no_key=True).get(pk=item.pk)
    # an import that brings gold holds it, too
    move_progress(project.pk, Counter(reopened=1))
    return KnownAnswer.objects.filter(item=item).first()


def _ask_as_gold(project: Project, item: Item) -> None:
    """Brings the item to the people it should be put to now. Where models learn by evidence, gold of the pool changes
    what they learn, and is news as answers are."""
    _, deltas = bring(ITEMS, [item.pk], Project.objects.get(pk=project.pk))
    if is_news := item.split == Split.POOL and weighs_evidence(project):
        deltas["changes"] += 1
    move_progress(project.pk, deltas)
    if is_news:
        transaction.on_commit(lambda: signals.answers_changed.send_robust(Item, project_id=project.pk))
