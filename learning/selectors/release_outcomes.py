"""Which contents of a release people, or the world outside, have said something of since it began."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from labeling.models import Annotation, Item, Source
from labeling.selectors.opinions import accepting, opinions_of
from learning.models import FeedbackForm, PredictionFeedback, Release, ReleaseAnswer
from learning.selectors.feedback import TEACHING

_ITEMS = 500
_BY_PEOPLE = (Source.HUMAN, Source.REVIEW)


@dataclass(frozen=True)
class Judged:
    """What is known of one content: the right answer as it is stored, or only whether what was told is ``right``: to
    whom the ``prediction`` was given, or else whoever asked about it first."""

    content_hash: str
    answer: dict[str, Any] | None = None
    right: bool | None = None
    prediction: int | None = None


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


def judged_by_feedback(release: Release) -> Iterator[Judged]:
    """What callers said of predictions whose contents were not counted yet, the first of each content.

    A label says no more here than that what was told is right or wrong. Callers may send one only where they met a
    mistake: then the other version, of which nobody says anything while it is right, would always look better.
    """
    kept = ReleaseAnswer.objects.filter(release=release)
    counted = kept.filter(content_hash=OuterRef("content_hash")).exclude(judged=None)
    told = dict(kept.filter(~Exists(counted), pk__in=_of_predictions(release)).values_list("pk", "told"))
    feedback = PredictionFeedback.objects.current().filter(project=release.project_id, form__in=TEACHING)
    seen: set[str] = set()
    for start in range(0, len(told), _ITEMS):
        some = feedback.filter(prediction__in=list(told)[start : start + _ITEMS]).order_by("prediction", "pk")
        for one in some:
            if one.content_hash in seen:
                continue
            seen.add(one.content_hash)
            right = one.positive if one.form == FeedbackForm.RIGHT else one.answer == told[one.prediction]
            yield Judged(one.content_hash, right=bool(right), prediction=one.prediction)


def _of_predictions(release: Release) -> "QuerySet[PredictionFeedback, Any]":
    feedback = PredictionFeedback.objects.current().filter(project=release.project_id, form__in=TEACHING)
    return feedback.order_by().values("prediction")


__all__ = ["Judged", "judged_by_feedback", "judged_by_people"]
