"""How far the imports are that a project waits for."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from labeling.models import ImportBatch, Project


@dataclass(frozen=True)
class Importing:
    """Rows read by all unfinished imports of a project together; ``total`` is None until each knows its own."""

    done: int
    total: int | None

    def as_dict(self) -> dict[str, int | None]:
        return asdict(self)


def imports_of(projects: Iterable[Project]) -> dict[int, Importing]:
    """By project, of those with an import that is queued or running. One query."""
    rows = ImportBatch.objects.filter(project__in=list(projects)).unfinished()
    found: dict[int, Importing] = {}
    for project, total, *read in rows.values_list("project", "total", "accepted", "duplicates", "rejected"):
        before = found.get(project, Importing(0, 0))
        known = None if total is None or before.total is None else before.total + total
        found[project] = Importing(before.done + sum(read), known)
    return found


def importing(project: Project) -> Importing | None:
    return imports_of([project]).get(project.pk)
