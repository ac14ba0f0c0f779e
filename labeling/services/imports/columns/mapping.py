"""A choice of what the columns of a file are for."""

from collections.abc import Collection, Mapping
from typing import Any

from labeling.services.imports.errors import ImportRefused

#: A column that does not go in.
LEFT_OUT = ""


class ColumnMapping:
    """``chosen`` says of columns what they are for: a purpose, or LEFT_OUT. Others keep their names."""

    def __init__(self, chosen: Mapping[str, str] | None = None) -> None:
        self.chosen = dict(chosen or {})

    @classmethod
    def checked(cls, given: Any, purposes: Collection[str]) -> "ColumnMapping":
        """From a request: an object of columns and purposes, null or "" for what stays out. Raises ImportRefused."""
        if not isinstance(given, dict):
            raise ImportRefused('columns must be an object such as {"sentence": "text", "intent": "label"}.')
        chosen: dict[str, str] = {}
        for column, purpose in given.items():
            if purpose is not None and purpose not in (*purposes, LEFT_OUT):
                raise ImportRefused(
                    f"The column {str(column)[:80]!r} cannot be for {str(purpose)[:80]!r}; there are"
                    f" {', '.join(purposes)}, and null leaves it out."
                )
            chosen[str(column)] = purpose or LEFT_OUT
        mapping = cls(chosen)
        for purpose in purposes:
            mapping._refuse_two(purpose, [name for name, found in chosen.items() if found == purpose])
        return mapping

    def fits(self, columns: Collection[str]) -> None:
        """Raises ImportRefused where the file lacks a column that was named, or has two for one purpose."""
        for column in self.chosen:
            if column not in columns:
                raise ImportRefused(f"There is no column {column[:80]!r}; the file has {', '.join(columns)[:200]}.")
        self.refuse_twice(columns)

    def refuse_twice(self, columns: Collection[str]) -> None:
        """Raises ImportRefused where two of the columns would be for one purpose."""
        for purpose in filter(None, self.chosen.values()):
            self._refuse_two(purpose, [name for name in columns if self.chosen.get(name, name) == purpose])

    @staticmethod
    def _refuse_two(purpose: str, columns: list[str]) -> None:
        if len(columns) > 1:
            named = " and ".join(repr(name[:80]) for name in columns[:3])
            raise ImportRefused(f"Two columns for {purpose}: {named}. Leave one of them out.")
