"""The answer that a reviewer decided: the newest revision of an item is in force, none where it says nothing."""

from typing import Any

from labeling.models import Annotation, Item, Source, User


def in_force(item: Item) -> Annotation | None:
    """None where no decision of a reviewer gives the item its label."""
    return Annotation.objects.current().filter(item=item, source=Source.REVIEW).first()


def write(item: Item, user: User, answer: dict[str, Any] | None, *, instructions_version: int) -> Annotation:
    """Adds a revision, which the locked item goes by from now on; without an answer people's answers count again."""
    revisions = Annotation.objects.filter(item=item, source=Source.REVIEW)
    newest = revisions.order_by("-revision").first()
    if newest is not None and newest.is_current:
        revisions.filter(pk=newest.pk).update(is_current=False)
    return Annotation.objects.create(
        project_id=item.project_id,
        item=item,
        annotator=user,
        source=Source.REVIEW,
        answer=answer,
        revision=newest.revision + 1 if newest else 1,
        instructions_version=instructions_version,
    )
