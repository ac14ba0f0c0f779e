"""What was answered *unknown pattern* is named: a label that may be new, and the items have it (decision 0131)."""

from collections.abc import Collection, Sequence
from typing import Any

from labeling.kinds import kind_of
from labeling.kinds.spelling import name_key
from labeling.models import Annotation, Because, BulkStep, Item, Project, Split, User
from labeling.services.answers.skips import ask_again
from labeling.services.audit.trail import record_change
from labeling.services.items.status import restore_many, set_many_aside
from labeling.services.projects.label_set import set_labels
from labeling.services.review.bulk import label_many, undo_batch
from labeling.services.validation.errors import Invalid


def add_name(user: User, project: Project, answer: Any) -> None:
    """Makes the name a label where it is none yet, in the transaction of who calls. Raises Invalid."""
    name = answer.get("label") if isinstance(answer, dict) else None
    if not kind_of(project).is_one_label:
        raise Invalid("do", "Only where an item has one label are patterns named.")
    if not isinstance(name, str) or not name.strip():
        raise Invalid("answer", 'Say what they are: {"label": "a name"}.')
    before = list(project.labels.in_use())
    if name_key(name) in {name_key(label.name) for label in before}:
        return
    given = [{"name": label.name, "hotkey": label.hotkey, "description": label.description} for label in before]
    _set(user, project, given, [*given, {"name": name.strip()}])


def let_go_of_name(user: User, step: BulkStep) -> None:
    """Once a naming is undone: its label leaves the set where no current answer gives it and another one is left."""
    project, identity = step.project, (step.answer or {}).get("label")
    labels = list(project.labels.in_use())
    if len(labels) < 2 or Annotation.objects.current().filter(project=project, answer__label=identity).exists():
        return
    given = [
        ({"name": label.name, "hotkey": label.hotkey, "description": label.description}, label.identity == identity)
        for label in labels
    ]
    _set(user, project, [each for each, _ in given], [each for each, is_it in given if not is_it])


def _set(user: User, project: Project, before: Sequence[dict[str, str]], now: Sequence[dict[str, str]]) -> None:
    set_labels(project, now, user=user)
    names = [{"labels": [label["name"] for label in labels]} for labels in (before, now)]
    record_change("project.labels", *names, user=user, project=project)


def name_many(user: User, step: BulkStep, ids: Sequence[int]) -> tuple[dict[int, Any], dict[int, str]]:
    """Items of the pool have the label as by a reviewer, those of the eval split are asked about again: what measures
    is what people say. Only what was answered *unknown pattern*. What the undo puts back by item, and why others were
    left out."""
    assert step.answer is not None  # checked when the step was begun
    those = Item.objects.filter(project=step.project, pk__in=ids, set_aside_because=Because.UNKNOWN)
    unknown = {item.pk: item for item in those}
    restore_many(user, step.project, list(unknown))
    held = [pk for pk, item in unknown.items() if item.split == Split.EVAL]
    for pk in held:
        ask_again(unknown[pk])
    pool = [pk for pk in unknown if pk not in held]
    found = label_many(user, step.project, pool, step.answer, batch=step.batch, held_out=False) if pool else None
    left_out = dict(found.left_out) if found else {}
    if left_out:
        set_many_aside(user, step.project, list(left_out), dict.fromkeys(left_out, Because.UNKNOWN.value))
    slots = dict(Item.objects.filter(pk__in=held).values_list("pk", "slots_taken"))
    before = {pk: {"slots": slots.get(pk)} for pk in unknown if pk not in left_out}
    return before, {**dict.fromkeys([pk for pk in ids if pk not in unknown], "not_unknown"), **left_out}


def unname_many(user: User, step: BulkStep, before: dict[int, Any]) -> Collection[int]:
    """Puts back what nobody has decided or answered since."""
    labeled = [pk for pk, was in before.items() if was["slots"] is None]
    undone = set(undo_batch(user, step.project, step.batch, labeled).items) if labeled else set()
    asked = Item.objects.filter(pk__in=[pk for pk in before if pk not in labeled]).select_for_update(no_key=True)
    undone |= {item.pk for item in asked.order_by("pk") if item.slots_taken == before[item.pk]["slots"]}
    return set_many_aside(user, step.project, list(undone), dict.fromkeys(undone, Because.UNKNOWN.value))
