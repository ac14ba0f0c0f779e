"""Pairs of other tools: two items in their context and who judged them how, as our rows."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from labeling.kinds.cells import is_missing
from labeling.kinds.pairwise import SWAPPED
from labeling.kinds.spelling import canonical
from labeling.models import Modality, Split
from labeling.services.imports.errors import RowRejected
from labeling.services.imports.foreign.base import Asked, Record

#: What other tools call what two answers are compared for.
PROMPTS = ("prompt", "context", "instruction", "question", "query", "input")
_BOTH_HELD_OUT = "Which of the two items of a held-out pair is held out is not in the file: new ones are both."


@dataclass(frozen=True)
class Side:
    """One of the two: its content, a text or the columns of a row, and its id where there is one."""

    content: Any
    external_id: str = ""
    #: what makes the content the same, where that is not itself
    identity: Any = None

    def name(self, context: Record) -> str:
        """The id by which pairs name it: its own, else one made of what it says and of its context, so that the same
        content is the same item wherever it stands."""
        if self.external_id:
            return self.external_id
        said = [context.get("id") or canonical(context.get("text") or ""), _same(self.identity or self.content)]
        return f"content-{hashlib.sha256(orjson.dumps(said, default=str)).hexdigest()[:20]}"


def rows_of_pair(
    sides: tuple[Side, Side], context: Record, judgments: Sequence[Record], *, modality: str, more: Record | None = None
) -> Iterator[Record]:
    """The two items, then a row for every judgment; one without a winner where nobody judged.

    ``judgments`` say ``winner`` and, where it is known, ``annotator``, ``elapsed_ms`` and ``gold``; ``more`` are
    columns of both items.
    """
    for side in sides:
        yield {**(more or {}), **_content(side.content, modality), "id": side.name(context), "context": dict(context)}
    left, right = (side.name(context) for side in sides)
    for judgment in judgments or [{}]:
        yield {"left": left, "right": right, **judgment}


def side_of_both(record: Record, asked: Asked) -> Record:
    """The side of a pair as that of both its items: which one of them is held out the row does not say, and a held-out
    pair must stay one."""
    side = record.get("split")
    if side == Split.EVAL:
        asked.notes.say(_BOTH_HELD_OUT)
    return {"split": side} if side in Split.values else {}


def drawn(one: Side, other: Side, context: Record) -> bool:
    """A coin that is the same for the same pair: which of the two stands left where the file does not say it. One side
    for all who were chosen would look as if people preferred that side."""
    return hashlib.sha256(f"{one.name(context)}|{other.name(context)}".encode()).digest()[0] % 2 == 0


def turned(winner: str) -> str:
    """The winner as seen from the other side."""
    return SWAPPED.get(winner, winner)


def _content(content: Any, modality: str) -> Record:
    if isinstance(content, dict):
        return dict(content)
    if is_missing(content):
        raise RowRejected("One of the two is empty.", "text")
    return {"text": content} if modality == Modality.TEXT else {"value": content}


def _same(content: Any) -> Any:
    return canonical(content) if isinstance(content, str) else content
