"""Which contents of a release people have answered since it began."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef

from labeling.models import Annotation, Item, Source
from labeling.selectors.opinions import accepting, opinions_of
from learning.models import Release, ReleaseAnswer

_ITEMS = 500
_BY_PEOPLE = (Source.HUMAN, Source.REVIEW)


@dataclass(frozen=True)
class Judged:
    """What is known of one content: the right answer as it is stored, or only whether what was told is ``right``."""

    content_hash: str
    answer: dict[str, Any] | None = None
    right: bool | None = None


def judged_by_people(release: Release) -> Iterator[Judged]:
    """Contents that were not counted yet, whose first answer came after the release began and whose answers come to
    one: nobody who was learned from judges what learned from it."""
    kept = ReleaseAnswer.objects.filter(release=release, content_hash=OuterRef("content_hash"))
    answers = Annotation.objects.filter(project=release.project_id)
    since = answers.filter(pk__gt=release.first_answer, source__in=_BY_PEOPLE, item__isnull=False)
    before = Annotation.objects.filter(item=OuterRef("pk"), pk__lte=release.first_answer)
    items = Item.objects.filter(
        Exists(kept.filter(judged=None)), ~Exists(kept.exclude(judged=None)), ~Exists(before),
        pk__in=since.order_by().values("item"),
    )  # fmt: skip
    ids = dict(items.order_by().values_list("pk", "content_hash"))
    accepted = accepting(release.project)
    for start in range(0, len(ids), _ITEMS):
        some = list(ids)[start : start + _ITEMS]
        for pk, opinions in opinions_of(release.project, some).items():
            answer = accepted(opinions.consensus)
            if opinions.review is not None and opinions.review.answer is not None:
                answer = opinions.review.answer
            if answer is not None:
                yield Judged(ids[pk], answer)


__all__ = ["Judged", "judged_by_people"]
