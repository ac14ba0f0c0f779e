"""Tasks with annotations as Label Studio exports them ("JSON"), by what version 1.23.2 writes.

Its JSON names predictions by their numbers alone; what one said stands in the annotations that began with it. A task
that was skipped has an annotation with ``was_cancelled``.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import unquote

from labeling.models import Modality
from labeling.services.imports.errors import RowRejected
from labeling.services.imports.foreign.base import (
    JSON,
    Asked,
    Record,
    Said,
    Told,
    Tool,
    most_common,
    read_cell,
    without_side,
)
from labeling.services.imports.foreign.pairs import PROMPTS, Side, rows_of_pair, side_of_both
from labeling.services.imports.records.own_exports import bare, is_ours

_SPANS = {"labels", "hypertextlabels", "paragraphlabels", "timeserieslabels"}
_BOXES = {
    "rectanglelabels", "polygonlabels", "ellipselabels", "keypointlabels", "brushlabels", "rectangle", "polygon",
    "ellipse", "keypoint", "brush", "videorectangle",
}  # fmt: skip
#: What an answer is made of, by the kind of question, the likeliest first.
_OF_LABELS, _OF_STEPS, _OF_PAIRS = ("choices", "rating"), ("rating", "choices"), ("pairwise",)
_ANSWERS = ("annotations", "completions")


class LabelStudioTasks(Tool):
    name: ClassVar[str] = "label-studio"
    title: ClassVar[str] = "an export of Label Studio"
    containers: ClassVar[Collection[str]] = (JSON,)

    def __init__(self, first: Sequence[Record], asked: Asked) -> None:
        super().__init__(first, asked)
        wanted = types_asked(asked)
        found = [result for task in first for result in _results(task)]
        of_type = {kind: [r.get("from_name", "") for r in found if r.get("type") == kind] for kind in wanted}
        #: the type of the results that answer the question, and the control they come from
        self.type = next((kind for kind in wanted if of_type[kind]), wanted[0])
        self.control = most_common(of_type[self.type])
        self.to_name = most_common(str(r.get("to_name")) for r in found if r.get("from_name") == self.control)

    @classmethod
    def knows(cls, names: Collection[str], first: Sequence[Record], container: str) -> bool:
        has_task = (isinstance(r.get("data"), dict) and any(isinstance(r.get(n), list) for n in _KEYS) for r in first)
        return bool(first) and all(has_task)

    def refusal(self) -> str:
        types = {str(result.get("type")) for task in self.first for result in _results(task)}
        if types and not types & {"choices", "rating", "pairwise"}:
            for known, what in ((_BOXES, "boxes"), (_SPANS, "spans")):
                if types & known:
                    return f"This is {self.title} with {what}; {what} are not supported yet."
        if self.asked.about_pairs and types and not types.intersection(_OF_PAIRS) and not self._is_even():
            return f"This is {self.title} without pairwise comparisons; this project compares pairs."
        if not self.asked.about_pairs and types and types.issubset(_OF_PAIRS):
            return f"This is {self.title} of pairwise comparisons, which go into a pairwise project."
        return ""

    def _is_even(self) -> bool:
        """Whether nobody preferred one: ties are choices beside the pair, as our own export has them."""
        values = [result.get("value") or {} for task in self.first for result in _results(task)]
        return all(winner_in([value]) for value in values)

    def told(self, record: Record) -> Iterator[Told | Record]:
        data = dict(record["data"])
        given = list(self._given(record))
        if self.asked.about_pairs:
            yield from self._pair(record, data, given)
            return
        if is_ours(data):
            row = {**bare(data), "label": None}  # as in querent.OwnAnswers
            if self.asked.modality == Modality.TABULAR and isinstance(table := data.get("row"), dict):
                row.pop("row")  # what the page shows: the columns once more, and one of them may be called so
                row.update({"row": table["row"]} if "row" in table else {})
        else:
            row = {**data, "id": data.get("id", record.get("id"))}
            row.pop("label", None)
            if "label" in data:
                row["label_"] = data["label"]
        if self.asked.modality == Modality.IMAGE:
            row["image"] = file_named(data)
        self.asked.keep_predictions(row, self._predictions(record))
        answers = [answer for annotation, value in given for answer in self._answers(annotation, value)]
        if answers and "gold" not in row and any(annotation.get("ground_truth") for annotation, _ in given):
            row["gold"] = answers[0].label
        yield Told(without_side(row), answers)

    # answers

    def _given(self, task: Record) -> Iterator[tuple[Record, list[Any]]]:
        """The annotations that count, with the values of the control that answers the question; truths alone where
        there are any."""
        annotations = [each for key in _ANSWERS for each in task.get(key) or () if isinstance(each, dict)]
        if skips := sum(bool(each.get("was_cancelled")) for each in annotations):
            self.asked.lost("answer was a skip", "answers were skips", skips)
        annotations = [each for each in annotations if not each.get("was_cancelled")]
        if truths := [each for each in annotations if each.get("ground_truth")]:
            self.asked.lost(
                "task has an answer that is marked as the truth; that one was taken",
                "tasks have an answer that is marked as the truth; that one was taken",
            )
            annotations = truths
        for each in annotations:
            values = []
            for result in each.get("result") or ():
                if result.get("type") == self.type and result.get("from_name", self.control) == self.control:
                    values.append(result.get("value") or {})
                elif not (self.asked.about_pairs and result.get("type") == "choices"):
                    self._say_left_out(result)
                else:
                    values.append(result.get("value") or {})
            yield each, values

    def _say_left_out(self, result: Record) -> None:
        if "from_name" in result:
            name = f"“{str(result['from_name'])[:60]}” ({str(result.get('type'))[:30]})"
            self.asked.lost(f"answer to {name} was left out: a project asks one question",
                            f"answers to {name} were left out: a project asks one question")  # fmt: skip

    def _answers(self, annotation: Record, values: list[Any]) -> list[Said]:
        labels = [label for value in values for label in labels_in(value, self.type)]
        return self.asked.answer(labels, who_gave(annotation))

    def _predictions(self, task: Record) -> list[Record]:
        """What models said: of the task, else as the annotations that began with it remember."""
        told = [each for each in task.get("predictions") or () if isinstance(each, dict)]
        numbers = {each for each in task.get("predictions") or () if isinstance(each, int)}
        for annotation in task.get("annotations") or ():
            said = annotation.get("prediction") if isinstance(annotation, dict) else None
            if said and said.get("id") in numbers:
                numbers.discard(said["id"])
                told.append(said)
        self.asked.lost(
            "prediction is named by its number only, as this export has it; what it said is not in the file",
            "predictions are named by their numbers only, as this export has it; what they said is not in the file",
            len(numbers),
        )  # fmt: skip
        return [
            {
                "model": str(each.get("model_version") or ""),
                "score": each.get("score"),
                "label": [
                    label
                    for r in each.get("result") or ()
                    for label in labels_in(r.get("value") or {}, str(r.get("type")))
                ],
            }
            for each in told
        ]

    # pairs

    def _pair(self, task: Record, data: Record, given: list[tuple[Record, list[Any]]]) -> Iterator[Told | Record]:
        left, right = two_compared(data, self.to_name)
        judgments = []
        is_own = "context_external_id" in data and "context_purpose" in data
        known = data.get("gold") if is_own else None
        for annotation, values in given:
            if winner := winner_in(values):
                seconds = annotation.get("lead_time")
                judgments.append({
                    "winner": winner,
                    "annotator": who_gave(annotation),
                    "elapsed_ms": round(seconds * 1000) if isinstance(seconds, int | float) else None,
                    **({"gold": known or winner} if known or annotation.get("ground_truth") else {}),
                })  # fmt: skip
        self.asked.keep_predictions({}, self._predictions(task))
        context = context_in(data, {left, right}, self.control)
        ids = [str(data.get(f"{side}_external_id") or "") for side in ("left", "right")]
        contents: list[Any] = [data[left], data[right]]
        if self.asked.modality == Modality.IMAGE:
            contents = [{"image": file_named({"image": content})} for content in contents]
        sides = Side(contents[0], ids[0]), Side(contents[1], ids[1])
        more = side_of_both(data, self.asked) if is_own else {}
        yield from rows_of_pair(sides, context, judgments, modality=self.asked.modality, more=more)


def who_gave(annotation: Mapping[str, Any]) -> str:
    """The number of a person, as most exports have it, or the name that an older one or ours says."""
    who = annotation.get("completed_by") or annotation.get("created_username") or ""
    return str(who.get("email") or who.get("id") or "") if isinstance(who, dict) else str(who)


_KEYS = (*_ANSWERS, "predictions")


def _results(task: Record) -> Iterator[Record]:
    for key in _KEYS:
        for each in task.get(key) or ():
            found = each.get("result") if isinstance(each, dict) else None
            yield from (result for result in found or () if isinstance(result, dict))


def types_asked(asked: Asked) -> tuple[str, ...]:
    if asked.about_pairs:
        return _OF_PAIRS
    return _OF_STEPS if asked.kind.label_type == "number" else _OF_LABELS


def labels_in(value: Mapping[str, Any], type_: str) -> list[Any]:
    """The labels of one result."""
    found = value.get(type_)
    if isinstance(found, list):
        return found
    return [] if found is None else [found]


def winner_in(values: Sequence[Mapping[str, Any]]) -> str:
    """Of a comparison; ties are choices beside it (as our own export has them)."""
    for value in values:
        if value.get("selected") in ("left", "right"):
            return str(value["selected"])
        for choice in value.get("choices") or ():
            if choice in ("tie", "neither"):
                return str(choice)
    return ""


def two_compared(data: Mapping[str, Any], to_name: str) -> tuple[str, str]:
    """The columns of the two that are compared. Raises RowRejected where nobody can tell."""
    known = {"left_text": "right_text", "left_image": "right_image", "left": "right", "left_data": "right_data"}
    for left, right in known.items():
        if left in data and right in data:
            return left, right
    texts = [
        name
        for name, value in data.items()
        if isinstance(value, str) and value and name.casefold() not in (*PROMPTS, "id")
    ]
    if to_name in texts and len(texts) > 2:
        texts = texts[texts.index(to_name) :][:2] if texts[-1] != to_name else texts
    if len(texts) != 2:
        raise RowRejected(f"Which two of its columns are compared cannot be told: {', '.join(texts)[:200]}.")
    return texts[0], texts[1]


def context_in(data: Mapping[str, Any], compared: Collection[str], control: str) -> Record:
    """What the two are compared for: a column that is called so, else the name of the question."""
    if "context_external_id" in data or "context_purpose" in data:
        return own_context(data)
    for name in PROMPTS:
        if name not in compared and data.get(name):
            return {"text": str(data[name])}
    return {"text": control or "Label Studio"}


def own_context(data: Mapping[str, Any]) -> Record:
    """Of our own export. Sides of contexts are not in it: its items have theirs."""
    facts = read_cell(data.get("context_facts")) or []
    named = facts if isinstance(facts, dict) else {str(name): value for name, value in facts}
    found = {
        "id": data.get("context_external_id"), "text": data.get("context"), "facts": named, "split": "pool",
        "purpose": data.get("context_purpose"),
    }  # fmt: skip
    return {name: value for name, value in found.items() if value}


def file_named(data: Mapping[str, Any]) -> str:
    """The name of the picture's file, without the address at which Label Studio served it."""
    value = data.get("image") or next((v for v in data.values() if isinstance(v, str) and "." in v), "")
    path = unquote(str(value)).replace("\\", "/")
    return path.rpartition("?d=")[2].rpartition("/")[2]
