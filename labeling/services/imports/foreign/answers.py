"""Several people's answers about one item as the one label that an import keeps of it."""

from collections.abc import Iterator, Sequence, Set
from typing import Any

from labeling.kinds import InvalidAnswer, Question
from labeling.services.imports.foreign.base import Asked


class _EveryName(Set[str]):
    """A label set in which every name is: which of them the project has is asked later."""

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


_EVERY_NAME = _EveryName()


def label_of(given: Sequence[Any], asked: Asked) -> Any:
    """What the answers come to as the kind of question has it; None where they do not agree, which is counted."""
    if len(given) < 2:
        return given[0] if given else None
    asked.lost(
        "answer stood beside others about its item: an import keeps what they come to, not who gave which",
        "answers stood beside others about their items: an import keeps what they come to, not who gave which",
        len(given),
    )  # fmt: skip
    answers = []
    for value in given:
        try:
            answers.append(asked.kind.answer_from_import(value, Question(_EVERY_NAME)))
        except InvalidAnswer:
            return value  # the row says what is wrong with it
    if all(answer == answers[0] for answer in answers):
        return given[0]
    found = asked.kind.aggregate(answers)
    if not found.tied and found.label is not None:
        if isinstance(found.label, list):
            return found.label
        # the order of steps that are no numbers is the project's: their median is not known here
        if len(found.labels) == 1 and (isinstance(found.label, str) or not asked.kind.value_names(found.labels)):
            return found.labels[0]
    asked.lost(
        "item has answers that do not agree; it went in without a label",
        "items have answers that do not agree; they went in without a label",
    )
    return None
