"""What the world outside said of predictions: as it stood at some moment, and beside people's answers."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson
from django.db.models import Max

from labeling.consensus import Given, consensus_of, left_out
from labeling.kinds import kind_of
from labeling.models import Annotation, Item, ItemStatus, Project, Source, Split
from labeling.selectors.label_names import label_names
from learning.models import FeedbackForm, PredictionFeedback

#: Forms whose labels a model may learn. A click says too little for a label.
TEACHING = (FeedbackForm.LABEL.value, FeedbackForm.RIGHT.value)


#: Values that one statement looks up.
AT_ONCE = 900


class Told(NamedTuple):
    """The newest thing a caller said of a content."""

    feedback_id: int
    content_hash: str
    caller: str
    form: str
    positive: bool | None
    answer: Any
    predicted: Any


_READ = ("pk", "content_hash", "caller", "form", "positive", "answer", "predicted")


def newest_feedback(project: Project) -> int:
    """The number by which a run says up to where it knows feedback; 0 where there is none."""
    return PredictionFeedback.objects.filter(project=project).aggregate(newest=Max("pk"))["newest"] or 0


def told_of_contents(project: Project, until: int | None = None) -> list[Told]:
    """Once for each content and caller, as it stood when ``until`` was the newest row: whoever asks about the same
    content often is not counted often."""
    rows = PredictionFeedback.objects.filter(project=project)
    rows = rows.filter(pk__lte=until) if until is not None else rows
    newest = {
        (told.content_hash, told.caller): told
        for told in map(Told._make, rows.order_by("pk").values_list(*_READ).iterator(chunk_size=5_000))
    }
    return sorted(newest.values())


class Taught(NamedTuple):
    """A label by feedback for an item of the pool."""

    ordinal: int
    group: str
    feedback_id: int
    answer: Any


def taught_by_feedback(project: Project, until: int, items_seen: int) -> Iterator[Taught]:
    """For active items of the pool among the first ``items_seen``; never for held-out ones."""
    told = [one for one in told_of_contents(project, until) if one.form in TEACHING and one.answer]
    items = _pool_items(project, [one.content_hash for one in told])
    for one in told:
        item = items.get(one.content_hash)
        if item is not None and item.ordinal < items_seen:
            yield Taught(item.ordinal, item.group, one.feedback_id, one.answer)


class Beside(NamedTuple):
    """What was told of a content, beside the labels that people gave it; labels as texts in order."""

    told: Told
    said: tuple[str, ...] | None
    predicted: tuple[str, ...]
    people: tuple[str, ...]


def beside_people(project: Project) -> list[Beside]:
    """Where people answered the same content. Of the pool only: what is held out to measure weighs nothing."""
    told = told_of_contents(project)
    items = _pool_items(project, [one.content_hash for one in told], answered=True)
    truths = _truths(project, items)
    kind, names = kind_of(project), label_names(project)

    def labels(answer: Any) -> tuple[str, ...]:
        return tuple(sorted(kind.labels_of(names.read(answer)))) if answer else ()

    return [
        Beside(one, labels(one.answer) if one.answer else None, labels(one.predicted), truths[item.pk])
        for one in told
        if (item := items.get(one.content_hash)) is not None and item.pk in truths
    ]


def _pool_items(project: Project, hashes: list[str], *, answered: bool = False) -> dict[str, Item]:
    found: dict[str, Item] = {}
    for start in range(0, len(hashes), AT_ONCE):
        items = Item.objects.filter(
            project=project, split=Split.POOL, status=ItemStatus.ACTIVE,
            content_hash__in=hashes[start : start + AT_ONCE],
        ).only("ordinal", "group", "content_hash")  # fmt: skip
        items = items.filter(answers__gt=0) if answered else items
        found |= {item.content_hash: item for item in items}
    return found


def _truths(project: Project, items: Mapping[str, Item]) -> dict[int, tuple[str, ...]]:
    """By item what people's answers come to, as sorted labels; items they are split about are not there."""
    kind, names, out = kind_of(project), label_names(project), left_out(project)
    labels = dict.fromkeys(project.labels.in_use().all_keys())
    given: dict[int, list[Given]] = {}
    ids = [item.pk for item in items.values()]
    for start in range(0, len(ids), AT_ONCE):
        answers = Annotation.objects.current().filter(item__in=ids[start : start + AT_ONCE])
        answers = answers.filter(source__in=[Source.HUMAN, Source.REVIEW]).exclude(out.theirs)
        for item, source, stored in answers.order_by("pk").values_list("item", "source", "answer"):
            answer = kind.within(names.read(stored), labels)
            if answer is not None:
                text = orjson.dumps(answer, option=orjson.OPT_SORT_KEYS).decode()
                given.setdefault(item, []).append(Given(text, source))
    found = {item: consensus_of(kind, answers, orjson.loads, labels.keys()) for item, answers in given.items()}
    return {item: tuple(sorted(one.labels)) for item, one in found.items() if not one.tied}
