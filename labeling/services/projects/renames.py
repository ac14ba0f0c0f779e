"""A label gets another name and keeps everything it has: answers, models, its key on the page (decision 0065)."""

from typing import Any

from django.db import transaction
from django.db.models import F

from labeling.kinds import LabelNames, kind_of
from labeling.models import Label, Project, SchemeOperation, User
from labeling.services.audit.trail import record
from labeling.services.scheme import versions
from labeling.services.validation.checks import text
from labeling.services.validation.errors import Invalid

MAX_LABEL_NAME = 200


@transaction.atomic
def rename_label(user: User, project: Project, name: Any, new_name: Any) -> Label:
    """Calls a label otherwise, an archived one too. Costs the same with a million answers: they say its identity.

    Names may be swapped by way of a third one. Raises Invalid (``name``, ``new_name``).
    """
    name = text("name", name, max_length=MAX_LABEL_NAME, required=True)
    new_name = text("new_name", new_name, max_length=MAX_LABEL_NAME, required=True)
    versions.locked(project)
    labels = {label.name: label for label in project.labels.all()}
    label = labels.get(name)
    if label is None:
        raise Invalid("name", f"There is no label {name!r}.")
    if new_name == name:
        return label
    _refuse(project, labels, label, new_name)
    label.key = "" if label.identity == new_name else label.identity
    label.former_names = [*(old for old in label.former_names if old not in (name, new_name)), name]
    label.name = new_name
    label.save(update_fields=["name", "key", "former_names"])
    Project.objects.filter(pk=project.pk).update(label_renames=F("label_renames") + 1)
    project.refresh_from_db(fields=["label_renames"])
    before, after = {"name": name}, {"name": new_name}
    versions.write(project, SchemeOperation.RENAME, {"from": name, "into": new_name}, user=user)
    record("project.label_renamed", user=user, project=project, subject=new_name, before=before, after=after)
    return label


def _refuse(project: Project, labels: dict[str, Label], label: Label, new_name: str) -> None:
    kind = kind_of(project)
    others = {name: other for name, other in labels.items() if other.pk != label.pk}
    if taken := LabelNames(others).find(new_name):
        is_archived = "an archived" if others[taken].archived else "a"
        raise Invalid("new_name", f"There is {is_archived} label {taken!r} already.")
    in_use = [
        new_name if other is label else name for name, other in labels.items() if not other.archived or other is label
    ]
    if why := kind.refuse_rename(label.name, new_name) or kind.refuse_labels(in_use):
        raise Invalid("new_name", why)
