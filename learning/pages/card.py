"""A model version as its page shows it: names for metrics, numbers beside their baselines, shades for the confusion."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from labeling.models import FacetIndex, Project
from labeling.selectors.item_view import ItemView
from learning.models import ModelVersion, Status
from learning.selectors import verdict_words
from learning.selectors.curve import headline_of

NAMES = {
    "cost_per_case": "Cost per case",
    "left_to_people": "Left to people",
    "accuracy": "Accuracy",
    "accuracy_unseen_items": "Accuracy, unseen items",
    "accuracy_unseen_contexts": "Accuracy, unseen contexts",
    "exact_match": "All labels right",
    "quadratic_kappa": "Quadratic weighted kappa",
    "mean_absolute_error": "Mean absolute error, steps",
    "within_one": "Within one step",
    "ranked_probability_loss": "Ranked probability loss",
    "macro_f1": "Macro-F1",
    "micro_f1": "Micro-F1",
    "hamming_loss": "Wrong cells (Hamming loss)",
    "log_loss": "Log loss, nats",
    "brier_loss": "Brier loss",
    "calibration_error": "Calibration error",
}
COST = "cost_per_case"
BASELINES = {
    "median": "Always the median", "majority": "Always the same", "stratified": "Drawn by share",
    "nearest_centroid": "Nearest centroid", "most_frequent": "Most frequent set", "coin": "A coin",
    "length": "By length",
}  # fmt: skip
MATRIX_LABELS = 14
CONFUSIONS_SHOWN = 20
SHADES = 10


@dataclass(frozen=True)
class MetricRow:
    name: str
    estimate: dict[str, float]
    named: list[tuple[str, dict[str, float] | None]]
    lower_is_better: bool
    ceiling: dict[str, float] | None = None


@dataclass(frozen=True)
class Cell:
    count: int
    shade: int
    is_right: bool
    items: str


@dataclass(frozen=True)
class Confusion:
    truth: str
    answer: str
    count: int
    of: int
    items: str


def metric_rows(version: ModelVersion) -> list[MetricRow]:
    """Each metric beside its baselines, the first also beside what people reach."""
    names, first = baseline_names(version), headline_of(version.project)
    return [
        MetricRow(
            NAMES.get(name, name),
            estimate,
            [(BASELINES[baseline], version.baselines[baseline].get(name)) for baseline in names],
            name.endswith(("_loss", "_error")) or name == COST,
            version.reported.human_ceiling if name == first else None,
        )
        for name, estimate in version.metrics.items()
    ]


def baseline_names(version: ModelVersion) -> list[str]:
    return [name for name in BASELINES if name in version.baselines]


def headline(project: Project, version: ModelVersion) -> dict[str, Any] | None:
    """The first metric with its interval, and the majority baseline's; None when nothing was measured."""
    name = headline_of(project)
    if name not in version.metrics:
        return None
    majority = version.baselines.get("majority", {}).get(name)
    return {"name": NAMES[name], **version.metrics[name], "majority": majority}


def costs(version: ModelVersion) -> dict[str, Any] | None:
    """What its answers cost a case, beside the baselines and having people answer all; None where nothing had a price.
    By the costs of its run."""
    own, stated = version.metrics.get(COST), version.reported.costs
    if own is None or not stated:
        return None
    rows = [{"name": f"Model {version.number}", "cost": own, "accuracy": version.metrics.get("accuracy")}]
    if (review := stated.get("review")) is not None:
        rows.append({"name": "A person, every case", "cost": {"value": review, "n": 0}, "accuracy": None})
    for name in baseline_names(version):
        if found := version.baselines[name].get(COST):
            rows.append({"name": BASELINES[name], "cost": found, "accuracy": version.baselines[name].get("accuracy")})
    named = zip(version.labels, stated["from"], strict=True) if stated["from"] else ()
    from_ = [{"name": version.label_names[n], "low": low, "high": high} for n, (_, (low, high)) in enumerate(named)]
    return {
        "n": own["n"],
        "unit": stated["unit"],
        "rows": rows,
        "from": from_,
        "left_to_people": version.metrics.get("left_to_people"),
        "are_old": version.project.costs != stated["stated"],
    }


