"""What a project says its mistakes cost, by the labels of now, whatever they were called when it was said."""

from collections.abc import Mapping, Sequence
from typing import Any

from labeling.models import Project
from labeling.selectors.label_names import label_names

#: Numbers beside the matrix; each may be left out.
PRICES = ("review", "skip", "most_acceptable", "deadline_ms")
#: In place of a matrix: what every mistake costs.
ALL_MISTAKES = "all_mistakes"
#: What a project says before programs rely on its model, in words (decision 0130).
PROMISES = {
    "matrix": "what mistakes cost, or that all cost the same",
    "review": "what a case costs that a person answers",
    "skip": "what a case costs that is left without an answer",
    "most_acceptable": "the most that a case may cost on average",
    "deadline_ms": "how long an answer may take",
}


def lacking(costs: Mapping[str, Any]) -> list[str]:
    """Of ``PROMISES`` the names of those that are not stated in ``Project.costs``."""
    return [name for name in PROMISES if costs.get(name) is None]


def matrix_of(
    stored: Mapping[str, Any], identities: Sequence[str], present: Mapping[str, str]
) -> tuple[tuple[float, ...], ...]:
    """What it costs to answer with a column's label where a row's is true. ``present`` says as which label those are
    read now that were merged.

    A label made of several costs what the dearest of them did. One that came since, of which nothing was said, is dear
    to mistake: as the dearest mistake there is; to have it right costs as the dearest right answer.
    """
    labels, rows = stored["labels"], stored["matrix"]
    parts = {identity: [n for n, label in enumerate(labels) if label == identity] for identity in identities}
    for number, label in enumerate(labels):
        now = present.get(label, label)
        if now != label and now in parts:
            parts[now].append(number)
    every = range(len(labels))
    right = max(rows[each][each] for each in every)
    wrong = max(right, *(rows[one][other] for one in every for other in every))

    def cost(truth: str, answer: str) -> float:
        if truth == answer:
            return float(max((rows[each][each] for each in parts[truth]), default=right))
        return float(max((rows[one][other] for one in parts[truth] for other in parts[answer]), default=wrong))

    return tuple(tuple(cost(truth, answer) for answer in identities) for truth in identities)


def latency_limit_ms(project: Project) -> float:
    """Milliseconds that one row alone may take: the stated deadline or the project's own limit, whichever is shorter; 0
    for none."""
    return min(filter(None, (project.prediction_limit_ms, project.costs.get("deadline_ms"))), default=0.0)


def told(project: Project) -> dict[str, Any]:
    """As REST says them, by the names of the labels in use; empty where nothing was said. Two queries at most."""
    if not project.costs:
        return {}
    prices = {name: project.costs[name] for name in PRICES if project.costs.get(name) is not None}
    prices["unit"] = project.costs.get("unit", "")
    if ALL_MISTAKES in project.costs:
        return {ALL_MISTAKES: project.costs[ALL_MISTAKES], **prices}
    names = {label.identity: label.name for label in project.labels.all() if not label.archived}
    cells = matrix_of(project.costs, list(names), label_names(project).present)
    rows = [dict(zip(names.values(), row, strict=True)) for row in cells]
    return {"matrix": dict(zip(names.values(), rows, strict=True)), **prices}
