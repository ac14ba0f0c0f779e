"""The families that are there. Imported on first use: a request needs none of them."""

from typing import TYPE_CHECKING

from labeling.kinds import kind_of
from labeling.models import Project
from learning.core.registry import Registry

if TYPE_CHECKING:
    from learning.services.pipeline.family import AnyFamily

FAMILIES: "Registry[AnyFamily]" = Registry("family of learning", {})


def family_of(project: Project) -> "AnyFamily":
    """The family that learns the project's kind. Raises ValueError for a kind without one, of which no run begins."""
    return FAMILIES.make(kind_of(project).family)
