"""Whether the model in use still costs no more than the project says is acceptable."""

from learning.core.evaluation.interval_words import interval_words
from learning.core.learners import FittedLearner
from learning.families.labels.context import Context
from learning.models import AlertKind, ModelVersion, Severity
from learning.services.monitoring import alerts
from learning.services.pipeline.family import Candidate


def watch(context: Context, candidate: Candidate[FittedLearner]) -> None:
    """After a verdict, in which the champion was measured anew: alarms, or takes the alarm back."""
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
