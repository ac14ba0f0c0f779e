"""Why a model says what it says (decision 0123): the labeled items most like each row, and what spoke for and against
its labels. Made by the predictor once the answers are there, and only for who asks."""

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import islice
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from labeling.kinds import QuestionKind, kind_of
from labeling.models import Annotation, Item, ItemStatus, Modality, Project, Split
from labeling.selectors.label_names import LabelIdentities, label_names
from labeling.selectors.opinions import accepting, opinions_of
from learning.core.encoders import FittedEncoder
from learning.core.encoders.tabular import FittedTabularEncoder
from learning.core.nearest import nearest_rows
from learning.core.occlusion import TextPart, effects, replaced_blocks, text_parts
from learning.core.pools import ArrayPool
from learning.models import EncoderVersion
from learning.services import files
from learning.services.features import encoder_versions
from learning.services.features.matrix import FeatureMatrix
from learning.services.registry import model_files
from learning.services.serving.answering import Answer
from learning.services.serving.loading import Predictor
from learning.services.serving.rows import Asked, blocks

MOST_ROWS = 20
NEAREST = 3
#: Answers of people and imports, the newest ones, whose items a row is compared with.
MOST_COMPARED = 20_000
#: Told of each label, for it and against it.
MOST_TOLD = 5
#: Of a row with several labels, the surest ones.
MOST_LABELS = 3
#: Words of a text that are left out in turn, each alone; columns of a table.
MOST_WORDS, MOST_COLUMNS = 64, 256
#: Characters of all the texts of a request that are encoded again; longer ones are taken apart less finely.
CHARACTERS_AGAIN = 2_000_000
_FEWEST_PARTS = 4
#: A nearer item may have no label: people are split about it, or its label was divided since.
_LOOKED_AT = 4 * NEAREST
_TEXT_TOLD = 1_000
#: Effects below it are nobody's reason.
_LEAST_EFFECT = 0.01

NOT_LABELED = "No labeled item has features by this model's encoder: there is nothing near to show."
NO_LABEL = "It has no label, so nothing spoke for one."
NO_WORDS = "It has no word that could be left out."
NO_PARTS = "A picture has no parts with names: only the items most like it are told."
NO_TIME = "There was no time left to explain this row."


def explain(
    predictor: Predictor,
    asked: Asked,
    answers: Iterable[Answer],
    *,
    preview: str = "",
    until: float = float("inf"),
    beat: Callable[[], object] = lambda: None,
) -> None:
    """Adds ``why`` to each answer that is none of refusal; ``asked`` are its rows, read again.

    ``preview`` is the address of the preview of item 0, for who may read items: without it their texts, rows and
    pictures are left out. After ``until`` (of the monotonic clock) nothing more is explained; what is answered stays.
    """
    told = {answer["row"] - 1: answer for answer in answers if "id" in answer}
    explained = _Explained(predictor, len(told), preview)
    for numbers, contents in blocks(asked, predictor.builder.modality):
        features = predictor.features(contents)
        for number, content, row in zip(numbers, contents, features, strict=True):
            beat()
            if number in told:
                late = time.monotonic() > until
                told[number]["why"] = _nothing(NO_TIME) if late else explained.why(content, row, told[number])


