"""The answer that a reviewer decided: the newest revision of an item is in force, none where it says nothing."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import Max

from labeling.models import Annotation, Item, Project, Source, User


class Decided(NamedTuple):
    """What ``by`` says an item is; without an answer people's answers count."""

    item_id: int
    by: int
    answer: dict[str, Any] | None


def in_force(item: Item) -> Annotation | None:
    """None where no decision of a reviewer gives the item its label."""
    return Annotation.objects.current().filter(item=item, source=Source.REVIEW).first()


def write(project: Project, item: Item, user: User, answer: dict[str, Any] | None) -> Annotation:
    """Adds a revision, which the locked item goes by from now on; without an answer people's answers count again."""
    (made,) = write_many(project, [Decided(item.pk, user.pk, answer)])
    return made


def write_many(project: Project, decided: Iterable[Decided]) -> list[Annotation]:
    """``write`` for locked items of the project, one each, in their order."""
    rows = list(decided)
    revisions = Annotation.objects.filter(item__in=[row.item_id for row in rows], source=Source.REVIEW)
    newest = dict(revisions.order_by().values("item").annotate(newest=Max("revision")).values_list("item", "newest"))
    if newest:
        revisions.filter(is_current=True).update(is_current=False)
    return Annotation.objects.bulk_create(
        [
            Annotation(
                project=project,
                item_id=row.item_id,
                annotator_id=row.by,
                source=Source.REVIEW,
                answer=row.answer,
                revision=newest.get(row.item_id, 0) + 1,
                instructions_version=project.instructions_version,
            )
            for row in rows
        ]
    )
