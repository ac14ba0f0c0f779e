"""Records of Argilla 2: nested as ``to_json`` writes them, or flat as ``to_datasets`` does (``label.responses``).

``to_json`` does not say of a response whether it was submitted, discarded or a draft; the flat form does.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from labeling.models import Modality
from labeling.services.imports.errors import RowRejected
from labeling.services.imports.foreign.base import JSON, PARQUET, Asked, Record, Told, Tool, most_common, without_side
from labeling.services.imports.foreign.pairs import PROMPTS, Side, rows_of_pair
from labeling.services.imports.foreign.prodigy import picture_in
from labeling.services.imports.records.rows import PICTURE

_NESTED = {"fields", "responses", "suggestions"}
_RESPONSES = ".responses"
_OF_TOOL = ("id", "status", "_server_id")
_SUBMITTED = (None, "submitted")


class Argilla(Tool):
    name: ClassVar[str] = "argilla"
    title: ClassVar[str] = "an export of Argilla"
    containers: ClassVar[Collection[str]] = (JSON, PARQUET)

    def __init__(self, first: Sequence[Record], asked: Asked) -> None:
        super().__init__(first, asked)
        rows = [nested(row) for row in first]
        values = [
            (name, response.get("value"), row)
            for row in rows
            for name, responses in row["responses"].items()
            for response in responses
        ]
        #: the question that is asked here too; "" where none fits
        self.question = most_common(name for name, value, row in values if self._fits(value, row))
        self.has_spans = any(_is_span(value) for _, value, _ in values)
        self.has_values = bool(values)
        if any("fields" in row for row in first):
            asked.notes.say("Argilla's JSON does not tell discarded answers and drafts from others: all were taken.")

    @classmethod
    def knows(cls, names: Collection[str], first: Sequence[Record], container: str) -> bool:
        if set(names) >= _NESTED:
            return bool(first) and all(isinstance(row.get("fields"), dict) for row in first)
        return "_server_id" in names and any(f"{name}.users" in names for name in names if name.endswith(_RESPONSES))

    def refusal(self) -> str:
        if self.question or not self.has_values:
            return ""
        if self.has_spans:
            return f"This is {self.title} with spans; spans are not supported yet."
        return f"This is {self.title}; none of its questions is one that this project asks."

    def told(self, record: Record) -> Iterator[Told | Record]:
        row = nested(record)
        answers = list(self._given(row["responses"]))
        if self.asked.about_pairs:
            yield from self._pair(row, answers)
            return
        item = {**row["metadata"], **row["fields"]}
        item.setdefault("id", row["id"])
        if self.asked.modality == Modality.IMAGE:
            name = next((name for name, value in item.items() if str(value).startswith("data:image")), "image")
            item[PICTURE] = picture_in(item.pop(name, ""))
        self.asked.keep_predictions(item, [
            {"question": name, "label": said.get("value"), "score": said.get("score"), "model": said.get("agent")}
            for name, said in row["suggestions"].items() if said and said.get("value") is not None
        ])  # fmt: skip
        given = [
            each
            for who, value in answers
            for each in self.asked.answer(value if isinstance(value, list) else [value], who)
        ]
        yield Told(without_side(item), given)

    def _given(self, responses: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """Who said what to the question."""
        for name, given in responses.items():
            counted = [each for each in given or () if each.get("status") in _SUBMITTED]
            if name != self.question:
                self.asked.lost(f"answer to “{name[:60]}” was left out: a project asks one question",
                                f"answers to “{name[:60]}” were left out: a project asks one question",
                                len(counted))  # fmt: skip
                continue
            self.asked.lost(
                "answer was discarded or a draft", "answers were discarded or drafts", len(given) - len(counted)
            )
            for each in counted:
                yield str(each.get("user_id") or ""), each.get("value")

    def _pair(self, row: Record, answers: list[tuple[str, Any]]) -> Iterator[Record]:
        fields, context = row["fields"], {}
        for name in PROMPTS:
            if fields.get(name):
                context = {"text": str(fields[name])}
                break
        two = [name for name, value in fields.items() if isinstance(value, str) and name not in PROMPTS]
        if len(two) != 2 or not context:
            raise RowRejected("Two fields that are compared and one that says what for were expected.")
        judgments = [
            {"winner": winner, "annotator": who} for who, value in answers if (winner := _first_of(value, two))
        ]
        sides = Side(fields[two[0]]), Side(fields[two[1]])
        yield from rows_of_pair(sides, context, judgments, modality=self.asked.modality)

    def _fits(self, value: Any, row: Record) -> bool:
        if self.asked.about_pairs:
            return _first_of(value, [name for name in row["fields"] if name not in PROMPTS]) != ""
        if _is_span(value) or isinstance(value, dict):
            return False
        if isinstance(value, list):
            return self.asked.takes_several
        return isinstance(value, int if self.asked.kind.label_type == "number" else str)


def nested(record: Record) -> Record:
    """A record with its fields, metadata, suggestions and responses apart, however it was written. The flat form does
    not tell fields from metadata."""
    if "fields" in record:
        parts = ("fields", "metadata", "suggestions", "responses")
        return {"id": record.get("id"), **{name: record.get(name) or {} for name in parts}}
    questions = [name.removesuffix(_RESPONSES) for name in record if name.endswith(_RESPONSES)]
    asked = tuple(f"{name}." for name in questions)
    suggestions, responses = {}, {}
    for name in questions:
        values, users, status = (record.get(f"{name}{_RESPONSES}{part}") or [] for part in ("", ".users", ".status"))
        responses[name] = [
            {"value": value, "user_id": user, "status": how}
            for value, user, how in zip(values, users, [*status, *[None] * len(values)], strict=False)
        ]
        suggestions[name] = {
            "value": record.get(f"{name}.suggestion"), "score": record.get(f"{name}.suggestion.score"),
            "agent": record.get(f"{name}.suggestion.agent"),
        }  # fmt: skip
    fields = {
        name: value
        for name, value in record.items()
        if not name.startswith(asked or "\0")
        and name not in ("id", "status", "_server_id")
        and ".suggestion" not in name
    }
    return {
        "id": record.get("id"), "fields": fields, "metadata": {}, "suggestions": suggestions, "responses": responses,
    }  # fmt: skip


def _is_span(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict) and "start" in value[0]


def _first_of(value: Any, two: Sequence[str]) -> str:
    """Which of two fields a ranking puts first; "" where it is none of these two."""
    if not isinstance(value, list) or len(two) != 2:
        return ""
    names = [each.get("value") if isinstance(each, dict) else each for each in value]
    ranks = [int(each.get("rank") or place) if isinstance(each, dict) else place for place, each in enumerate(value)]
    if sorted(map(str, names)) != sorted(two):
        return ""
    if ranks[0] == ranks[1]:
        return "tie"
    first = names[0] if ranks[0] < ranks[1] else names[1]
    return "left" if first == two[0] else "right"
