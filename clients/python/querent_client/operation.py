"""One call of the REST API as the schema describes it; the table of them is generated (``models.OPERATIONS``)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True)
class Operation:
    """Names of parameters are as in the schema; ``headers`` are those that an operation describes for itself."""

    method: str
    path: str
    query: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()

    def address(self, parts: Mapping[str, Any]) -> str:
        """The path with its parameters put in, each quoted whole."""
        return self.path.format_map({name: quote(str(value), safe="") for name, value in parts.items()})
