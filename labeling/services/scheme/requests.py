"""Changes of a scheme by their names, as a page or a program asks for them: made, or only looked at."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from labeling.models import Project, SchemeChange, SchemeOperation, User
from labeling.services.scheme import merge, split, undo, words
from labeling.services.scheme.preview import SchemePreview, previewed
from labeling.services.scheme.relabel import run_if_small
from labeling.services.validation.errors import Invalid

_CHANGES: dict[str, Callable[..., SchemeChange]] = {
    SchemeOperation.MERGE: merge.merge_labels,
    SchemeOperation.SPLIT: split.split_label,
    SchemeOperation.RETIRE: words.retire_label,
    SchemeOperation.DESCRIBE: words.describe_label,
    SchemeOperation.UNDO: undo.undo_changes,
}


def preview_change(user: User, project: Project, operation: str, given: Mapping[str, Any]) -> SchemePreview:
    """Raises Invalid as the change would."""
    return previewed(project, _asked(user, project, operation, given))


def make_change(user: User, project: Project, operation: str, given: Mapping[str, Any]) -> SchemeChange:
    """Raises Invalid, by field."""
    change = _asked(user, project, operation, given)()
    run_if_small(project)
    return change


def _asked(user: User, project: Project, operation: str, given: Mapping[str, Any]) -> Callable[[], SchemeChange]:
    if operation not in _CHANGES:
        raise Invalid("operation", f"One of {', '.join(_CHANGES)}.")
    return partial(_CHANGES[operation], user, project, **given)
