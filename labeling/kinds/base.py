"""What every kind of question provides. Adding a kind is one module here, one line in the registry, one template, one script."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar


class InvalidAnswer(ValueError):
    """The answer does not fit the project; ``field`` names the offending key."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


class QuestionKind(ABC):
    """One kind of question: how its answers are checked, compared, exported and shown."""

    name: ClassVar[str]
    template: ClassVar[str]
    script: ClassVar[str]

    @abstractmethod
    def validate(self, answer: Any, labels: frozenset[str]) -> dict[str, Any]:
        """The answer in canonical form (equal answers are equal dicts). Raises InvalidAnswer."""

    @abstractmethod
    def answer_from_import(self, value: Any, labels: frozenset[str]) -> dict[str, Any]:
        """The canonical answer for the reserved ``label`` column of an import. Raises InvalidAnswer."""

    @abstractmethod
    def labels_of(self, answer: dict[str, Any]) -> tuple[str, ...]:
        """The label names an answer gives."""

    @abstractmethod
    def flat(self, answer: dict[str, Any]) -> str:
        """The answer as one csv cell."""