def label_rows(version: ModelVersion) -> list[dict[str, Any]]:
    return [{**scores, "name": version.label_names[scores["label"]]} for scores in version.reported.labels]


def threshold_rows(version: ModelVersion) -> list[dict[str, Any]]:
    """The labels that have a suggested threshold, the rarest first."""
    found = [{**scores, "name": version.label_names[scores["label"]]} for scores in version.reported.thresholds]
    return sorted(found, key=lambda row: row["support"])


def matrix(version: ModelVersion) -> list[tuple[str, list[Cell]]]:
    """Truth in rows; a cell's shade is its share of the row. Empty when there are too many labels to read."""
    counts = version.reported.confusion
    if not counts or len(counts) > MATRIX_LABELS:
        return []
    address = _items_of(version)
    return [
        (
            version.label_names[truth],
            [
                Cell(count, _shade(count, sum(row)), truth == answer, address(truth, answer))
                for answer, count in enumerate(row)
            ],
        )
        for truth, row in enumerate(counts)
    ]


def _shade(count: int, of: int) -> int:
    return 0 if not count else max(1, round(SHADES * count / of))


def _items_of(version: ModelVersion) -> Callable[[int, int], str]:
    """Where the items of a cell are: among all items, as they are now, of the version in use; of another one those it
    was measured on. "" where they were not kept."""
    slug, names = version.project.slug, version.label_names
    if FacetIndex.objects.filter(project=version.project_id, model=version.number).exists():
        page = reverse("pages:items", args=[slug])
        return lambda truth, answer: (
            f"{page}?{ItemView(split='eval', label=names[truth], model=names[answer], sort='sure').address}"
        )
    if not version.reported.eval_answers:
        return lambda truth, answer: ""
    page = reverse("learning-pages:mistakes", args=[slug, version.number])
    return lambda truth, answer: f"{page}?truth={truth}&answer={answer}"


def confusions(version: ModelVersion) -> list[Confusion]:
    """The most frequent mistakes, where the matrix would be too large."""
    counts = version.reported.confusion
    if not counts or len(counts) <= MATRIX_LABELS:
        return []
    address = _items_of(version)
    found = [
        Confusion(version.label_names[truth], version.label_names[answer], count, sum(row), address(truth, answer))
        for truth, row in enumerate(counts)
        for answer, count in enumerate(row)
        if count and truth != answer
    ]
    return sorted(found, key=lambda confusion: -confusion.count)[:CONFUSIONS_SHOWN]


def decision_rows(version: ModelVersion) -> list[dict[str, Any]]:
    """Newest first, each with its numbers as words. ``by_gate``: the first verdict, when no person gave it."""
    return [
        {
            "decision": decision,
            "reason": verdict_words.reason_words(decision.reason),
            "numbers": flat(decision.numbers),
            "by_gate": decision.before == Status.CANDIDATE,
        }
        for decision in version.decisions.select_related("decided_by")
    ]


def flat(numbers: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Nested numbers as lines of name and value; the checks have a table of their own."""
    found: list[tuple[str, str]] = []
    for key, value in numbers.items():
        name = f"{prefix}{key.replace('_', ' ')}"
        if isinstance(value, dict):
            found += flat(value, f"{name}: ")
        elif key == "checks" or value is None:
            continue
        elif isinstance(value, bool):
            found.append((name, "yes" if value else "no"))
        elif isinstance(value, float):
            found.append((name, f"{value:.4g}".replace("-", "−", 1) if value < 0 else f"{value:.4g}"))
        else:
            found.append((name, str(value)))
    return found
