import ast
import json
import re
from collections import Counter
from collections.abc import Container, Mapping, Sequence, Set
from contextlib import suppress
from typing import Any
from warnings import catch_warnings

from labeling.kinds.aggregate import Aggregate
from labeling.kinds.base import PAIR_SETTINGS, VOTE_SETTINGS, Confusion, QuestionKind
from labeling.kinds.cells import as_label, is_missing
from labeling.kinds.question import InvalidAnswer, Question, one_of
from labeling.kinds.words import KindWords


class Multilabel(QuestionKind):
    """Any number of labels, none included: ``{"labels": ["cat", "dog"]}``, sorted and each once."""

    name = "multilabel"
    words = KindWords("Multi-label (any number of labels)")
    label_type = "list"
    value_type = "list"
    family = "labels"
    measures_choosing = True
    settings_left_out = PAIR_SETTINGS | VOTE_SETTINGS | {"fall_back"}
    learned_as = "multilabel"
    headline = "exact_match"
    own_keys = frozenset(("Enter",))
    labels_exclude = False

    def validate(self, answer: Any, question: Question) -> dict[str, Any]:
        if not isinstance(answer, dict) or set(answer) != {"labels"} or not isinstance(answer["labels"], list):
            raise InvalidAnswer("answer", 'Expected {"labels": ["…"]}.')
        return {"labels": sorted({one_of(label, question.labels) for label in answer["labels"]})}

    def answer_from_import(self, value: Any, question: Question) -> dict[str, Any]:
        """``value`` is a list, a JSON list in a string, names separated by ``|``, or one label that is a number."""
        if isinstance(value, str):
            value = _listed(value.strip())
            if value is None:
                raise InvalidAnswer("labels", "The cell names no label; [] says that there is none.")
        given = value if isinstance(value, list | tuple) else [value]
        for place, label in enumerate(given, 1):
            if is_missing(label):  # leaving it out could make "none of the labels" of an answer nobody knows
                raise InvalidAnswer("labels", f"The list of labels says nothing at place {place}.")
        return self.validate({"labels": [as_label(label, question.labels) for label in given]}, question)

    def labels_of(self, answer: dict[str, Any]) -> tuple[str, ...]:
        return tuple(answer["labels"])

    def relabeled(self, answer: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
        return {"labels": sorted({names.get(label, label) for label in answer["labels"]})}

    def within(self, answer: dict[str, Any], labels: Container[str]) -> dict[str, Any] | None:
        """The answer where all its labels are in use. What it would be without one that is not, nobody knows: so cut
        down it would teach that the item is none of those in use, and the label may have come back by another name."""
        return answer if all(label in labels for label in answer["labels"]) else None

    def aggregate(self, answers: Sequence[dict[str, Any]], labels: Set[str] = frozenset()) -> Aggregate:
        """The labels that more than half gave; none when half did and half did not for any label.

        The confidence is that of the least certain label.
        """
        counts = Counter(label for answer in answers for label in answer["labels"])
        soft = {label: counts[label] / len(answers) for label in sorted(counts)}
        tie = any(2 * count == len(answers) for count in counts.values())
        confidence = min((max(share, 1 - share) for share in soft.values()), default=1.0)
        names = [label for label in soft if soft[label] > 0.5]
        return Aggregate(None if tie else names, () if tie else tuple(names), confidence, soft, tie)

    def confusions(self, answer: dict[str, Any], others: Sequence[str]) -> tuple[Confusion, ...]:
        """Each label that was left out, and each that was added."""
        given = answer["labels"]
        missed = [(label, "") for label in others if label not in given]
        return (*missed, *(("", label) for label in given if label not in others))

    def most_probable(self, probabilities: Mapping[str, float], question: Question) -> dict[str, Any]:
        """The labels that are there rather than not."""
        return self.validate({"labels": [name for name, share in probabilities.items() if share > 0.5]}, question)

    def is_right(self, answer: dict[str, Any], truth: dict[str, Any], labels: Sequence[str] = ()) -> bool:
        """At least half of the labels that were given or should have been are in both: one of several may be missed."""
        given, due = set(answer["labels"]), set(truth["labels"])
        return 2 * len(given & due) >= len(given | due)

    def chance(self, n_labels: int) -> float:
        """Of one label drawn at random where one or two are true."""
        return min(0.5, 2.0 / max(n_labels, 2))

    def flat(self, answer: dict[str, Any]) -> str:
        return "|".join(answer["labels"])

    def value_of(self, answer: dict[str, Any]) -> list[str]:
        return list(answer["labels"])

    def refuse_labels(self, names: Sequence[str]) -> str:
        if any("|" in name for name in names):
            return "A label name cannot contain '|', which separates labels in csv files."
        return ""


#: A value as Python and NumPy print it inside a list.
_PRINTED = r"""(?:np\.\w+\()?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d*)?|True|False)\)?"""
_PRINTED_LIST = re.compile(rf"[\[({{]\s*{_PRINTED}(?:\s*,\s*{_PRINTED}|\s+{_PRINTED})*\s*,?\s*[\])}}]", re.DOTALL)


def _listed(text: str) -> Any:
    """The list that a cell writes; None where it holds nothing but separators. ``str()`` of a list is one, too: what
    pandas writes into a csv for a column of lists."""
    if text.startswith("["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass  # a label may be called "[other]"
    if text[:1] in ("[", "(", "{") and ("'" in text or '"' in text or text[0] == "[") and _PRINTED_LIST.fullmatch(text):
        with suppress(ValueError, SyntaxError), catch_warnings(action="ignore"):  # a backslash before anything
            return [ast.literal_eval(part) for part in re.findall(_PRINTED, text, re.DOTALL)]
    return [part.strip() for part in text.split("|") if part.strip()] or None
