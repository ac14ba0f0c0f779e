"""Preferences for trainers of language models: TRL (https://huggingface.co/docs/trl/dataset_formats) and OpenAI's.

A row is two items of one context, the prompt, and a judgment. Where TRL's prompt is implicit, it is what both answers
begin with: whole messages, or the text up to the last turn of the assistant, or up to a word that both share. Which
side the chosen one stood on is not said: it is drawn, always the same way.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, ClassVar

from labeling.models import Modality
from labeling.services.imports.errors import RowRejected
from labeling.services.imports.foreign.base import CSV, JSON, PARQUET, Asked, Record, Tool, read_cell
from labeling.services.imports.foreign.label_studio import own_context
from labeling.services.imports.foreign.pairs import Side, drawn, rows_of_pair, side_of_both
from labeling.services.imports.records.own_exports import unquoted

#: How Anthropic's hh-rlhf, and what was made like it, writes a turn.
_TURN = "Assistant:"
_CHOSEN, _REJECTED, _PROMPT = "chosen", "rejected", "prompt"
_TOLD = frozenset({
    _CHOSEN, _REJECTED, _PROMPT, "chosen_id", "rejected_id", "chosen_external_id", "rejected_external_id",
    "context_id", "context_external_id", "context_facts", "purpose", "split",
})  # fmt: skip
#: In every row of a table of ours, and in nobody else's.
_OURS = {"chosen_external_id", "rejected_external_id"}
_DRAWN = "Preferences do not say on which side the chosen one stood: it was drawn."


class _PreferenceFile(Tool):
    title: ClassVar[str] = "a file of preferences"
    containers: ClassVar[Collection[str]] = (JSON, CSV, PARQUET)

    def __init__(self, first: Sequence[Record], asked: Asked) -> None:
        super().__init__(first, asked)
        if asked.about_pairs:
            asked.notes.say(_DRAWN)

    def refusal(self) -> str:
        if not self.asked.about_pairs:
            return f"This is {self.title}: one answer is chosen, one rejected. It goes into a pairwise project."
        return ""

    def _rows(self, chosen: Side, rejected: Side, context: Record, row: Record) -> Iterator[Record]:
        more = side_of_both(row, self.asked)
        if self.asked.modality == Modality.IMAGE:
            yield from self._of_pictures(chosen, rejected)
            return
        if drawn(chosen, rejected, context):
            sides, winner = (chosen, rejected), "left"
        else:
            sides, winner = (rejected, chosen), "right"
        yield from rows_of_pair(sides, context, [{"winner": winner}], modality=self.asked.modality, more=more)

    def _of_pictures(self, chosen: Side, rejected: Side) -> Iterator[Record]:
        """The pictures are not in such a file: a pair names those that are there by their ids."""
        if not chosen.external_id or not rejected.external_id:
            raise RowRejected("The pictures are not in the file, and the row does not name them by ids.")
        yield {"left": chosen.external_id, "right": rejected.external_id, "winner": "left"}


class TrlPreferences(_PreferenceFile):
    name: ClassVar[str] = "trl"
    title: ClassVar[str] = "a file of preferences (TRL)"

    @classmethod
    def knows(cls, names: Collection[str], first: Sequence[Record], container: str) -> bool:
        return {_CHOSEN, _REJECTED} <= set(names) and not {"text", "left", "right"} & set(names)

    def told(self, record: Record) -> Iterator[Record]:
        if self.asked.quotes_formulas and record.keys() >= _OURS:
            record = unquoted(record)
        prompt, chosen, rejected = (_read(record.get(name), self.asked) for name in (_PROMPT, _CHOSEN, _REJECTED))
        if prompt in (None, ""):
            prompt, chosen, rejected = parted(chosen, rejected)
        context = {**own_context(record), "purpose": record.get("purpose")} if "context_external_id" in record else {}
        context["text"] = self._said(prompt)
        if not context["text"]:
            raise RowRejected("Its two answers have no beginning in common, and there is no prompt.", _PROMPT)
        lost = sorted(str(name) for name, value in record.items() if name not in _TOLD and value not in (None, "", []))
        for name in lost:
            self.asked.lost(f"value of {name[:60]!r} was left out: a pair has no columns of its own",
                            f"values of {name[:60]!r} were left out: a pair has no columns of its own")  # fmt: skip
        sides = [
            Side(self._said(value), str(record.get(f"{name}_external_id") or ""))
            for name, value in ((_CHOSEN, chosen), (_REJECTED, rejected))
        ]
        yield from self._rows(sides[0], sides[1], {k: v for k, v in context.items() if v}, record)

    def _said(self, value: Any) -> Any:
        """Text as it is; messages as text, in which roles are named where there are several."""
        if not isinstance(value, list):
            return value if isinstance(value, dict) else "" if value is None else str(value)
        return text_of(value)


class OpenAiPreferences(_PreferenceFile):
    name: ClassVar[str] = "openai-preference"
    title: ClassVar[str] = "a file of preferences (OpenAI)"
    containers: ClassVar[Collection[str]] = (JSON,)

    @classmethod
    def knows(cls, names: Collection[str], first: Sequence[Record], container: str) -> bool:
        return {"input", "preferred_output", "non_preferred_output"} <= set(names)

    def told(self, record: Record) -> Iterator[Record]:
        messages = record["input"].get("messages") if isinstance(record.get("input"), dict) else None
        context = {"text": text_of(messages or [])}
        if not context["text"]:
            raise RowRejected("Its input has no messages.", "input")
        sides = [Side(text_of(record.get(name) or [])) for name in ("preferred_output", "non_preferred_output")]
        yield from self._rows(sides[0], sides[1], context, {})


class TrlUnpairedFile(Tool):
    """Prompt, completion and whether it is desirable: items in their context. Which one was preferred to which is not
    said."""

    name: ClassVar[str] = "trl-unpaired"
    title: ClassVar[str] = "a file of unpaired preferences (TRL)"
    containers: ClassVar[Collection[str]] = (JSON, CSV, PARQUET)

    @classmethod
    def knows(cls, names: Collection[str], first: Sequence[Record], container: str) -> bool:
        return {_PROMPT, "completion", "label"} <= set(names) and "text" not in names

    def refusal(self) -> str:
        return "" if self.asked.about_pairs else f"This is {self.title}. It goes into a pairwise project."

    def told(self, record: Record) -> Iterator[Record]:
        completion, prompt = (_read(record.get(name), self.asked) for name in ("completion", _PROMPT))
        context = own_context(record) if "context_external_id" in record else {}
        context["text"] = text_of(prompt) if isinstance(prompt, list) else str(prompt or "")
        said = text_of(completion) if isinstance(completion, list) else completion
        side = Side(said, str(record.get("external_id") or ""))
        self.asked.lost(
            "completion was called desirable or not, which is no judgment of a pair; it went in as an item",
            "completions were called desirable or not, which is no judgment of a pair; they went in as items",
        )
        item = next(rows_of_pair((side, side), context, [], modality=self.asked.modality))
        yield {**item, **({"split": record["split"]} if record.get("split") in ("pool", "eval") else {})}


def parted(chosen: Any, rejected: Any) -> tuple[Any, Any, Any]:
    """Prompt, chosen and rejected of two that begin with the prompt.

    >>> parted("\\n\\nHuman: Hi\\n\\nAssistant: Hello!", "\\n\\nHuman: Hi\\n\\nAssistant: Hey")
    ('Human: Hi', 'Hello!', 'Hey')
    >>> parted("The sky is blue.", "The sky is green.")
    ('The sky is', 'blue.', 'green.')
    """
    if isinstance(chosen, list) and isinstance(rejected, list):
        shared = _shared(chosen, rejected)
        shared = min(shared, len(chosen) - 1, len(rejected) - 1)
        return chosen[: max(shared, 0)], chosen[max(shared, 0) :], rejected[max(shared, 0) :]
    if not isinstance(chosen, str) or not isinstance(rejected, str):
        return "", chosen, rejected
    common = chosen[: _shared(chosen, rejected)]
    cut = common.rfind(_TURN) + len(_TURN) if _TURN in common else _last_blank(common)
    prompt = common[:cut].removesuffix(_TURN).strip()
    return prompt, chosen[cut:].strip(), rejected[cut:].strip()


def _read(value: Any, asked: Asked) -> Any:
    """Messages, and rows of a table, that stand as JSON texts. Any other text is what somebody wrote, be it JSON."""
    read = read_cell(value)
    if read is value or (isinstance(read, dict) and asked.modality == Modality.TABULAR):
        return read
    is_messages = isinstance(read, list) and all(isinstance(one, dict) and "content" in one for one in read)
    return read if read and is_messages else value


def _shared(one: Sequence[Any], other: Sequence[Any]) -> int:
    """How much two begin with in common."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _last_blank(text: str) -> int:
    return max(text.rfind(blank) for blank in (" ", "\n")) + 1


def text_of(messages: Sequence[Any]) -> str:
    """What messages say: one as it stands, several with their roles."""
    said = [message for message in messages if isinstance(message, dict)]
    texts = [_content(message.get("content")) for message in said]
    if len(said) == 1:
        return texts[0]
    return "\n\n".join(f"{str(m.get('role', '')).capitalize()}: {text}" for m, text in zip(said, texts, strict=True))


def _content(content: Any) -> str:
    """A text, or the texts among parts of several sorts."""
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return "" if content is None else str(content)
