"""Gold made, changed and removed by hand or by a review; imports bring theirs themselves."""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
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
    make_many_gold(user, project, {item.pk: _checked(project, item, answer)}, why, origin)
    return KnownAnswer.objects.get(item=item)


@transaction.atomic
def make_many_gold(
    user: User,
    project: Project,
    answers: Mapping[int, dict[str, Any]],
    explanation: str = "",
    origin: KnownFrom = KnownFrom.HAND,
) -> dict[int, dict[str, Any]]:
    """``make_gold`` of many items of the project, whose ``answers`` are given as they are stored and were checked; by
    item what ``put_gold_back`` needs. Needs the permission to review."""
    require(user, project, Action.GOLD_CHANGE)
    before, now = _locked(project, answers), timezone.now()
    flat, names = kind_of(project).flat, label_names(project)
    for pk, stored in answers.items():
        fields = {"answer": stored, "explanation": explanation, "origin": origin, "made_by": user, "made_at": now}
        was: dict[str, Any] = {}
        if (row := before.get(pk)) is None:
            KnownAnswer.objects.create(project=project, item_id=pk, **fields)
        else:
            KnownAnswer.objects.filter(pk=row.pk).update(**fields)
            was = {"answer": flat(names.named(row.answer)), "origin": row.origin}
        told = {"answer": flat(names.named(stored)), "origin": str(origin)}
        record("gold.set", user=user, project=project, subject=f"item {pk}", before=was, after=told)
    _ask_as_gold(project, answers)
    return {pk: {"made": now.isoformat(), "row": _kept(before.get(pk))} for pk in answers}


@transaction.atomic
def put_gold_back(user: User, project: Project, before: Mapping[int, dict[str, Any]]) -> set[int]:
    """What was known of the items before ``make_many_gold`` is what is known again: of those that nobody has changed
    since. Needs the permission to review."""
    require(user, project, Action.GOLD_CHANGE)
    rows = _locked(project, before)
    put_back = set()
    for pk, was in before.items():
        row = rows.get(pk)
        if row is None or row.made_at != datetime.fromisoformat(was["made"]):
            continue
        put_back.add(pk)
        if (kept := was["row"]) is None:
            row.delete()
        else:
            made_at = datetime.fromisoformat(kept["made_at"])
            KnownAnswer.objects.filter(pk=row.pk).update(**{**kept, "made_at": made_at})
    _ask_as_gold(project, put_back)
    return put_back


@transaction.atomic
def remove_gold(user: User, item: Item) -> bool:
    """The item's answer is not known any more; False when it was not. Needs the permission to review."""
    project = item.project
    require(user, project, Action.GOLD_CHANGE)
    before = _locked(project, [item.pk]).get(item.pk)
    if before is None:
        return False
    before.delete()
    was = {"answer": kind_of(project).flat(label_names(project).named(before.answer)), "origin": before.origin}
    record("gold.removed", user=user, project=project, subject=f"item {item.pk}", before=was)
    _ask_as_gold(project, [item.pk])
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


def _locked(project: Project, items: Collection[int]) -> dict[int, KnownAnswer]:
    """What is known of the items, under the locks of all that may change: members, then items, then Progress."""
    ids = list(items)
    asked = Task.objects.filter(item__in=ids).exclude(state=TaskState.EXPIRED).values("annotator")
    members = Member.objects.filter(project=project, user__in=asked).order_by("pk").select_for_update(no_key=True)
    # what of the pool is open and known to them is counted anew
    Member.objects.filter(pk__in=[member.pk for member in members]).update(pool_known_at=-1)
    list(Item.objects.numbered(project, ids).order_by("pk").select_for_update(no_key=True))
    # an import that brings gold holds it, too
    move_progress(project.pk, Counter(reopened=1))
    return {row.item_id: row for row in KnownAnswer.objects.filter(item__in=ids)}


def _kept(row: KnownAnswer | None) -> dict[str, Any] | None:
    """What a row says, to be said again."""
    if row is None:
        return None
    told = {"answer": row.answer, "explanation": row.explanation, "origin": row.origin, "made_by_id": row.made_by_id}
    return {**told, "made_at": row.made_at.isoformat()}


def _ask_as_gold(project: Project, items: Collection[int]) -> None:
    """Brings the items to the people they should be put to now. Where models learn by evidence, gold of the pool
    changes what they learn, and is news as answers are."""
    _, deltas = bring(ITEMS, list(items), Project.objects.get(pk=project.pk))
    of_pool = Item.objects.filter(pk__in=list(items), split=Split.POOL)
    if is_news := of_pool.count() if weighs_evidence(project) else 0:
        deltas["changes"] += is_news
    move_progress(project.pk, deltas)
    if is_news:
        transaction.on_commit(lambda: signals.answers_changed.send_robust(Item, project_id=project.pk))
