"""Bands of a project's predictions by how many its people can look at (decision 0118)."""

from datetime import timedelta
from typing import Any

import numpy as np
from django.db.models.functions import Now

from labeling.models import Project
from learning.core.evaluation.bands import BANDS, rates, sized
from learning.models import ModelVersion, ProductionFacts, ServedPrediction, ServedStatus
from learning.models.served_prediction import ids_before
from learning.services import files
from learning.services.pipeline.registered import family_of

#: From so sure on a prediction is of the band medium and high, where nothing sizes the bands.
FIXED = (0.6, 0.85)
WINDOW_DAYS = 7
#: The newest so many say how sure predictions are.
MOST_ROWS = 100_000
_DAY = timedelta(days=1)


def thresholds_of(project: Project) -> tuple[float, float]:
    """Those by which a prediction of the project has its band now."""
    if not project.reviews_a_day:
        return FIXED
    found = ProductionFacts.objects.filter(pk=project.pk, medium_from__isnull=False, high_from__isnull=False).first()
    return (found.medium_from, found.high_from) if found else FIXED  # type: ignore[return-value]  # not null, above


def size(project: Project) -> dict[str, Any]:
    """The fields of ProductionFacts about bands, by the predictions of the last days and the model in use."""
    moment = Project.objects.annotate(moment=Now()).values_list("moment", flat=True).get(pk=project.pk)
    served = ServedPrediction.objects.filter(project=project, pk__gte=ids_before(moment - WINDOW_DAYS * _DAY))
    served = served.exclude(status=ServedStatus.OUTLIER).filter(sure__isnull=False)
    sure = np.array(list(served.order_by("-pk").values_list("sure", flat=True)[:MOST_ROWS]), dtype=np.float64)
    first = served.order_by("pk").values_list("created_at", flat=True).first()
    days = max(1.0, (moment - first) / _DAY) if first else 1.0
    n = len(sure) if len(sure) < MOST_ROWS else served.count()
    found = sized(sure, n / days, project.reviews_a_day) if project.reviews_a_day else None
    medium_from, high_from = found or (None, None)
    shares = np.bincount(np.digitize(sure, found or FIXED), minlength=len(BANDS)) / max(1, len(sure))
    told = {"predictions": n, "a_day": n / days, "shares": dict(zip(BANDS, shares.tolist(), strict=True))}
    bands = {
        **told,
        "from": list(found or FIXED),
        "is_sized": found is not None,
        "rates": _rates(project, found or FIXED),
    }
    return {"medium_from": medium_from, "high_from": high_from, "bands": bands}


def _rates(project: Project, thresholds: tuple[float, float]) -> list[dict[str, Any]]:
    """Of the model in use; none where its answers on the eval split are not kept."""
    version = ModelVersion.objects.filter(project=project).in_use()
    if version is None:
        return []
    try:
        held = family_of(project).held_out(version)
    except files.Corrupt:
        return []
    return [one.as_json() for one in rates(*held, thresholds)] if held is not None else []
