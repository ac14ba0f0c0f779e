"""A label taken out of use, and what a label means in words and by examples."""

from typing import Any

from django.db import transaction

from labeling.models import Project, SchemeChange, SchemeOperation, User
from labeling.services.audit.trail import record
from labeling.services.scheme import versions
from labeling.services.scheme.new_labels import in_use_or_refused
from labeling.services.validation.checks import text
from labeling.services.validation.errors import Invalid

MAX_DESCRIPTION = 500
MAX_EXAMPLES = 10


@transaction.atomic
def retire_label(user: User, project: Project, name: Any, *, reason: Any = "", version: Any = None) -> SchemeChange:
    """Nobody can give the label any more; answers that gave it stay, are exported, and are neither learned from nor
    measured by. Raises Invalid (``name``, ``reason``, ``version``)."""
    reason = versions.checked_reason(reason)
    versions.locked(project, version)
    label = in_use_or_refused({label.name: label for label in project.labels.all()}, "name", name)
    label.archived, label.hotkey = True, ""
    label.save(update_fields=["archived", "hotkey"])
    versions.announce(project)
    change = versions.write(project, SchemeOperation.RETIRE, {"label": label.name}, user=user, reason=reason)
    said = {"version": change.number, "reason": reason}
    record("project.labels_retired", user=user, project=project, subject=label.name, after=said)
    return change


@transaction.atomic
def describe_label(
    user: User,
    project: Project,
    name: Any,
    *,
    description: Any = "",
    examples: Any = (),
    reason: Any = "",
    version: Any = None,
) -> SchemeChange:
    """What the annotation page says of the label. Raises Invalid (``name``, ``description``, ``examples``, …)."""
    reason = versions.checked_reason(reason)
    versions.locked(project, version)
    label = in_use_or_refused({label.name: label for label in project.labels.all()}, "name", name)
    before = {"description": label.description, "examples": label.examples}
    label.description = text("description", description or "", max_length=MAX_DESCRIPTION)
    label.examples = _checked_examples(examples)
    label.save(update_fields=["description", "examples"])
    after = {"description": label.description, "examples": label.examples}
    change = versions.write(project, SchemeOperation.DESCRIBE, {"label": label.name}, user=user, reason=reason)
    versions.renew_pages(project)
    record("project.labels_described", user=user, project=project, subject=label.name, before=before, after=after)
    return change


def _checked_examples(given: Any) -> list[str]:
    if not isinstance(given, list | tuple):
        raise Invalid("examples", "Expected a list of texts.")
    found = [text("examples", one, max_length=MAX_DESCRIPTION) for one in given]
    if len(examples := [one for one in found if one]) > MAX_EXAMPLES:
        raise Invalid("examples", f"A label has at most {MAX_EXAMPLES} examples.")
    return examples
