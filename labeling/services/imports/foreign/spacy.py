"""spaCy's training data of named entities, which holds spans only."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, ClassVar

from labeling.services.imports.foreign.base import JSON, Record, Tool


class Spacy(Tool):
    name: ClassVar[str] = "spacy"
    title: ClassVar[str] = "a file of spaCy"
    containers: ClassVar[Collection[str]] = (JSON,)

    @classmethod
    def knows(cls, names: Collection[str], first: Sequence[Record], container: str) -> bool:
        """Its JSON (``paragraphs`` of ``sentences`` of ``tokens``), or a text with ``ents`` or ``spans``."""
        if {"id", "paragraphs"} <= set(names):
            return any(isinstance(row.get("paragraphs"), list) for row in first)
        told = [span for row in first for name in ("ents", "spans", "entities") for span in _spans(row.get(name))]
        return "text" in names and "label" not in names and bool(told) and all(map(_is_span, told))

    def refusal(self) -> str:
        return f"This is {self.title}; spans are not supported yet."

    def told(self, record: Record) -> Iterator[Record]:
        return iter(())


def _spans(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_span(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return len(value) == 3 and all(isinstance(at, int) for at in value[:2])
    return isinstance(value, dict) and {"start", "end", "label"} <= value.keys()
