"""Arrays to rows: what a version says about every item and context, written as a whole."""

from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from learning.core.pairwise import PairDraws, fit_strengths
from learning.core.pairwise.combination import Ranking
from learning.core.pairwise.model import PairwiseModel
from learning.families.pairwise import findings
from learning.families.pairwise.fit import Placement, centred, judgments_of_items, places
from learning.families.pairwise.freeze import PairData
from learning.models import ModelVersion, PairwiseFinding, PairwiseScore, PairwiseWithout, Status

BATCH_ROWS = 1_000
#: Versions whose rows are kept, beside those in use; the model file keeps every version's scores.
VERSIONS_KEPT = 3


def store(version: ModelVersion, data: PairData, model: PairwiseModel, draws: PairDraws | None) -> None:
    """Writes the scores and findings of a version anew, in one transaction; repeating it changes nothing."""
    placed = places(data, data.learned, model.scores)
    scores = _score_rows(version, data, model, placed)
    found = [
        PairwiseFinding(model_version=version, context_id=context, **findings.as_fields(finding))
        for context, finding in zip(
            data.contexts.ids.tolist(), findings.findings_of(data, placed, model.scores, draws), strict=True
        )
    ]
    with transaction.atomic():
        PairwiseScore.objects.filter(model_version=version)._raw_delete("default")
        PairwiseFinding.objects.filter(model_version=version)._raw_delete("default")
        PairwiseScore.objects.bulk_create(scores, batch_size=BATCH_ROWS)
        PairwiseFinding.objects.bulk_create(found, batch_size=BATCH_ROWS)


def _score_rows(version: ModelVersion, data: PairData, model: PairwiseModel, placed: Placement) -> list[PairwiseScore]:
    columns = (
        data.items.ids.tolist(),
        data.contexts.ids[data.items.context].tolist(),
        centred(model.scores, data).tolist(),
        model.errors.tolist(),
        placed.rank.tolist(),
        judgments_of_items(data.learned).tolist(),
        placed.component.tolist(),
    )
    return [
        PairwiseScore(
            model_version=version, item_id=item, context_id=context, score=score, se=se, rank=rank or None,
            judgments=judged, component=component,
        )
        for item, context, score, se, rank, judged, component in zip(*columns, strict=True)
    ]  # fmt: skip


def store_without(version: ModelVersion, data: PairData, ranking: Ranking, people: list[str]) -> None:
    """The ranking without each suspect, in the contexts they judged: strengths fitted again with all else as it was."""
    rows = []
    for person in dict.fromkeys(people):
        rows += _without(version, data, ranking, person)
    with transaction.atomic():
        PairwiseWithout.objects.filter(model_version=version)._raw_delete("default")
        PairwiseWithout.objects.bulk_create(rows, batch_size=BATCH_ROWS)


def _without(version: ModelVersion, data: PairData, ranking: Ranking, person: str) -> list[PairwiseWithout]:
    learned = data.learned
    others = learned.annotator != data.people.index(person)
    rest = learned.where(others)
    weights = ranking.weights[others]
    start = ranking.strengths
    fitted = fit_strengths(rest, prior=ranking.prior, position=True, weights=weights, start=start, tolerance=1e-6)
    placed, scores = places(data, rest, fitted.scores), centred(fitted.scores, data)
    judged = np.unique(data.items.context[learned.left[~others]])
    return [
        PairwiseWithout(
            model_version=version,
            context_id=int(data.contexts.ids[context]),
            annotator=person,
            places=_places_in(int(context), data, placed, scores),
        )
        for context in judged.tolist()
    ]


def _places_in(context: int, data: PairData, placed: Placement, scores: NDArray[np.float64]) -> list[list[Any]]:
    members = np.flatnonzero(data.items.context == context)
    members = members[np.argsort(-scores[members], kind="stable")]
    ids, ranks, values = data.items.ids[members], placed.rank[members], scores[members]
    return [
        [item, rank or None, round(score, 6)]
        for item, rank, score in zip(ids.tolist(), ranks.tolist(), values.tolist(), strict=True)
    ]


def remove_old(project_id: int) -> None:
    """Removes the rows of versions that are neither in use nor among the newest; a version that comes back into use
    gets them again from its file."""
    versions = ModelVersion.objects.filter(project=project_id)
    in_use = versions.filter(status__in=[Status.CHAMPION, Status.PROVISIONAL]).values_list("pk", flat=True)
    kept = {*in_use, *versions.newest_first().values_list("pk", flat=True)[:VERSIONS_KEPT]}
    for model in (PairwiseScore, PairwiseFinding, PairwiseWithout):
        rows: Any = model._default_manager.filter(model_version__project=project_id)
        old = rows.exclude(model_version__in=kept).order_by().values_list("model_version", flat=True).distinct()
        for version in list(old):
            model._default_manager.filter(model_version=version)._raw_delete("default")
