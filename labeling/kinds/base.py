"""What every kind of question provides. Adding one is a module here, a line in the registry, a template, a script."""

from abc import ABC, abstractmethod
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

NO_FAMILY = "none"


class InvalidAnswer(ValueError):
    """The answer does not fit the project; ``field`` names the offending key."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


@dataclass(frozen=True)
class Majority:
    """What most answers say: ``label`` as an export has it, None when they are ``tied``; ``labels`` are the names in
    it; ``soft_label`` is the share of answers per label."""

    label: Any
    labels: tuple[str, ...]
    confidence: float
    soft_label: dict[str, float]
    tied: bool


class QuestionKind(ABC):
    """One kind of question: how its answers are checked, compared, exported and shown."""

    name: ClassVar[str]
    template: ClassVar[str]
    script: ClassVar[str]
    #: type of the label column of exported item rows: text or list
    label_type: ClassVar[str] = "text"
    #: whether the answers are labels of the project's own label set
    has_labels: ClassVar[bool] = True
    #: labels in use without which there is nothing to tell apart, and so nothing to learn
    labels_to_learn: ClassVar[int] = 1
    #: how the answers are learned: a name in ``learning.families``; NO_FAMILY asks at random and learns nothing
    family: ClassVar[str] = NO_FAMILY
    #: of the family ``labels``: whether an answer is exactly one label or any number of them
    learned_as: ClassVar[Literal["classification", "multilabel"] | None] = None
    #: the metric shown first
    headline: ClassVar[str] = "accuracy"
    #: whether an import may bring answers about items that are there already
    answers_come_alone: ClassVar[bool] = False
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
    def within(self, answer: dict[str, Any], labels: Container[str]) -> dict[str, Any] | None:
        """What the answer says in these labels alone; None when that is nothing: it gave a label that is not in use."""

    @abstractmethod
    def majority(self, answers: Sequence[dict[str, Any]]) -> Majority:
        """What one or more answers come to by vote."""

    @abstractmethod
    def flat(self, answer: dict[str, Any]) -> str:
        """The answer as one csv cell."""
