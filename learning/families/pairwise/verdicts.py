"""Who should be looked at, for the cards of people: whom the version in use suspects, and why."""

from collections.abc import Mapping

from labeling.extensions import PersonVerdict
from labeling.kinds import kind_of
from labeling.models import Project
from learning.families.pairwise.results import shown_version


def verdicts_on_people(project: Project) -> Mapping[str, PersonVerdict]:
    """By the name that pages call them by; nothing where no ranking was made."""
    version = shown_version(project) if kind_of(project).ranks_items else None
    found = version.reported.pairwise if version else None
    if not found:
        return {}
    reasons: dict[str, list[str]] = {}
    for name, why, _ in found.suspects:
        reasons.setdefault(name, []).append(why)
    return {name: PersonVerdict("; ".join(why), "learning-pages:ranking") for name, why in reasons.items()}
