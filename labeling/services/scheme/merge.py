"""Labels that become one: answers that gave any of them are read as the new one, and stay as they were said."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from labeling.kinds import kind_of
from labeling.models import Label, Project, SchemeChange, SchemeOperation, User
from labeling.services.audit.trail import record
from labeling.services.scheme import versions
from labeling.services.scheme.new_labels import MAX_NAME, free_hotkeys, free_key, in_use_or_refused, refuse_name
from labeling.services.validation.checks import text
from labeling.services.validation.errors import Invalid


@transaction.atomic
def merge_labels(
    user: User, project: Project, names: Any, into: Any, *, reason: Any = "", version: Any = None
) -> SchemeChange:
    """Makes one label of several in use, called ``into``: a new name, or that of one of them, or of a further label in
    use, which then is one of them.

    It is a new label to the scheme whatever it is called: what was said under the old one may come apart again. Costs
    the same with a million answers. Raises Invalid (``names``, ``into``, ``reason``, ``version``).
    """
    reason = versions.checked_reason(reason)
    number = versions.locked(project, version)
    labels = {label.name: label for label in project.labels.all()}
    into = text("into", into, max_length=MAX_NAME, required=True)
    merged = to_merge(project, labels, names, into)
    first = labels[into] if into in merged else next(iter(merged.values()))
    made = Label(
        project=project, name=into, hotkey=first.hotkey, description=first.description, examples=first.examples,
        position=min(label.position for label in merged.values()),
        key=free_key(into, {label.identity for label in labels.values()}), former_names=_former(merged, into),
    )  # fmt: skip
    if not made.hotkey:
        made.hotkey = next(free_hotkeys(labels))
    taken = set(labels)
    for label in merged.values():
        versions.give_way(label, number, taken)
        label.read_as = made.identity
    Label.objects.bulk_update(merged.values(), ["name", "key", "archived", "hotkey", "read_as"])
    made.save()
    versions.announce(project)
    details = {"from": list(merged), "into": into}
    change = versions.write(project, SchemeOperation.MERGE, details, user=user, reason=reason)
    said = {"label": into, "version": change.number, "reason": reason}
    record(
        "project.labels_merged", user=user, project=project, subject=into, before={"labels": list(merged)}, after=said
    )
    return change


def to_merge(project: Project, labels: Mapping[str, Label], names: Any, into: str) -> dict[str, Label]:
    """The labels by name, in the order of the set. Raises Invalid."""
    if why := kind_of(project).refuse_scheme:
        raise Invalid("names", why)
    if not isinstance(names, list | tuple):
        raise Invalid("names", "Expected a list of labels.")
    chosen = {in_use_or_refused(labels, "names", name).name for name in names}
    if into in labels and not labels[into].archived:
        chosen.add(into)
    if len(chosen) < 2:
        raise Invalid("names", "At least two labels can be merged. To call one otherwise, rename it.")
    refuse_name(project, labels, "into", into, chosen)
    return {name: label for name, label in labels.items() if name in chosen}


def _former(merged: Mapping[str, Label], into: str) -> list[str]:
    """What files of imports may say for it."""
    names = [name for label in merged.values() for name in (*label.former_names, label.name)]
    return [name for name in dict.fromkeys(names) if name != into]
