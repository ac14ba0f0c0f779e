"""What a program says of predictions it was given: kept, revised, never counted twice (decision 0118)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from labeling.kinds import InvalidAnswer, LabelNames, Question, kind_of
from labeling.models import Project, User
from labeling.selectors.label_names import former_names, label_names
from labeling.services.validation.errors import Invalid
from learning.models import FeedbackForm, PredictionFeedback, ServedPrediction
from learning.models.prediction_caller import caller_key

MOST_ROWS = 1_000
#: Two requests that say the same of a prediction at once: one of them tries again, and finds it said.
TRIES = 3
_VERDICTS = (FeedbackForm.RIGHT.value, FeedbackForm.CLICKED.value)


@dataclass
class Recorded:
    """``stored`` are new or revised, ``unchanged`` were said before; ``refused`` are (number from 1, field, reason)."""

    stored: int = 0
    unchanged: int = 0
    refused: list[tuple[int, str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Said:
    form: str
    positive: bool | None
    answer: Any


def give(project: Project, user: User, token_id: int | None, rows: Sequence[Any]) -> Recorded:
    """Keeps what is said of each prediction; of one that is named twice the last. Raises Invalid for their number."""
    if not 1 <= len(rows) <= MOST_ROWS:
        raise Invalid("rows", f"From 1 to {MOST_ROWS:,} at once, not {len(rows):,}.")
    caller = caller_key(user.pk, token_id)
    for left in reversed(range(TRIES)):
        try:
            with transaction.atomic():
                return _give(project, user, caller, rows)
        except IntegrityError:
            if not left:
                raise
    raise AssertionError("a try returns or raises")


def _give(project: Project, user: User, caller: str, rows: Sequence[Any]) -> Recorded:
    recorded = Recorded()
    keys = [_key(row) for row in rows]
    asked = ServedPrediction.objects.filter(project=project, pk__in={key for key in keys if key is not None})
    served = {one.pk: one for one in asked.only("content_hash", "answer", "model_version_id")}
    read = _Reader(project)
    said: dict[int, _Said] = {}
    for number, (row, key) in enumerate(zip(rows, keys, strict=True), 1):
        try:
            if key is None or key not in served:
                raise Invalid("prediction", _no_prediction(row, key))
            said[key] = read.said(row, served[key].answer)
        except Invalid as refused:
            recorded.refused.append((number, refused.field, refused.reason))
    before = PredictionFeedback.objects.current().select_for_update().order_by("pk")
    known = {one.prediction: one for one in before.filter(project=project, caller=caller, prediction__in=said)}
    replaced, new = [], []
    for key, one in said.items():
        last = known.get(key)
        if last is not None:
            if (last.form, last.positive, last.answer) == (one.form, one.positive, one.answer):
                recorded.unchanged += 1
                continue
            replaced.append(last.pk)
        prediction = served[key]
        new.append(
            PredictionFeedback(
                project=project, prediction=key, content_hash=prediction.content_hash, caller=caller, given_by=user,
                model_version_id=prediction.model_version_id, form=one.form, positive=one.positive, answer=one.answer,
                predicted=prediction.answer, revision=last.revision + 1 if last else 1,
            )
        )  # fmt: skip
    PredictionFeedback.objects.filter(pk__in=replaced).update(is_current=False)
    PredictionFeedback.objects.bulk_create(new)
    recorded.stored = len(new)
    return recorded


class _Reader:
    """What a row says, in the labels of the project."""

    def __init__(self, project: Project) -> None:
        self._kind = kind_of(project)
        self._names = label_names(project)
        labels = LabelNames(list(project.labels.in_use().values_list("name", flat=True)), former_names(project))
        self._question = Question(labels, None)

    def said(self, row: Mapping[str, Any], predicted: Any) -> _Said:
        """Raises Invalid."""
        parts = {name: value for name, value in row.items() if name != "prediction"}
        verdicts = [name for name in _VERDICTS if name in parts]
        if not parts or (verdicts and len(parts) > 1):
            raise Invalid("prediction", "Say one thing of it: its label, right, or clicked.")
        if not verdicts:
            return _Said(FeedbackForm.LABEL.value, None, self._answer(parts))
        name, positive = verdicts[0], parts[verdicts[0]]
        if not isinstance(positive, bool):
            raise Invalid(name, "true or false.")
        if not predicted:
            raise Invalid(name, "It was an outlier without a label: say what it is by its label.")
        return _Said(name, positive, predicted if positive else None)

    def _answer(self, given: Mapping[str, Any]) -> Any:
        try:
            return self._names.keyed(self._kind.validate(dict(given), self._question))
        except InvalidAnswer as error:
            raise Invalid(next(iter(given)), error.reason) from error


def _key(row: Any) -> int | None:
    """As text or number; None for what is none."""
    key = row.get("prediction") if isinstance(row, Mapping) else None
    if isinstance(key, bool) or not isinstance(key, int | str) or (isinstance(key, str) and not key.isdecimal()):
        return None
    return int(key) if len(str(key)) <= 19 and 0 <= int(key) < 2**63 else None


def _no_prediction(row: Any, key: int | None) -> str:
    if key is None:
        return "Expected an object with the id of a prediction, and what is said of it."
    return f"No such prediction in this project; they are forgotten after {settings.RETAIN_PREDICTIONS_DAYS} days."
