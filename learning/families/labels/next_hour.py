"""Where would the next hour pay? What the newest version and the doubts of its run say, kept in its report."""

from dataclasses import asdict, replace
from math import log2
from typing import Any

import numpy as np

from labeling.models import Progress
from learning.core.evaluation.intervals import Estimate, share
from learning.core.evaluation.intervals_difference import weighted_sum
from learning.core.evaluation.paired import paired_errors
from learning.core.quality.next_hour import ANSWERS, LabeledSoFar, least_sure, next_hour
from learning.core.quality.suspected_errors import Suspicion
from learning.families.labels import leaning
from learning.families.labels.context import Context
from learning.families.labels.evaluation import MeasuredLabels
from learning.families.labels.older_labels import in_labels_of_now
from learning.models import EncoderVersion, ModelVersion, Outcome, SuspectedError, SuspicionState
from learning.selectors.second_opinions import shown_so_far
from learning.services import files
from learning.services.pipeline.family import Candidate
from learning.services.registry import model_files

#: A version of before that learned from such a part of the answers tells what their doubling brought.
LEAST, MOST = 0.25, 0.75


def measure(context: Context, candidate: Candidate[Any], doubts: Suspicion) -> None:
    """Of one label an item, once eval items are answered: the scale counts labels that are right or wrong."""
    measured: MeasuredLabels | None = candidate.measured
    project, held, objective = context.run.project, context.data.evaluation, context.inputs.settings.objective
    if measured is None or not objective.disagreement_is_error:
        return
    errors, shown = leaning.errors_of(context, measured), shown_so_far(project)
    right = held.hard[np.arange(len(held)), objective.decide(measured.probabilities)] > 0.5
    n_new = int(Progress.objects.values_list("pool_open", flat=True).get(project=project))
    decided, wrong = _decided(context)
    known = LabeledSoFar(
        n_known=len(context.data.pool),
        n_new=n_new,
        n_labels=len(context.data.labels),
        errors=errors,
        gain=_doubling(context, candidate),
        unsure=least_sure(measured.probabilities, right, n_new),
        beliefs=doubts.beliefs,
        given_labels=doubts.given,
        # drawn softly by rank: about one in four of the first ones
        asked=np.arange(0, min(4 * ANSWERS, doubts.belief.size), 4),
        doubts_decided=decided,
        doubts_right=wrong,
        given=shown.given,
        contradicted=shown.contradicted,
    )
    found = next_hour(known)
    told: dict[str, Any] = {name: asdict(each) if each else None for name, each in vars(found).items()}
    told |= {"first": (found.ranked() or [""])[0], "wide": _wide(right), "n_eval": len(held)}
    own = ModelVersion.objects.filter(pk=candidate.version.pk)
    own.update(report=replace(own.only("report").get().reported, next_hour=told).as_json())


def _doubling(context: Context, candidate: Candidate[Any]) -> Estimate | None:
    """What the doubling of the answers brought on the eval split, by an older version that learned from about half."""
    version, n = candidate.version, len(context.data.pool)
    older = ModelVersion.objects.filter(project=version.project_id, number__lt=version.number)
    older = older.filter(trained_on__gte=LEAST * n, trained_on__lte=MOST * n)
    nearest = min(older, key=lambda each: abs(each.trained_on - n / 2), default=None)
    if nearest is None:
        return None
    held, objective = context.data.evaluation, context.inputs.settings.objective
    try:
        given = model_files.predict_at(nearest, held.ordinals)
    except (files.Corrupt, EncoderVersion.DoesNotExist):
        return None
    before = in_labels_of_now(given, nearest.labels, version.labels, context.data.present, one_answer=True)
    now, then = (objective.errors(each, held.hard) for each in (candidate.measured.probabilities, before))
    test = paired_errors(then, ours=now)
    found = Estimate(test.difference, test.low, test.high, test.n)
    return weighted_sum((1.0 / log2(n / nearest.trained_on), found))


def _decided(context: Context) -> tuple[int, int]:
    """Doubts that somebody has decided, and of how many the answer was wrong."""
    rows = SuspectedError.objects.filter(project=context.run.project)
    outcomes = rows.filter(state=SuspicionState.ASKED).exclude(outcome="").values_list("outcome", flat=True)
    wrong = sum(outcome == Outcome.OTHER for outcome in outcomes)
    return len(outcomes) + rows.filter(state=SuspicionState.KEPT).count(), wrong


def _wide(right: Any) -> list[float]:
    """The width of the interval of accuracy now, and with so many eval answers more."""
    n = len(right)
    more = (n + ANSWERS) / n
    now, then = share(float(right.sum()), n), share(float(right.sum()) * more, n * more)
    return [now.high - now.low, then.high - then.low]
