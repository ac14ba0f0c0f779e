"""The label set of a project: order, hotkeys, archiving."""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

from django.db import transaction
from django.db.models import F

from labeling import signals
from labeling.kinds import KINDS, LabelNames, kind_of
from labeling.kinds.page_keys import AUTOMATIC_HOTKEYS, MOST_BUTTONS_WITH_HOTKEYS, REFUSED_HOTKEYS
from labeling.kinds.spelling import name_key
from labeling.models import Annotation, Label, Member, Project, SchemeChange, SchemeOperation, User
from labeling.services.scheme import versions
from labeling.services.scheme.new_labels import free_key
from labeling.services.validation.checks import text
from labeling.services.validation.errors import Invalid

MAX_LABELS = 2000

LabelInput = Mapping[str, Any] | str


def checked(labels: Any, kind: str, known: Iterable[str] = ()) -> list[dict[str, str]]:
    """``[{"name","hotkey","description"}]`` each name and hotkey once; a bare string is a name. Raises Invalid.

    A name that only looks like one of ``known`` is that one. Two that look the same are refused, but where both are
    known: releases before 0065 took them.
    """
    if not isinstance(labels, list | tuple):
        raise Invalid("labels", 'Expected a list of {"name", "hotkey"}.')
    if len(labels) > MAX_LABELS:
        raise Invalid("labels", f"A project has at most {MAX_LABELS} labels.")
    result: list[dict[str, str]] = []
    there = LabelNames(known)
    names: dict[str, str] = {}
    hotkeys: set[str] = set()
    for label in KINDS[kind].label_set([_checked_one(given) for given in labels]):
        given = label["name"]
        label["name"] = there.find(given) or given
        twin = names.get(key := label["name"] if label["name"] in there else name_key(given))
        if twin == given:
            raise Invalid("labels", f"The label {given!r} is given twice.")
        if twin is not None:
            raise Invalid("labels", f"The labels {twin!r} and {given!r} look the same.")
        if label["hotkey"] and label["hotkey"] in hotkeys:
            raise Invalid("labels", f"The hotkey {label['hotkey']!r} is given twice.")
        names[key] = given
        hotkeys.add(label["hotkey"])
        result.append(label)
    if why := KINDS[kind].refuse_labels([label["name"] for label in result]):
        raise Invalid("labels", why)
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
    description = text("labels", given.get("description") or "", max_length=500)
    return {"name": name, "hotkey": _hotkey(given.get("hotkey") or ""), "description": description}


def _hotkey(given: Any) -> str:
    """One key as a key press is called: without Shift. Raises Invalid."""
    if isinstance(given, str) and given.isspace():
        raise Invalid("labels", f"{given!r} cannot be a hotkey.")
    typed = text("labels", given, max_length=1)
    hotkey = typed.lower()
    if hotkey and (hotkey in REFUSED_HOTKEYS or not hotkey.isprintable() or len(hotkey) > 1):
        raise Invalid("labels", f"{typed!r} cannot be a hotkey.")
    return hotkey


@transaction.atomic
def set_labels(
    project: Project, labels: Sequence[LabelInput], *, announce: bool = True, user: User | None = None
) -> list[Label]:
    """Makes ``labels`` the label set in this order and returns it; announces ``labels_changed`` when one came or went.
    What changes more than keys and order is a version of the scheme, made by ``user``.

    A label that is left out is archived when an answer mentions it, else deleted. One without hotkey keeps its old one
    or gets the next free one of 1-9 and the letters, unless there are too many for keys. The number of statements does
    not grow with the set.
    """
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    existing = {label.name: label for label in project.labels.all()}
    was = versions.state_of(list(existing.values()))
    wanted = checked(labels, project.kind, existing)
    for label in wanted:
        if (old := existing.get(label["name"])) and (old.read_as or old.is_split):
            raise Invalid("labels", f"{old.name!r} was merged or split: undo that, or take another name.")
    before = {name: label for name, label in existing.items() if not label.archived}
    hotkeys = _hotkeys(wanted, {name: label.hotkey for name, label in before.items()})
    kept = {label["name"] for label in wanted}
    project.labels.exclude(hotkey="").update(hotkey="")  # two labels can swap theirs under the unique constraint
    _let_go(
        project,
        [label for name, label in before.items() if name not in kept],
        {old.read_as for old in existing.values()},
    )
    taken = {label.identity for label in existing.values()}
    rows = [
        Label(
            project=project, name=label["name"], hotkey=hotkeys[position], position=position, archived=False,
            description=label["description"] or (old.description if (old := existing.get(label["name"])) else ""),
            key="" if label["name"] in existing else free_key(label["name"], taken),
        )
        for position, label in enumerate(wanted)
    ]  # fmt: skip
    Label.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["project", "name"],
        update_fields=["hotkey", "position", "archived", "description"],
    )  # fmt: skip
    if existing and (announce or SchemeChange.objects.filter(project=project).exists()):
        _write_version(project, was, user)
    if set(before) != kept:
        Project.objects.filter(pk=project.pk).update(labels_version=F("labels_version") + 1)
        project.refresh_from_db(fields=["labels_version"])
        pk = project.pk
        if announce:
            transaction.on_commit(lambda: signals.labels_changed.send(Project, project_id=pk))
    return list(project.labels.in_use())


def _write_version(project: Project, was: versions.State, user: User | None) -> None:
    is_now = versions.state_of(list(project.labels.all()))
    if versions.means_the_same(was, is_now):
        return
    versions.begin(project, was)
    before, after = ({row["name"]: row for row in state if not row["archived"]} for state in (was, is_now))
    details = {
        "added": [name for name in after if name not in before],
        "retired": [name for name in before if name not in after],
        "described": [
            name for name, row in after.items() if name in before and row["description"] != before[name]["description"]
        ],
    }
    versions.write(project, SchemeOperation.SET, details, user=user)


def _let_go(project: Project, left_out: list[Label], read_as: Set[str]) -> None:
    """Archives the labels that some answer gives, or that others were merged into; deletes the others."""
    if not left_out:
        return
    # answers under way hold their member: once these locks are had, a label that is being given can be seen
    list(Member.objects.select_for_update(no_key=True).filter(project=project).order_by("pk").values_list("pk"))
    labels_of = kind_of(project).labels_of
    answers = Annotation.objects.filter(project=project, answer__isnull=False).order_by().values_list("answer")
    given = {name for (answer,) in answers.distinct().iterator() if answer for name in labels_of(answer)}
    given |= read_as
    names = {label.identity: label.pk for label in left_out}
    project.labels.filter(pk__in=[pk for name, pk in names.items() if name in given]).update(archived=True)
    project.labels.filter(pk__in=[pk for name, pk in names.items() if name not in given]).delete()


def _hotkeys(wanted: list[dict[str, str]], before: dict[str, str]) -> list[str]:
    """A hotkey for every label: as given, else as before, else the next free one. Sets that are found by typing have
    only those that were given."""
    keys = [label["hotkey"] for label in wanted]
    if len(wanted) > MOST_BUTTONS_WITH_HOTKEYS:
        return keys
    taken = {key for key in keys if key}
    for position, label in enumerate(wanted):
        old = before.get(label["name"], "")
        if not keys[position] and old and old not in taken:
            keys[position] = old
            taken.add(old)
    free = (key for key in AUTOMATIC_HOTKEYS if key not in taken)
    return [key or next(free, "") for key in keys]
