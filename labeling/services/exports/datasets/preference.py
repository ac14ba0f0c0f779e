"""Preferences for trainers of language models: TRL (DPO, reward models, KTO) and OpenAI's preference fine-tuning.

TRL: https://huggingface.co/docs/trl/dataset_formats. A column ``margin`` would be subtracted from the loss of its
RewardTrainer, so what people's votes say is called ``vote_margin``. ``label`` is what KTO calls desirable.
OpenAI: https://platform.openai.com/docs/guides/direct-preference-optimization. A line has these three keys only.
"""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import IO, Any, ClassVar

import orjson

from labeling.kinds import QuestionKind
from labeling.models import Modality
from labeling.selectors.columns import Column
from labeling.services.exports.base import Row
from labeling.services.exports.datasets.base import DataSetFormat
from labeling.services.exports.losses import Loss, no_place

LINES_A_PIECE = 500
Message = dict[str, str]

#: of a preference, beside what is trained on
_ABOUT = ("votes_chosen", "votes_rejected", "ties", "context_id", "context_external_id", "purpose", "split")
_IDS = ("chosen_id", "chosen_external_id", "rejected_id", "rejected_external_id")


_CONTENT = ("prompt", "chosen", "rejected")


class _Preferences(DataSetFormat):
    """JSON lines, every key in every line."""

    losses: tuple[Loss, ...] = (no_place([*_CONTENT, "margin", *_ABOUT, *_IDS]),)
    lines_a_row: ClassVar[int] = 1

    def rows_in(self, file: IO[bytes], lines: int) -> int:
        return lines // self.lines_a_row

    made_of = "preferences"
    modalities = (Modality.TEXT,)
    media_type = "application/x-ndjson"
    extension = "jsonl"

    def write(self, columns: Sequence[Column], rows: Iterable[Row], kind: QuestionKind) -> Iterator[bytes]:
        lines = chain.from_iterable(map(self.lines, rows))
        while piece := b"".join(orjson.dumps(line, option=_OPTIONS) for line in islice(lines, LINES_A_PIECE)):
            yield piece

    @abstractmethod
    def lines(self, row: Row) -> Iterable[dict[str, Any]]:
        """What the reader takes, made of a preference."""


_OPTIONS = orjson.OPT_APPEND_NEWLINE


class TrlPreference(_Preferences):
    name = "trl-preference"
    label = "TRL preference"
    hint = "prompt, chosen, rejected as texts"

    def lines(self, row: Row) -> Iterable[dict[str, Any]]:
        trained = {"prompt": row["prompt"], "chosen": row["chosen"], "rejected": row["rejected"]}
        yield trained | {"vote_margin": row["margin"]} | {name: row[name] for name in (*_ABOUT, *_IDS)}


class TrlPreferenceChat(TrlPreference):
    name = "trl-preference-chat"
    label = "TRL preference, chat"
    hint = "the same as messages, for chat templates"

    def lines(self, row: Row) -> Iterable[dict[str, Any]]:
        for line in super().lines(row):
            said = {side: [_says("assistant", row[side])] for side in ("chosen", "rejected")}
            yield line | {"prompt": [_says("user", row["prompt"])]} | said


class TrlUnpaired(_Preferences):
    """Two lines a preference, as TRL's own ``unpair_preference_dataset`` makes them, but one beside the other."""

    name = "trl-unpaired"
    label = "TRL unpaired"
    hint = "prompt, completion, label (KTO)"
    lines_a_row = 2

    def lines(self, row: Row) -> Iterable[dict[str, Any]]:
        for side in ("chosen", "rejected"):
            trained = {"prompt": row["prompt"], "completion": row[side], "label": side == "chosen"}
            whose = {"item_id": row[f"{side}_id"], "external_id": row[f"{side}_external_id"]}
            yield trained | {"vote_margin": row["margin"]} | {name: row[name] for name in _ABOUT} | whose


class OpenAiPreference(_Preferences):
    name = "openai-preference"
    label = "OpenAI preference"
    hint = "input, preferred_output, non_preferred_output"
    losses = (no_place([*_CONTENT, "purpose"]),)

    def lines(self, row: Row) -> Iterable[dict[str, Any]]:
        yield {
            # a message must say something: where the context is a picture or empty, the question that people were asked
            "input": {
                "messages": [_says("user", row["prompt"] or row["purpose"])],
                "tools": [],
                "parallel_tool_calls": True,
            },
            "preferred_output": [_says("assistant", row["chosen"])],
            "non_preferred_output": [_says("assistant", row["rejected"])],
        }


def _says(role: str, content: str) -> Message:
    return {"role": role, "content": content}
