"""Contexts as rows of an import describe them."""

import hashlib
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from labeling.kinds.cells import is_missing
from labeling.kinds.spelling import canonical
from labeling.models import Context, Split
from labeling.services.imports.errors import RowRejected
from labeling.services.imports.records.fingerprints import canonical_of, context_hash
from labeling.services.imports.records.values import SHORT, as_split, as_text
from labeling.services.items.pictures import PictureFacts

FACT = "context_fact."
MAX_FACTS = 50
FLAT = {"id": "context_id", "purpose": "context_purpose", "split": "context_split"}
_KEYS = ("id", "text", "purpose", "facts", "split")


@dataclass(slots=True)
class ContextRow:
    """What a row says about its context; ``content_hash`` is its identity: its id, else all it says."""

    external_id: str | None
    text: str
    purpose: str
    facts: list[list[Any]]
    split: str
    picture: PictureFacts | None = None
    content_hash: str = field(init=False)

    def __post_init__(self) -> None:
        picture = self.picture.sha256 if self.picture else None
        self.content_hash = context_hash(self.external_id, self.text, self.purpose, self.facts, picture)

    @property
    def describes(self) -> bool:
        """Whether there is something to show; else the row refers to a context that is known by its id."""
        return bool(self.text or self.facts or self.picture)

    def contradiction(self, known: Context) -> str:
        """What this row says otherwise than the context that is known under the same id; "" when nothing."""
        pairs = (("text", self.text, known.text), ("purpose", self.purpose, known.purpose))
        for name, mine, theirs in pairs:
            if mine and canonical(mine) != canonical(theirs):
                return name
        if self.facts and canonical_of(self.facts) != canonical_of(known.facts):
            return "facts"
        if self.picture and (known.asset is None or self.picture.sha256 != known.asset.sha256):
            return "picture"
        return "split" if self.split and self.split != known.split else ""


def take_context(record: dict[str, Any], max_bytes: int, picture: PictureFacts | None = None) -> ContextRow:
    """Takes the columns of the context out of a record. Raises RowRejected."""
    given = record.pop("context", None)
    flat = {name: record.pop(column, None) for name, column in FLAT.items()}
    names = [name for name in record if name.startswith(FACT)]
    facts: Any = {name.removeprefix(FACT): record.pop(name) for name in names}
    if isinstance(given, dict):
        unknown = sorted(str(name) for name in given if name not in _KEYS)
        if unknown:
            raise RowRejected(f"A context has no {unknown[0][:80]!r}; it has {', '.join(_KEYS)}.", "context")
        if facts or not all(map(is_missing, flat.values())):
            raise RowRejected("The context is given twice: as an object and in columns of its own.", "context")
        flat, facts, given = given, {} if is_missing(given.get("facts")) else given["facts"], given.get("text")
    external_id = flat.get("id")
    row = ContextRow(
        None if external_id is None else as_text(external_id, "context_id", SHORT) or None,
        _long(given, "context", max_bytes),
        _long(flat.get("purpose"), "context_purpose", max_bytes),
        _facts(facts, max_bytes),
        as_split(flat.get("split")),
        picture,
    )
    if not row.describes and not row.external_id:
        raise RowRejected("There is no context in this row: say what its item is compared for.", "context")
    return row


def _long(value: Any, field_: str, max_bytes: int) -> str:
    return "" if value is None else as_text(value, field_, max_bytes).strip()


def _facts(given: Any, max_bytes: int) -> list[list[Any]]:
    if not isinstance(given, dict):
        raise RowRejected('Facts are an object: {"name": value, …}.', "context")
    facts = []
    for name, value in given.items():
        if is_missing(value):
            continue
        key = as_text(name, "context", SHORT)
        facts.append([key, _fact(value, f"{FACT}{key}"[:100], max_bytes)])
    if len(facts) > MAX_FACTS:
        raise RowRejected(f"{len(facts)} facts; at most {MAX_FACTS} are accepted.", "context")
    return facts


def _fact(value: Any, field_: str, max_bytes: int) -> Any:
    """A fact is shown, not looked up: 2.0 stays 2.0, for what a context says of itself is its identity."""
    if isinstance(value, bool):
        return value
    return as_text(repr(value) if isinstance(value, float) and isfinite(value) else value, field_, max_bytes)


def held_out(seed: str, ordinal: int, eval_share: float) -> bool:
    """Whether a context is in the eval split: one, drawn by the seed, in every block of 1 / eval_share contexts.

    Never one of a project's first three, if the share leaves a choice: two contexts are none to hold out.
    """
    if eval_share <= 0:
        return False
    block = max(2, round(1 / eval_share))
    number, place = divmod(ordinal, block)
    first = min(3, block - 1) if number == 0 else 0
    drawn = int.from_bytes(hashlib.sha256(f"{seed}:contexts:{number}".encode()).digest()[:8], "big")
    return place == first + drawn % (block - first)


def side_of(row: ContextRow, seed: str, ordinal: int, eval_share: float) -> str:
    return row.split or (Split.EVAL.value if held_out(seed, ordinal, eval_share) else Split.POOL.value)