class _Explained:
    """What the rows of a request share."""

    def __init__(self, predictor: Predictor, n_rows: int, preview: str) -> None:
        self._predictor, self._preview = predictor, preview
        self._characters = CHARACTERS_AGAIN // max(1, n_rows)
        project = predictor.version.project
        self._project: Project = project
        self._kind: QuestionKind = kind_of(project)
        self._names: LabelIdentities = label_names(project)
        self._accepted = accepting(project)
        self._modality = Modality(predictor.builder.modality)
        self._column = {name: place for place, name in enumerate(predictor.speaker.names)}
        self._reads_near = _reads_near(predictor)
        self._items, self._features = _labeled(predictor)
        self._lengths: dict[int, NDArray[np.float32]] = {}
        self._average = self._features.mean(axis=0) if len(self._features) else None

    def why(self, content: Any, row: NDArray[np.float32], answer: Answer) -> dict[str, Any]:
        said = [name for name in self._said(answer) if name in self._column]
        evidence, note = self._evidence(content, row, said, answer)
        nearest = self._nearest(content, row)
        return {"nearest": nearest, "evidence": evidence, "note": note if nearest else f"{NOT_LABELED} {note}".strip()}

    def _said(self, answer: Answer) -> list[str]:
        """The names of its labels, the surest first; none of an outlier."""
        if "probabilities" not in answer:
            return []
        probable: dict[str, float] = answer["probabilities"]
        said = self._kind.labels_of(answer)
        return sorted(said, key=lambda name: -probable.get(name, 0.0))[:MOST_LABELS]

    def _nearest(self, content: Any, row: NDArray[np.float32]) -> list[dict[str, Any]]:
        if self._reads_near is None:
            return []
        if self._reads_near is not self._predictor.encoder:
            row = self._reads_near.transform([content])[0]
        rows, distances = nearest_rows(ArrayPool(self._features), row, _LOOKED_AT, self._lengths)
        near = dict(zip(self._items[rows].tolist(), distances.tolist(), strict=True))
        opinions = opinions_of(self._project, near)
        found = []
        for pk, distance in near.items():
            one = opinions[pk]
            answer = one.review.answer if one.review is not None else self._accepted(one.consensus)
            if answer is not None:
                told = self._kind.flat(self._names.named(answer))
                found.append({"item": pk, "label": told, "similarity": round(1 - distance, 4)})
                if len(found) == NEAREST:
                    break
        if self._preview and found:
            self._show(found)
        return found

    def _show(self, found: list[dict[str, Any]]) -> None:
        shown = Item.objects.filter(pk__in=[one["item"] for one in found]).only("text", "data")
        items = {item.pk: item for item in shown}
        for one in found:
            item = items.get(one["item"])
            if item is None:
                continue  # deleted meanwhile
            match self._modality:
                case Modality.IMAGE:
                    one["preview"] = self._preview.replace("/0/", f"/{item.pk}/")
                case Modality.TEXT:
                    one["text"] = item.text[:_TEXT_TOLD]
                case Modality.TABULAR:
                    one["fields"] = dict(self._project.in_column_order(item.data))
                case _:
                    assert_never(self._modality)

    def _evidence(
        self, content: Any, row: NDArray[np.float32], said: Sequence[str], answer: Answer
    ) -> tuple[list[dict[str, Any]], str]:
        match self._modality:
            case Modality.IMAGE:
                return [], NO_PARTS
            case Modality.TEXT if said:
                spoken = self._of_words(content, said, answer)
                return spoken, "" if spoken else NO_WORDS
            case Modality.TABULAR if said:
                return self._of_columns(content, row, said, answer), ""
            case Modality.TEXT | Modality.TABULAR:
                return [], NO_LABEL
            case _:
                assert_never(self._modality)

    def _of_words(self, text: str, said: Sequence[str], answer: Answer) -> list[dict[str, Any]]:
        most = min(MOST_WORDS, max(_FEWEST_PARTS, self._characters // len(text)))
        parts = text_parts(text, most)
        if not parts:
            return []
        without = self._predictor.features([part.left_out_of(text) for part in parts])
        return self._told(without, said, answer, partial(_words, parts))

    def _of_columns(
        self, content: dict[str, Any], row: NDArray[np.float32], said: Sequence[str], answer: Answer
    ) -> list[dict[str, Any]]:
        encoder = self._predictor.encoder
        if not isinstance(encoder, FittedTabularEncoder):  # a student's, which looks cells up: nothing to average
            names = [name for name, value in content.items() if value not in (None, "")][:MOST_COLUMNS]
            without = self._predictor.features([{**content, name: None} for name in names])
            return self._told(without, said, answer, partial(_column, content, names)) if names else []
        if self._average is None:
            return []
        average: NDArray[np.float32] = self._average
        columns = sorted(encoder.blocks(), key=lambda column: -float(np.abs(row - average)[column[1]].sum()))
        columns = columns[:MOST_COLUMNS]
        without = replaced_blocks(row, average, [place for _, place in columns])
        names = [name for name, _ in columns]
        return self._told(without, said, answer, partial(_column, content, names))

    def _told(
        self, without: NDArray[np.float32], said: Sequence[str], answer: Answer, name: Callable[[int], dict[str, Any]]
    ) -> list[dict[str, Any]]:
        probabilities = self._predictor.say(without).probabilities.astype(np.float64)
        return [
            {"label": label, **_spoken(answer["probabilities"][label], probabilities[:, self._column[label]], name)}
            for label in said
        ]


def _spoken(
    whole: float, without: NDArray[np.float64], name: Callable[[int], dict[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    """The parts that did most for a label and against it, the strongest first, each by its ``name``."""
    effect = effects(whole, without)
    order = np.argsort(-effect, kind="stable").tolist()

    def told(numbers: Iterable[int]) -> list[dict[str, Any]]:
        return [
            {**name(n), "effect": round(float(effect[n]), 4), "without": round(float(without[n]), 4)}
            for n in islice(numbers, MOST_TOLD)
        ]

    return {
        "supports": told(n for n in order if effect[n] >= _LEAST_EFFECT),
        "opposes": told(n for n in reversed(order) if effect[n] <= -_LEAST_EFFECT),
    }


def _words(parts: Sequence[TextPart], number: int) -> dict[str, Any]:
    return {"words": parts[number].words, "at": [list(place) for place in parts[number].at]}


def _column(content: dict[str, Any], names: Sequence[str], number: int) -> dict[str, Any]:
    return {"column": names[number], "value": content.get(names[number])}


def _nothing(note: str) -> dict[str, Any]:
    return {"nearest": [], "evidence": [], "note": note}


def _reads_near(predictor: Predictor) -> FittedEncoder | None:
    """By which a row is held against items: of a student its teacher's, for no features of items are kept for its own.
    None where that file is gone."""
    if (teacher := predictor.version.teacher) is None:
        return predictor.encoder
    try:
        return encoder_versions.fitted(model_files.encoder_of(teacher))
    except (files.Corrupt, EncoderVersion.DoesNotExist):
        return None


def _labeled(predictor: Predictor) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Items of the pool with a label, and their features by that encoder: those of the newest answers."""
    encoder = model_files.encoder_of(predictor.version.teacher or predictor.version)
    nothing = np.empty(0, np.int64), np.empty((0, encoder.dimension), np.float32)
    matrix = FeatureMatrix(encoder)
    newest = Annotation.objects.current().filter(project=predictor.version.project_id, item__isnull=False)
    newest = newest.filter(item__split=Split.POOL, item__status=ItemStatus.ACTIVE, item__ordinal__lt=matrix.n_rows)
    rows = newest.order_by("-pk").values_list("item", "item__ordinal")[:MOST_COMPARED] if matrix.n_rows else []
    ordinals = {item: ordinal for item, ordinal in rows if item is not None}
    if not ordinals:
        return nothing
    items = np.fromiter(ordinals, dtype=np.int64)
    try:
        return items, matrix.take(np.fromiter(ordinals.values(), dtype=np.int64))
    except files.Corrupt:  # the next run computes the shard again
        return nothing


__all__ = ["MOST_ROWS", "explain"]
