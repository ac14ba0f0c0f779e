"""What exports say of model versions by their numbers. Learning tells it; labeling knows no models."""

from collections.abc import Callable, Mapping

from labeling.models import Project

#: By the numbers of a project's versions, whether each is verified.
Teller = Callable[[Project], Mapping[int | None, bool]]


def _nobody_knows(project: Project) -> dict[int | None, bool]:
    return {}


_tellers: dict[str, Teller] = {"verified": _nobody_knows}


def register(verified: Teller) -> None:
    """``verified(project)`` is asked once an export. Called when Django starts."""
    _tellers["verified"] = verified


def verification(project: Project) -> Callable[[int | None], bool | None]:
    """Whether the version with a number is verified; None without a version, or of one nobody knows. One query."""
    return _tellers["verified"](project).get
