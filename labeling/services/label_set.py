"""The label set of a project: order, hotkeys, archiving."""

import string
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F

from labeling import signals
from labeling.models import Annotation, Kind, Label, Member, Project
from labeling.services.checks import text
from labeling.services.errors import Invalid

#: Letters of the annotation page's own commands (static/js/lib/commands.js), given to a label only when asked for.
PAGE_KEYS = frozenset("usitxf")
REFUSED_HOTKEYS = frozenset("?/ ")
AUTOMATIC_HOTKEYS = "123456789" + "".join(key for key in string.ascii_lowercase if key not in PAGE_KEYS)
MAX_LABELS = 1000

LabelInput = Mapping[str, Any] | str


def checked(labels: Any, kind: str) -> list[dict[str, str]]:
    """``[{"name","hotkey","description"}]`` each name and hotkey once; a bare string is a name. Raises Invalid."""
    if not isinstance(labels, list | tuple):
        raise Invalid("labels", 'Expected a list of {"name", "hotkey"}.')
    if len(labels) > MAX_LABELS:
        raise Invalid("labels", f"A project has at most {MAX_LABELS} labels.")
    if labels and kind == Kind.PAIRWISE:
        raise Invalid("labels", "Pairs are not labeled: their answers are left, right, tie and neither.")
    result: list[dict[str, str]] = []
    names: set[str] = set()
    hotkeys: set[str] = set()
    for given in labels:
        label = _checked_one(given)
        if "|" in label["name"] and kind == Kind.MULTILABEL:
            raise Invalid("labels", "A label name cannot contain '|', which separates labels in csv files.")
        if label["name"] in names:
            raise Invalid("labels", f"The label {label['name']!r} is given twice.")
        if label["hotkey"] and label["hotkey"] in hotkeys:
            raise Invalid("labels", f"The hotkey {label['hotkey']!r} is given twice.")
        names.add(label["name"])
        hotkeys.add(label["hotkey"])
        result.append(label)
    return result


def _checked_one(given: Any) -> dict[str, str]:
    if isinstance(given, str):
        given = {"name": given}
    if not isinstance(given, Mapping):
        raise Invalid("labels", 'Expected a list of {"name", "hotkey"}.')
    unknown = set(given) - {"name", "hotkey", "description"}
    if unknown:
        raise Invalid("labels", f"A label has no {sorted(map(str, unknown))[0]!r}.")
    name = text("labels", given.get("name"), max_length=200, required=True)
    hotkey = text("labels", given.get("hotkey") or "", max_length=1)
    if hotkey in REFUSED_HOTKEYS or (hotkey and not hotkey.isprintable()):
        raise Invalid("labels", f"{hotkey!r} cannot be a hotkey.")
    description = text("labels", given.get("description") or "", max_length=500)
    return {"name": name, "hotkey": hotkey.lower()[:1], "description": description}


@transaction.atomic
def set_labels(project: Project, labels: Sequence[LabelInput]) -> list[Label]:
    """Makes ``labels`` the label set in this order and returns it; announces ``labels_changed`` when one came or went.

    A label that is left out is archived when an answer mentions it, else deleted. One without hotkey keeps its old one
    or gets the next free one of 1-9 and the letters.
    """
    wanted = checked(labels, project.kind)
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    existing = {label.name: label for label in project.labels.all()}
    in_use_before = {name for name, label in existing.items() if not label.archived}
    hotkeys = _hotkeys(wanted, {name: label.hotkey for name, label in existing.items() if not label.archived})
    kept = {label["name"] for label in wanted}
    if in_use_before - kept:
        # answers under way hold their member: once these locks are had, a label that is being given can be seen
        list(Member.objects.select_for_update(no_key=True).filter(project=project).order_by("pk").values_list("pk"))
    project.labels.update(hotkey="")  # so that two labels can swap theirs under the unique constraint
    for name in set(existing) - kept:
        if existing[name].archived:
            continue
        if Annotation.objects.filter(project=project).giving(name).exists():
            project.labels.filter(pk=existing[name].pk).update(archived=True)
        else:
            existing[name].delete()
    for position, label in enumerate(wanted):
        values = {"hotkey": hotkeys[position], "position": position, "archived": False}
        if label["description"] or label["name"] not in existing:
            values["description"] = label["description"]
        Label.objects.update_or_create(project=project, name=label["name"], defaults=values)
    if in_use_before != kept:
        Project.objects.filter(pk=project.pk).update(labels_version=F("labels_version") + 1)
        project.refresh_from_db(fields=["labels_version"])
        pk = project.pk
        transaction.on_commit(lambda: signals.labels_changed.send(Project, project_id=pk))
    return list(project.labels.in_use())


def _hotkeys(wanted: list[dict[str, str]], before: dict[str, str]) -> list[str]:
    """A hotkey for every label, "" once the keys run out: as given, else as before, else the next free one."""
    keys = [label["hotkey"] for label in wanted]
    taken = {key for key in keys if key}
    for position, label in enumerate(wanted):
        old = before.get(label["name"], "")
        if not keys[position] and old and old not in taken:
            keys[position] = old
            taken.add(old)
    free = (key for key in AUTOMATIC_HOTKEYS if key not in taken)
    return [key or next(free, "") for key in keys]
