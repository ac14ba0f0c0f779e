"""Whose answers are left out: kept and exported, but neither learned from nor counted in a consensus."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from labeling.models import Annotation, Member, Project, Quarantine, Source, User
from labeling.models.quarantine import QuarantineQuerySet

#: After the name of somebody known by an import only, where a user has the same name.
IMPORTED = " (imported)"


@dataclass(frozen=True)
class LeftOut:
    """The people in quarantine: users by id, and names that only imported judgments know."""

    users: frozenset[int] = frozenset()
    names: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.users or self.names)

    def covers(self, user_id: int | None, imported_name: str = "") -> bool:
        return user_id in self.users or (user_id is None and imported_name in self.names)

    @property
    def theirs(self) -> Q:
        """Annotations of these people; none when there are no people."""
        imported = Q(source=Source.IMPORT, imported_annotator__in=self.names)
        return Q(annotator__in=self.users) | imported


def left_out(project: Project, as_of: int | None = None) -> LeftOut:
    """Who is in quarantine now, or was when ``Progress.changes`` stood at ``as_of``."""
    rows = Quarantine.objects.filter(project=project)
    rows = rows.open() if as_of is None else rows.as_of(as_of)
    found = list(rows.order_by().values_list("annotator_id", "imported_annotator"))
    return LeftOut(
        frozenset(user for user, _ in found if user is not None),
        frozenset(name for user, name in found if user is None),
    )


def person_named(project: Project, name: str) -> User | str | None:
    """Who is meant by a name on a page: a member or annotator, else somebody known by imported judgments only."""
    if "\0" in name:  # PostgreSQL refuses NUL
        return None
    user = User.objects.filter(username=name).first()
    if user and (
        Member.objects.filter(project=project, user=user).exists()
        or Annotation.objects.filter(project=project, annotator=user).exists()
    ):
        return user
    for imported in (name, name.removesuffix(IMPORTED)):
        if imported and Annotation.objects.filter(project=project, imported_annotator=imported).exists():
            return imported
    return None


def answers_of(project: Project, person: User | str) -> int:
    """Current answers of one person. Constant cost for a member, else the project's answers are counted."""
    if isinstance(person, User):
        member = Member.objects.filter(project=project, user=person).first()
        if member is not None:
            return member.answers
        theirs = Q(annotator=person)
    else:
        theirs = Q(annotator__isnull=True, imported_annotator=person)
    return Annotation.objects.current().filter(theirs, project=project).count()


def quarantines(project: Project) -> QuarantineQuerySet:
    """All of them, newest first, with the people of each."""
    rows = Quarantine.objects.filter(project=project).newest_first()
    return rows.select_related("project", "annotator", "set_by", "lifted_by")


def with_answers(rows: Iterable[Quarantine]) -> list[dict[str, Any]]:
    """``[{"quarantine","answers"}]``: how many answers each leaves out."""
    found = []
    for row in rows:
        person = row.annotator or row.imported_annotator
        found.append({"quarantine": row, "answers": answers_of(row.project, person)})
    return found


def in_force(project: Project) -> list[dict[str, Any]]:
    """``[{"quarantine","answers"}]`` of the open ones."""
    return with_answers(quarantines(project).open())
