"""Every file that a row names, by kind: what a backup takes along and housekeeping leaves alone.

Learning names its own (``extensions.py``). A file that nothing names is removed by housekeeping after a day.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from labeling.extensions import installed
from labeling.models import Asset, ImportBatch, ImportDraft, JobState, Snapshot


@dataclass(frozen=True)
class NamedFile:
    """``sha256`` is that of the stored bytes, empty where the row does not know it."""

    kind: str
    project_id: int
    name: str
    sha256: str = ""


#: ``rows(database alias, project ids or None for all)``
Rows = Callable[[str, list[int] | None], Iterable[NamedFile]]


def named_files(using: str = "default", projects: list[int] | None = None) -> Iterator[NamedFile]:
    """The files that the database behind the alias names; one that two rows name comes twice."""
    for rows in (*_OWN, *installed().named_files.values()):
        yield from rows(using, projects)


def _originals(using: str, projects: list[int] | None) -> Iterator[NamedFile]:
    found = Asset.objects.using(using).order_by("pk")
    found = found if projects is None else found.filter(project__in=projects)
    for project_id, name, sha256 in found.values_list("project_id", "path", "sha256").iterator():
        yield NamedFile("originals", project_id, name, sha256)


def _uploads(using: str, projects: list[int] | None) -> Iterator[NamedFile]:
    """Of imports that are not finished, and of drafts; of the others everything is in the database."""
    unfinished = ImportBatch.objects.using(using).unfinished().exclude(path="")
    for found in (unfinished, ImportDraft.objects.using(using)):
        of_these = found if projects is None else found.filter(project__in=projects)
        for project_id, name in of_these.order_by("pk").values_list("project_id", "path").iterator():
            yield NamedFile("uploads", project_id, name)


def _snapshots(using: str, projects: list[int] | None) -> Iterator[NamedFile]:
    found = Snapshot.objects.using(using).filter(state=JobState.DONE).exclude(path="").order_by("pk")
    found = found if projects is None else found.filter(project__in=projects)
    for project_id, name, sha256 in found.values_list("project_id", "path", "sha256").iterator():
        yield NamedFile("snapshots", project_id, name, "" if name.endswith(".gz") else sha256)


_OWN: tuple[Rows, ...] = (_originals, _uploads, _snapshots)
