"""An answer as a person gives it, by the names of now, and as it is stored, by what a label was called first."""

from collections.abc import Sequence
from typing import Any, cast

from labeling.kinds import InvalidAnswer, LabelNames, Question, QuestionKind
from labeling.models import Item, Project
from labeling.selectors.label_names import former_names, label_names


class AnswerCheck:
    """For one question; ``labels`` are name and key of those in use. Costs no query unless a label has another name
    than it is stored by, or the answer would be refused."""

    __slots__ = ("_item", "_keys", "_kind", "_names", "_project")

    def __init__(
        self, project: Project, kind: QuestionKind, item: Item | None, labels: Sequence[tuple[str, str]]
    ) -> None:
        self._project = project
        self._kind = kind
        self._item = item
        self._names = [name for name, _ in labels]
        self._keys = {name: key for name, key in labels if key}

    def checked(self, answer: Any) -> dict[str, Any]:
        """The answer in canonical form. Raises InvalidAnswer."""
        try:
            return self._kind.validate(answer, Question(LabelNames(self._names), self._item))
        except InvalidAnswer:
            former = former_names(self._project) if self._names else {}
            if not former:
                raise
            # given on a page that was loaded before a label got another name
            return self._kind.validate(answer, Question(LabelNames(self._names, former), self._item))

    def stored(self, checked: dict[str, Any]) -> dict[str, Any]:
        return self._kind.relabeled(checked, self._keys) if self._keys else checked

    def again(self, answer: Any, stored: Any) -> tuple[dict[str, Any], bool]:
        """The answer, checked, and whether it is the one that is stored: that may be given again though its label was
        archived meanwhile. Raises InvalidAnswer."""
        try:
            checked = self.checked(answer)
        except InvalidAnswer:
            told = cast("dict[str, Any]", label_names(self._project).named(stored))
            names = LabelNames((*self._names, *self._kind.labels_of(told)))
            if self._kind.validate(answer, Question(names, self._item)) != told:
                raise
            return told, True
        given = self.stored(checked)
        if given == stored or not self._project.label_renames:
            return checked, given == stored
        return checked, given == label_names(self._project).read(stored)  # what it was merged into says nothing new
