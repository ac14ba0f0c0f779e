"""Whether the model in use still costs no more than the project says is acceptable, and what a version costs by what
is stated now."""

from typing import Any

import numpy as np

from labeling.selectors.label_names import label_names
from learning.core.evaluation.interval_words import interval_words
from learning.core.evaluation.intervals import bounded_mean
from learning.core.evaluation.objectives.least_cost import LeastCost
from learning.core.learners import FittedLearner
from learning.families.labels import eval_answers, ranking
from learning.families.labels.context import Context
from learning.families.labels.older_labels import in_labels_of_now
from learning.models import AlertKind, ModelVersion, Severity
from learning.services.monitoring import alerts
from learning.services.pipeline.family import Candidate
from learning.services.production.check import check
from learning.services.registry import model_files


def watch(context: Context, candidate: Candidate[FittedLearner]) -> None:
    """After a verdict, in which the champion was measured anew: alarms, or takes the alarm back."""
    check(context.run.project)
    project, costs = context.run.project, context.inputs.settings.costs
    champion = ModelVersion.objects.filter(project=project).champion()
    decision = candidate.version.decisions.order_by("pk").first()
    found = decision.numbers.get("costs", {}) if decision else {}
    measured = found.get("own" if champion and champion.pk == candidate.version.pk else "champion")
    if costs is None or costs.most_acceptable is None or champion is None:
        alerts.is_over(project, AlertKind.TOO_DEAR)
    elif measured and measured["value"] > costs.most_acceptable:
        known = interval_words(measured["low"], measured["high"], measured["n"])
        message = (
            f"{champion} costs {measured['value']:.3g} {costs.unit} a case ({known}); {costs.most_acceptable:g}"
            " is the most that is acceptable. More labels, a cheaper review or other costs are what can be done."
        )
        severity = Severity.WARNING
        alerts.raise_alert(project, AlertKind.TOO_DEAR, message, severity=severity, run=context.run)
    elif measured:
        alerts.is_over(project, AlertKind.TOO_DEAR)


def cost_now(version: ModelVersion) -> dict[str, Any] | None:
    """Mean cost a case by what is stated now, on the eval items of the newest version that kept its own: value, low,
    high, n. None where none did, or nothing is stated. Raises files.Corrupt, EncoderVersion.DoesNotExist."""
    project, names = version.project, label_names(version.project)
    newest = ModelVersion.objects.filter(project=project).of_runs().exclude(report__eval_answers=None)
    measured = newest.newest_first().first()
    kept = eval_answers.load(measured) if measured is not None else None
    if measured is None or kept is None:
        return None
    labels = [label.identity for label in project.labels.in_use()]
    objective = ranking.judged_by(project, labels, names.present).objective
    if not isinstance(objective, LeastCost):
        return None
    place = {label: number for number, label in enumerate(labels)}
    now = np.array([place.get(names.present.get(label, label), -1) for label in measured.labels], dtype=np.int64)
    order = np.argsort(kept.ordinals, kind="stable")
    truth, ordinals = now[kept.truth[order]], kept.ordinals[order]
    ordinals, truth = ordinals[truth >= 0], truth[truth >= 0]
    if not len(truth):
        return None
    given = model_files.predict_at(version, ordinals)
    probabilities = in_labels_of_now(given, version.labels, labels, names.present, one_answer=True)
    paid = objective.losses(probabilities, np.eye(len(labels))[truth])
    return bounded_mean(paid, objective.stated.most, objective.stated.least).as_dict()
