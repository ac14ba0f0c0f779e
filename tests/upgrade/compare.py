"""Two answers side by side: what of the old one is missing or other in the new one, and what the new one adds."""

import csv
import io
import json
from dataclasses import dataclass, field
from typing import Any

import pyarrow.parquet as pq

MISSING = object()


@dataclass
class Comparison:
    """Places are written without the numbers of rows: ``[].metrics.accuracy.note``."""

    changed: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    added: set[str] = field(default_factory=set)

    def of(self, old: Any, new: Any, place: str = "") -> None:
        if isinstance(old, dict) and isinstance(new, dict):
            self.added |= {f"{place}.{name}" for name in new if name not in old}
            for name, value in old.items():
                self.of(value, new.get(name, MISSING), f"{place}.{name}")
            if [name for name in new if name in old] != list(old):
                self.changed.setdefault(f"{place}: order", (list(old), list(new)))
        elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
            for one, other in zip(old, new, strict=True):
                self.of(one, other, f"{place}[]")
        elif old != new or type(old) is not type(new):
            self.changed.setdefault(place, (old, new))


def compared(name: str, old: bytes, new: bytes) -> Comparison:
    """By the ending of the name. The first difference of each place is kept."""
    found, read = Comparison(), _READERS[name.rpartition(".")[2]]
    found.of(read(old), read(new))
    return found


def _jsonl(content: bytes) -> Any:
    return [json.loads(line) for line in content.splitlines()]


def _csv(content: bytes) -> Any:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def _parquet(content: bytes) -> Any:
    table = pq.read_table(io.BytesIO(content))
    return {"types": {column.name: str(column.type) for column in table.schema}, "rows": table.to_pylist()}


_READERS = {"jsonl": _jsonl, "csv": _csv, "parquet": _parquet, "json": json.loads}
