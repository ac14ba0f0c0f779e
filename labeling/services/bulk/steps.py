"""What each step does to some items, by the services that single steps use, and how it is put back."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labeling.models import Annotation, AskedAgain, BulkDo, BulkItem, BulkStep, Item, ItemStatus, Project, Split, User
from labeling.selectors.opinions import accepting, opinions_of
from labeling.services.bulk.names import name_many, unname_many
from labeling.services.items.doubted import ask_many, ask_no_more
from labeling.services.items.status import restore_many, set_many_aside
from labeling.services.quality.known_answers import make_many_gold, put_gold_back
from labeling.services.review.bulk import LEFT_OUT, label_many, undo_batch
from labeling.services.review.sent import no_longer_sent, send_many

#: Why an item is left out, in words.
WHY: Mapping[str, str] = {
    **LEFT_OUT,
    "held_out": "held out: what measures models is not asked again because somebody doubts it",
    "already": "so already",
    "not_unknown": "was not answered “unknown pattern”",
    "nobody": "nobody is left who could be asked",
    "changed": "somebody has changed it since",
}
#: Steps of managers; the others are a reviewer's, who does the same to one item.
MANAGERS_STEPS = frozenset((BulkDo.NAME, BulkDo.SET_ASIDE, BulkDo.RESTORE, BulkDo.GOLD, BulkDo.SELECT))


@dataclass(frozen=True)
class Outcome:
    """``why`` an item was left out, "" where it was not; ``before`` is what the undo puts back."""

    why: str = ""
    before: Any = None


Outcomes = Mapping[int, Outcome]


@dataclass(frozen=True)
class Carried:
    """``do`` takes ids of items; ``put_back`` rows of a step that was carried out, and returns which are put back."""

    do: Callable[[User, BulkStep, Sequence[int]], Outcomes]
    put_back: Callable[[User, BulkStep, Sequence[BulkItem]], Collection[int]]


def _left_out(reasons: Mapping[int, str]) -> dict[int, Outcome]:
    return {pk: Outcome(why) for pk, why in reasons.items()}


def _label(user: User, step: BulkStep, ids: Sequence[int]) -> Outcomes:
    assert step.answer is not None  # checked when the step was begun
    found = label_many(user, step.project, ids, step.answer, batch=step.batch, held_out=bool(step.reason))
    return {pk: Outcome() for pk in found.accepted} | _left_out(found.left_out)


def _unlabel(user: User, step: BulkStep, rows: Sequence[BulkItem]) -> Collection[int]:
    return undo_batch(user, step.project, step.batch, [row.item_id for row in rows]).items


def _ask(user: User, step: BulkStep, ids: Sequence[int]) -> Outcomes:
    items = {item.pk: item for item in Item.objects.numbered(step.project, ids)}
    pool = [pk for pk, item in items.items() if item.split == Split.POOL and item.in_context_id is None]
    before = ask_many(user, step.project, pool)
    said = set(Annotation.objects.current().filter(item__in=ids).values_list("item", flat=True))
    again = AskedAgain.objects.filter(item__in=ids, item__is_open=True).exclude(asked_at=None)
    waiting = set(again.values_list("item", flat=True))
    found = {}
    for pk in ids:
        holds = {
            "unknown": pk not in items,
            "held_out": pk not in pool,
            "set_aside": pk in items and items[pk].status != ItemStatus.ACTIVE,
            "unanswered": pk not in said,
            "waits": pk in waiting,
        }
        why = next((reason for reason, does in holds.items() if does), "nobody")
        found[pk] = Outcome(before=before[pk]) if pk in before else Outcome(why)
    return found


def _ask_no_more(user: User, step: BulkStep, rows: Sequence[BulkItem]) -> Collection[int]:
    return ask_no_more(user, step.project, {row.item_id: row.before or {} for row in rows})


def _send(user: User, step: BulkStep, ids: Sequence[int]) -> Outcomes:
    return _left_out(send_many(user, step.project, ids, held_out=bool(step.reason)))


def _unsend(user: User, step: BulkStep, rows: Sequence[BulkItem]) -> Collection[int]:
    return no_longer_sent(user, step.project, step, [row.item_id for row in rows])


def _name(user: User, step: BulkStep, ids: Sequence[int]) -> Outcomes:
    before, left_out = name_many(user, step, ids)
    return {pk: Outcome(before=was) for pk, was in before.items()} | _left_out(left_out)


def _unname(user: User, step: BulkStep, rows: Sequence[BulkItem]) -> Collection[int]:
    return unname_many(user, step, {row.item_id: row.before or {"slots": None} for row in rows})


def _set_aside(user: User, step: BulkStep, ids: Sequence[int]) -> Outcomes:
    done = set_many_aside(user, step.project, ids)
    return {pk: Outcome() if pk in done else Outcome("already") for pk in ids}


def _take_back_in(user: User, step: BulkStep, rows: Sequence[BulkItem]) -> Collection[int]:
    return restore_many(user, step.project, [row.item_id for row in rows])


def _restore(user: User, step: BulkStep, ids: Sequence[int]) -> Outcomes:
    answers = dict(Item.objects.filter(pk__in=ids).values_list("pk", "slots_taken"))
    done = restore_many(user, step.project, ids)
    told = {pk: Outcome(before={"because": because, "slots": answers[pk]}) for pk, because in done.items()}
    return {pk: told.get(pk, Outcome("already")) for pk in ids}


def _set_aside_again(user: User, step: BulkStep, rows: Sequence[BulkItem]) -> Collection[int]:
    before = {row.item_id: row.before or {} for row in rows}
    locked = Item.objects.filter(pk__in=list(before)).order_by("pk").select_for_update(no_key=True)
    same = [item.pk for item in locked if item.slots_taken == before[item.pk]["slots"]]
    return set_many_aside(user, step.project, same, {pk: before[pk]["because"] for pk in same})


def _gold(user: User, step: BulkStep, ids: Sequence[int]) -> Outcomes:
    answers = dict.fromkeys(ids, step.answer) if step.answer else _come_to(step.project, ids)
    given = {pk: answer for pk, answer in answers.items() if answer}
    before = make_many_gold(user, step.project, given)
    return {pk: Outcome(before=before[pk]) if pk in before else Outcome("undecided") for pk in ids}


def _come_to(project: Project, ids: Sequence[int]) -> dict[int, dict[str, Any] | None]:
    """What a reviewer decided, else what people's answers come to, as it is stored."""
    came_to = accepting(project)
    opinions = opinions_of(project, ids)
    return {pk: said.review.answer if said.review else came_to(said.consensus) for pk, said in opinions.items()}


def _no_gold(user: User, step: BulkStep, rows: Sequence[BulkItem]) -> Collection[int]:
    return put_gold_back(user, step.project, {row.item_id: row.before or {} for row in rows})


def _keep(user: User, step: BulkStep, ids: Sequence[int]) -> Outcomes:
    return {pk: Outcome() for pk in ids}


def _nothing(user: User, step: BulkStep, rows: Sequence[BulkItem]) -> Collection[int]:
    return ()


STEPS: Mapping[str, Carried] = {
    BulkDo.LABEL: Carried(_label, _unlabel),
    BulkDo.ASK_AGAIN: Carried(_ask, _ask_no_more),
    BulkDo.REVIEW: Carried(_send, _unsend),
    BulkDo.NAME: Carried(_name, _unname),
    BulkDo.SET_ASIDE: Carried(_set_aside, _take_back_in),
    BulkDo.RESTORE: Carried(_restore, _set_aside_again),
    BulkDo.GOLD: Carried(_gold, _no_gold),
    BulkDo.SELECT: Carried(_keep, _nothing),
}
