"""What the predictions of a version have cost, as far as people or the world outside said what was right (0130)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Exists, OuterRef

from labeling.models import Annotation, Item, ItemStatus, Project, Split
from labeling.selectors.costs import matrix_of
from labeling.selectors.label_names import label_names
from labeling.selectors.opinions import accepting, opinions_of
from learning.core.release.watched_mean import watched_mean
from learning.models import FeedbackForm, ModelVersion, PredictionFeedback, ServedPrediction, ServedStatus
from learning.selectors.feedback import AT_ONCE, TEACHING

#: The newest so many predictions are looked at.
MOST_ROWS = 50_000
#: Of each end of the interval, over all the looks there will be.
ALPHA = 0.025


@dataclass(frozen=True)
class CostAtWork:
    """Of ``contents`` that a version answered, each once: ``away`` were left to people, of ``known`` the cost of the
    answer is known, ``by_people`` of these from people. ``value`` is the mean cost of one, and ``low`` to ``high`` hold
    it at every moment at once; None while nothing is known of the answers that were given."""

    contents: int
    away: int
    known: int
    by_people: int
    value: float | None
    low: float | None
    high: float | None

    def as_json(self) -> dict[str, Any]:
        return dict(vars(self))


def cost_at_work(version: ModelVersion, project: Project) -> CostAtWork:
    """By what is stated now. An item that had an answer before the version was made says nothing: it may have been
    learned from."""
    answers, away = _answered(version, project)
    people = _by_people(version, project, list(answers))
    costs = _Costs(project)
    paid = [costs.of(answers[content], people[content]) for content in people]
    feedback = _by_feedback(version, project, answers.keys() - people.keys())
    paid += [costs.of(answers[content], truth) for content, truth in feedback.items()]
    known = np.array([each for each in paid if each is not None], dtype=np.float64)
    contents = len(answers) + away
    if not len(known) or costs.most <= costs.least:
        return CostAtWork(contents, away, len(known), 0, None, None, None)
    low, high = watched_mean(known, costs.least, costs.most, ALPHA)
    share, price = away / contents, min(project.costs["review"], project.costs["skip"])
    value, low, high = (share * price + (1 - share) * each for each in (float(known.mean()), low, high))
    return CostAtWork(contents, away, len(known), len(people), value, low, high)


class _Costs:
    """Of an answer beside the truth, by identities of labels."""

    def __init__(self, project: Project) -> None:
        self._names = label_names(project)
        labels = [label.identity for label in project.labels.in_use()]
        cells = matrix_of(project.costs, labels, self._names.present)
        self._place = {identity: place for place, identity in enumerate(labels)}
        self._cells = np.array(cells)
        self.least, self.most = float(self._cells.min()), float(self._cells.max())

    def of(self, answer: Mapping[str, Any], truth: Mapping[str, Any] | None) -> float | None:
        """``truth`` is None where it is only known that the answer is wrong: then what the cheapest such mistake
        costs. None where a label is none of now."""
        said = self._at(answer)
        if said is None:
            return None
        column = self._cells[:, said]
        if truth is None:
            return float(np.delete(column, said).min())
        true = self._at(truth)
        return None if true is None else float(column[true])

    def _at(self, answer: Mapping[str, Any]) -> int | None:
        identity = str(answer.get("label", ""))
        return self._place.get(self._names.present.get(identity, identity))


def _answered(version: ModelVersion, project: Project) -> tuple[dict[str, dict[str, Any]], int]:
    """By content what was answered, and how many contents were left to people."""
    rows = ServedPrediction.objects.filter(project=project, model_version=version).order_by("-pk")
    answers, away = dict[str, dict[str, Any]](), set[str]()
    for content, answer, status in rows.values_list("content_hash", "answer", "status")[:MOST_ROWS]:
        if status != ServedStatus.OK:
            away.add(content)
        else:
            answers[content] = answer
    return answers, len(away - answers.keys())


def _by_people(version: ModelVersion, project: Project, contents: list[str]) -> dict[str, dict[str, Any]]:
    known = Annotation.objects.filter(item=OuterRef("pk"), created_at__lte=version.created_at)
    accepted, found = accepting(project), {}
    for start in range(0, len(contents), AT_ONCE):
        items = Item.objects.filter(
            ~Exists(known), project=project, split=Split.POOL, status=ItemStatus.ACTIVE, answers__gt=0,
            content_hash__in=contents[start : start + AT_ONCE],
        )  # fmt: skip
        hashes = dict(items.values_list("pk", "content_hash"))
        for pk, opinions in opinions_of(project, list(hashes)).items():
            answer = accepted(opinions.consensus)
            if opinions.review is not None and opinions.review.answer is not None:
                answer = opinions.review.answer
            if answer is not None:
                found[hashes[pk]] = answer
    return found


def _by_feedback(version: ModelVersion, project: Project, contents: Any) -> dict[str, dict[str, Any] | None]:
    """The truth by content, None where it is only known that the answer was wrong; the newest word on each counts."""
    rows = PredictionFeedback.objects.current().filter(project=project, model_version=version, form__in=TEACHING)
    found: dict[str, dict[str, Any] | None] = {}
    for content, form, positive, answer, predicted in rows.order_by("pk").values_list(
        "content_hash", "form", "positive", "answer", "predicted"
    ):
        if content in contents:
            wrong = form == FeedbackForm.RIGHT and not positive
            found[content] = None if wrong else (answer or predicted)
    return found
