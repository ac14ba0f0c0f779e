"""Whose answers are left out: kept and exported, but neither learned from nor counted in a consensus."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from labeling.models import Project, Quarantine, Source


@dataclass(frozen=True)
class LeftOut:
    """The people in quarantine: users by id, and names that only imported judgments know."""

    users: frozenset[int] = frozenset()
    names: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.users or self.names)

    def and_of(self, others: "LeftOut") -> "LeftOut":
        """These people and the others."""
        return LeftOut(self.users | others.users, self.names | others.names)

    def covers(self, user_id: int | None, imported_name: str = "") -> bool:
        return user_id in self.users or (user_id is None and imported_name in self.names)

    def sql(self) -> tuple[str, list[Any]]:
        """The condition on annotations ``a`` that leaves theirs out, with AND in front, and its parameters."""
        found, params = "", [*sorted(self.users), *sorted(self.names)]
        if self.users:
            found = f" AND (a.annotator_id IS NULL OR a.annotator_id NOT IN ({', '.join(['%s'] * len(self.users))}))"
        if self.names:
            found += f" AND a.imported_annotator NOT IN ({', '.join(['%s'] * len(self.names))})"
        return found, params

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
