"""Takes what a project says its mistakes cost."""

import math
from collections.abc import Mapping
from typing import Any

from labeling.kinds import kind_of
from labeling.models import Project
from labeling.selectors.costs import ALL_MISTAKES, PRICES, PROMISES, lacking
from labeling.services.validation.checks import text
from labeling.services.validation.errors import Invalid

#: Of so many labels at most: the costs are read with the project.
MOST_LABELS = 100
MOST_COST = 1e9
MAX_UNIT = 20


def checked(project: Project, given: Any) -> dict[str, Any]:
    """What ``Project.costs`` keeps of ``{"matrix": {truth: {answer: cost}}, "unit", "review", "skip",
    "most_acceptable", "deadline_ms"}`` by names of labels; ``all_mistakes`` in place of the matrix is what each of them
    costs. Empty or None takes them away. Raises Invalid."""
    if given in (None, {}):
        return {}
    if not isinstance(given, Mapping):
        raise Invalid("costs", "Expected an object.")
    if not kind_of(project).is_one_label:
        raise Invalid("costs", "Only mistakes between labels of which an item has one can be given a price.")
    if unknown := sorted(set(map(str, given)) - {"matrix", ALL_MISTAKES, "unit", *PRICES}):
        raise Invalid(f"costs.{unknown[0]}", "There is no such cost.")
    labels = {label.name: label.identity for label in project.labels.in_use()}
    if not 2 <= len(labels) <= MOST_LABELS:
        raise Invalid("costs", f"Costs are said of 2 to {MOST_LABELS} labels; this project has {len(labels)}.")
    rows, same = [], {}
    if given.get(ALL_MISTAKES) is not None:
        if given.get("matrix"):
            raise Invalid("costs.matrix", "Either a cost for each answer, or one for all mistakes.")
        each = _cost(f"costs.{ALL_MISTAKES}", given[ALL_MISTAKES])
        if not each:
            raise Invalid(f"costs.{ALL_MISTAKES}", "A mistake that costs nothing is none: more than 0.")
        same = {ALL_MISTAKES: each}
        matrix: Any = {truth: {answer: each * (truth != answer) for answer in labels} for truth in labels}
    else:
        matrix = given.get("matrix")
    if not isinstance(matrix, Mapping):
        raise Invalid("costs.matrix", "Expected what each answer costs, by the true label.")
    _all_there("costs.matrix", matrix, labels)
    for truth in labels:
        row, field = matrix[truth], f"costs.matrix.{truth}"
        if not isinstance(row, Mapping):
            raise Invalid(field, "Expected a cost for each label that may be answered.")
        _all_there(field, row, labels)
        rows.append([_cost(f"{field}.{answer}", row[answer]) for answer in labels])
    prices = {name: _cost(f"costs.{name}", given[name]) for name in PRICES if given.get(name) is not None}
    if prices.get("deadline_ms") == 0:
        raise Invalid("costs.deadline_ms", "No answer takes no time: more than 0.")
    every = {cell for row in rows for cell in row} | {prices[name] for name in ("review", "skip") if name in prices}
    if len(every) == 1:
        raise Invalid("costs.matrix", "All answers cost the same: nothing could be chosen by that.")
    unit = text("costs.unit", given.get("unit"), max_length=MAX_UNIT)
    return {"labels": list(labels.values()), "matrix": rows, "unit": unit, **same, **prices}


def check_production(project: Project) -> None:
    """Whether programs may rely on the model of a project like this. Raises Invalid, which names what is missing."""
    if not project.is_in_production:
        return
    field = "settings.production_mode"
    if not kind_of(project).is_one_label:
        raise Invalid(field, "Only where an item has one label can be said what mistakes cost.")
    if missing := lacking(project.costs):
        said = "; ".join(f"costs.{name} ({PROMISES[name]})" for name in missing)
        raise Invalid(field, f"In production mode these have to be stated: {said}.")


def _all_there(field: str, given: Mapping[Any, Any], labels: Mapping[str, str]) -> None:
    if unknown := [name for name in given if name not in labels]:
        raise Invalid(field, f"There is no label {unknown[0]!r} in use.")
    if missing := [name for name in labels if name not in given]:
        raise Invalid(field, f"The label {missing[0]!r} is missing.")


def _cost(field: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Invalid(field, "Expected a number.")
    if value < 0:
        raise Invalid(field, "A cost is at least 0. Where a right answer earns something, add as much to every cost.")
    if value > MOST_COST:
        raise Invalid(field, f"At most {MOST_COST:,.0f}: take a larger unit.")
    return float(value)
