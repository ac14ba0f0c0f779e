"""How far people err, by the eval split, and how far the queue leans towards random for it."""

from typing import Any

import numpy as np

from labeling.models import Project
from learning.core.evaluation.answer_errors import AnswerErrors, measure_errors
from learning.families.labels.context import Context
from learning.families.labels.evaluation import MeasuredLabels
from learning.services.pipeline.family import Candidate


def measured(context: Context, candidate: Candidate[Any] | None) -> AnswerErrors | None:
    """None where nothing was measured: the queue leans as before. Not at all where a chosen strategy is followed."""
    found: MeasuredLabels | None = candidate.measured if candidate else None
    project, objective = context.run.project, context.inputs.settings.objective
    if project.strategy != "auto" or not objective.disagreement_is_error:
        return AnswerErrors(None, None)
    return errors_of(context, found) if found else None


def errors_of(context: Context, found: MeasuredLabels) -> AnswerErrors:
    """How far people err, by items drawn at random and the model measured on them."""
    project, data, objective = context.run.project, context.data, context.inputs.settings.objective
    # two people who disagree leave no truth: such items are among the tied ones only
    agreement = np.concatenate((data.evaluation.agreement, data.tied.agreement))
    decided = objective.decide(found.probabilities)
    return measure_errors(found.probabilities, found.targets, decided, agreement, len(data.pool), project.overlap)


def told(project: Project, errors: AnswerErrors) -> str:
    """What the log of a run says of it; nothing where the queue does not lean."""
    if errors.leaning <= project.random_share:
        return ""
    drawn = f"{errors.leaning:.0%} of the questions are drawn at random"
    return f"; people err in about {errors.rate:.0%} of the answers: {drawn}"
