"""What takes the room, as the last housekeeping counted it: a page must not walk through a million files."""

from collections import defaultdict
from dataclasses import dataclass

from labeling.models import Housekeeping, JobState, Project


@dataclass(frozen=True)
class Use:
    """``kind`` in ``project`` (None: of no project that is still there)."""

    kind: str
    files: int
    size_bytes: int
    project: Project | None = None


def last_housekeeping() -> Housekeeping | None:
    found: Housekeeping | None = Housekeeping.objects.filter(state=JobState.DONE).order_by("-pk").first()
    return found


def use_of_project(project: Project) -> list[Use]:
    """By kind, the largest first; empty before the first housekeeping."""
    last = last_housekeeping()
    kinds = last.usage.get(str(project.pk), {}) if last else {}
    found = [Use(kind, files, size_bytes, project) for kind, (files, size_bytes) in kinds.items()]
    return sorted(found, key=lambda use: -use.size_bytes)


def use_of_installation() -> tuple[list[Use], list[Use]]:
    """(by project, by kind), the largest first; the database is a kind."""
    last = last_housekeeping()
    usage = last.usage if last else {}
    projects = {str(project.pk): project for project in Project.objects.filter(pk__in=[pk for pk in usage if pk])}
    by_kind: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    by_project = []
    for number, kinds in usage.items():
        for kind, (files, size_bytes) in kinds.items():
            by_kind[kind][0] += files
            by_kind[kind][1] += size_bytes
        if number:
            files, size_bytes = (sum(counts) for counts in zip(*kinds.values(), strict=True))
            by_project.append(Use("", files, size_bytes, projects.get(number)))
    of_kinds = [Use(kind, files, size_bytes) for kind, (files, size_bytes) in by_kind.items()]
    by_project.sort(key=lambda use: -use.size_bytes)
    return by_project, sorted(of_kinds, key=lambda use: -use.size_bytes)
