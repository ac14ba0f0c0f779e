"""What every kind of question provides. Adding one is a module here, a line in the registry, a template, a script."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


class InvalidAnswer(ValueError):
    """The answer does not fit the project; ``field`` names the offending key."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


@dataclass(frozen=True)
class Consensus:
    """What several answers come to: ``label`` is None on a tie; ``soft_label`` is the share of answers per label."""

    label: Any
    confidence: float
    soft_label: dict[str, float]


class QuestionKind(ABC):
    """One kind of question: how its answers are checked, compared, exported and shown."""

    name: ClassVar[str]
    template: ClassVar[str]
    script: ClassVar[str]
    #: type of the label column of exported item rows: text or list
    label_type: ClassVar[str] = "text"
    #: whether the answers are labels of the project's own label set
    has_labels: ClassVar[bool] = True
    #: keys of the annotation page that its script needs whatever the labels are called
    own_keys: ClassVar[frozenset[str]] = frozenset()

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
    def majority(self, answers: Sequence[dict[str, Any]]) -> Consensus:
        """The consensus of one or more answers by vote."""

    @abstractmethod
    def flat(self, answer: dict[str, Any]) -> str:
        """The answer as one csv cell."""
