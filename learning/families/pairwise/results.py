"""What the version in use says about a pairwise project: for pages, REST and exports. Reads rows, computes nothing."""

from typing import Any

from labeling.models import Context, Item, Project, Split
from learning.core.evaluation.interval_words import around
from learning.families.pairwise.shapes import (
    ContextResults,
    ContextSummary,
    Disputed,
    ItemStrength,
    Overview,
    PairAdvice,
    PersonRate,
    RankingPoint,
    RankWithout,
    Rate,
    SuspectFacts,
)
from learning.models import ModelVersion, PairwiseFinding, PairwiseScore, PairwiseWithout

__all__ = [
    "ContextResults",
    "ContextSummary",
    "Disputed",
    "ItemStrength",
    "Overview",
    "PairAdvice",
    "PersonRate",
    "RankWithout",
    "RankingPoint",
    "Rate",
    "SuspectFacts",
    "overview_of",
    "ranking_without",
    "results_of",
    "shown_version",
]  # fmt: skip

SPLITS = {"accuracy_unseen_items": "items", "accuracy_unseen_contexts": "contexts"}


def shown_version(project: Project) -> ModelVersion | None:
    """The version whose scores are shown and exported: the one in use."""
    return ModelVersion.objects.filter(project=project).in_use()


def results_of(project: Project, context: Context, at_most: int | None = None) -> ContextResults:
    """Scores best first (``at_most`` of them), what would settle most, cycles and disputed pairs of one context."""
    version = shown_version(project)
    finding = PairwiseFinding.objects.filter(model_version=version, context=context).first() if version else None
    if version is None or finding is None:
        return ContextResults(context, sentence="No ranks yet: nothing has been learned from judgments so far.")
    named = _items_named(finding)
    return ContextResults(
        context,
        version=version.number,
        connected=finding.connected,
        sentence=finding.sentence,
        judgments=finding.judgments,
        scores=scores_of(version, context, at_most),
        to_settle=[PairAdvice(named[one], named[other], gain, joins) for one, other, gain, joins in finding.to_settle],
        cycles=[[named[item] for item in cycle] for cycle in finding.cycles],
        n_cycles=finding.n_cycles,
        disputed=[Disputed(named[one], named[other], counts) for one, other, counts in finding.disputed],
    )


def scores_of(version: ModelVersion, context: Context, at_most: int | None = None) -> list[ItemStrength]:
    """By rank, then by score: items without a rank come last."""
    rows = PairwiseScore.objects.filter(model_version=version, context=context).select_related("item__asset")
    ordered = rows.order_by("-score", "pk")[:at_most]
    return sorted((_score(row) for row in ordered), key=lambda score: (score.rank is None, -score.score))


def _score(row: PairwiseScore) -> ItemStrength:
    low, high = (None, None) if row.se is None else around(row.score, row.se)
    return ItemStrength(
        item=row.item,
        score=row.score,
        se=row.se,
        low=low,
        high=high,
        rank=row.rank,
        judgments=row.judgments,
        component=row.component,
        is_eval=row.item.split == Split.EVAL,
    )


def _items_named(finding: PairwiseFinding) -> dict[int, Item]:
    pairs = [row[:2] for row in (*finding.to_settle, *finding.disputed)]
    return Item.objects.select_related("asset").in_bulk({item for row in (*pairs, *finding.cycles) for item in row})


def overview_of(project: Project) -> Overview:
    """Contexts, left rates, flips, agreement, accuracy on held-out pairs and suspects, by the version in use."""
    version = shown_version(project)
    if version is None:
        return Overview()
    found = version.reported.pairwise
    if not found:
        return Overview(version.number, version.status)
    return Overview(
        version=version.number,
        status=version.status,
        judgments=version.trained_on,
        contexts=_summaries(version),
        left_rate=_rate(found.left_rate),
        left_flagged=found.left_flagged,
        left_rates=_people(found.left_rates),
        flip_rate=_rate(found.flip_rate),
        flip_rates=_people(found.flip_rates),
        agreement=_rate(found.agreement),
        ceiling=_rate(found.ceiling),
        accuracy=_accuracies(version.metrics),
        baselines={name: rate for name, of in version.baselines.items() if (rate := _rate(of.get("accuracy")))},
        curve=curve_of(project, version),
        suspects=[SuspectFacts(*row) for row in found.suspects],
        reliability=[(name, value, n) for name, value, n in found.reliability],
        n_fast=found.n_fast,
        fast_rates=_people(found.fast_rates),
        used=found.used,
    )


def _summaries(version: ModelVersion) -> list[ContextSummary]:
    rows = PairwiseFinding.objects.filter(model_version=version).select_related("context").order_by("context__ordinal")
    return [ContextSummary(row.context, row.items, row.judgments, row.connected) for row in rows]


def _rate(estimate: dict[str, Any] | None) -> Rate | None:
    return Rate(**estimate) if estimate and estimate["n"] else None


def _people(rows: list[Any]) -> list[PersonRate]:
    return [PersonRate(name, Rate(**estimate), flagged) for name, estimate, flagged in rows]


def _accuracies(metrics: dict[str, Any]) -> dict[str, Rate]:
    """``all``, ``items`` and ``contexts``, as far as there are held-out pairs of each."""
    names = {"accuracy": "all", **SPLITS}
    return {short: rate for name, short in names.items() if (rate := _rate(metrics.get(name)))}


def curve_of(project: Project, newest: ModelVersion) -> list[RankingPoint]:
    """Accuracy on held-out pairs over judgments, for the active and the random arm, by rising number of judgments."""
    versions = ModelVersion.objects.filter(project=project, number__lte=newest.number).order_by("number")
    points = []
    for trained_on, metrics, arm in versions.values_list("trained_on", "metrics", "report__pairwise__random_arm"):
        points += _points("active", trained_on, metrics)
        if arm:
            points += _points("random", arm["judgments"], arm["metrics"])
    return points


def _points(arm: str, judgments: int, metrics: dict[str, Any]) -> list[RankingPoint]:
    return [
        RankingPoint(arm, split, judgments, rate)
        for name, split in SPLITS.items()
        if (rate := _rate(metrics.get(name)))
    ]


def ranking_without(project: Project, context: Context, annotator: str) -> list[RankWithout] | None:
    """The ranking of a context without one of the suspects, best first; None for anybody else, and where the suspect
    has judged nothing of the context. It was computed by the run that suspected them."""
    version = shown_version(project)
    stored = PairwiseWithout.objects.filter(model_version=version, context=context, annotator=annotator).first()
    if version is None or stored is None:
        return None
    with_everybody = {score.item.pk: score for score in scores_of(version, context)}
    return [
        RankWithout(with_everybody[item].item, rank, score, with_everybody[item].rank, with_everybody[item].score)
        for item, rank, score in stored.places
        if item in with_everybody
    ]
