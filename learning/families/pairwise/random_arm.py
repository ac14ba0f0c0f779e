"""What the same model learns from randomly drawn pairs alone: the arm that active choice is compared with."""

from typing import Any

from labeling.models import Reason
from learning.core.cycle import step_rng
from learning.core.pairwise.combination import fit_ranking
from learning.families.pairwise import evaluate
from learning.families.pairwise.context import Context
from learning.families.pairwise.freeze import REASONS


def random_arm(context: Context) -> dict[str, Any] | None:
    """``{judgments, metrics}``; None without such pairs or without held-out ones."""
    data = context.data
    at_random = data.judged.learned & (data.judged.reason == REASONS.index(Reason.RANDOM))
    judgments = data.judged.judgments(at_random, len(data.items))
    held = evaluate.held_pairs(data)
    if not len(judgments) or not len(held):
        return None
    scores = fit_ranking(judgments, context.inputs, context=data.items.context).strengths.scores
    given = evaluate.probabilities_of(scores, held, step_rng(context.run.seed, "random arm"))
    return {"judgments": len(judgments), "metrics": evaluate.accuracies(evaluate.correct_of(given, held), held)}
