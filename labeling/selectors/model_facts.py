"""What exports say of model versions by their numbers: learning tells it (``extensions.py``)."""

from collections.abc import Callable

from labeling.extensions import installed
from labeling.models import Project


def verification(project: Project) -> Callable[[int | None], bool | None]:
    """Whether the version with a number is verified; None without a version, or of one nobody knows. One query."""
    return installed().verified_versions(project).get
