"""Quarantines as pages and REST show them. Whose answers are left out says ``consensus.left_out``."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from labeling.models import Annotation, Member, Project, Quarantine, Source, User
from labeling.models.quarantine import QuarantineQuerySet

#: After the name of somebody known by an import only, where a user has the same name.
IMPORTED = " (imported)"


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
    return Annotation.objects.current().filter(theirs, project=project).exclude(source=Source.REVIEW).count()


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
