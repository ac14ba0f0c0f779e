"""People's answers about one item as an import keeps them: one a name, and what those without a name come to."""

from collections.abc import Iterator, Sequence, Set
from typing import Any

from labeling.kinds import InvalidAnswer, Question
from labeling.models.remark import NO_REMARK
from labeling.services.imports.foreign.base import Asked, Record, Said
from labeling.services.imports.records.rows import BY_NAME, REMARKS


class _EveryName(Set[str]):
    """A label set in which every name is: which of them the project has is asked later."""

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


_EVERY_NAME = _EveryName()


def with_answers(record: Record, answers: Sequence[Said], asked: Asked) -> Record:
    """The record with what was said of its item: what nobody in particular said is its label."""
    given: dict[str, list[Any]] = {}
    for said in answers:
        given.setdefault(said.by.strip(), []).append(said.label)
    found = [(who, label) for who, labels in given.items() if (label := _label_of(labels, who, asked)) is not None]
    if label := [label for who, label in found if not who]:
        record = {**record, "label": label[0]}
    if by_name := [one for one in found if one[0]]:
        record = {**record, BY_NAME: by_name}
    if remarks := {said.by.strip(): said.remark for said in reversed(answers) if said.remark != NO_REMARK}:
        record = {**record, REMARKS: remarks}  # of several answers of one name the first that says something
    return record


def _label_of(given: Sequence[Any], who: str, asked: Asked) -> Any:
    """What the answers of one name, or of none, come to as the kind of question has it; None where they do not agree,
    which is counted."""
    if len(given) < 2:
        return given[0] if given else None
    if who:
        asked.lost(
            "answer stood beside others of the same person about its item: an import keeps what they come to",
            "answers stood beside others of the same person about their items: an import keeps what they come to",
            len(given),
        )  # fmt: skip
    else:
        asked.lost(
            "answer without a name stood beside others about its item: an import keeps what they come to",
            "answers without a name stood beside others about their items: an import keeps what they come to",
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
        "item has answers of one name or of none that do not agree; they were left out",
        "items have answers of one name or of none that do not agree; they were left out",
    )
    return None
