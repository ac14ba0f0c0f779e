"""Lets chance pick the questions where choosing teaches nothing, and the model again once it does."""

from dataclasses import asdict
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone
from numpy.typing import NDArray

from labeling.models import Annotation, FallBack, Project, Reason, Source, Split
from labeling.services.audit.trail import record
from learning.core.evaluation.fall_back import By, Grounds, who_asks
from learning.core.evaluation.learnable import grounds_of
from learning.core.evaluation.pays import ArmPoint, does_it_pay
from learning.core.learners.evidence import row_losses_beside
from learning.core.strategies.auto import COLD_LABELS, TEACHING
from learning.families.labels.context import Context
from learning.models import ArmComparison
from learning.selectors.falling_back import decided_words
from learning.services.pipeline.family import Candidate


def decide(context: Context, candidate: Candidate[Any]) -> None:
    """Who asks from now on; at once, for a question's probability is computed when it is put.

    Only for the strategy ``auto`` and where one label an item is the answer; a chosen strategy is followed.
    """
    project, objective = context.run.project, context.inputs.settings.objective
    if project.strategy != "auto" or not objective.falls_back:
        return
    grounds = _grounds(context, candidate)
    points = ArmComparison.objects.filter(project=project, metric=objective.headline).in_order()
    pays = does_it_pay([ArmPoint(row.labels, row.difference, row.low, row.high) for row in points])
    if grounds is None and pays == "unclear":
        return
    with context.log.step("who asks") as step, transaction.atomic():
        now = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        before: By = "random" if now.fell_back else "model"
        after = who_asks(grounds, pays, before)
        figures = {
            "answers": context.run.annotations_seen, **(asdict(grounds) if grounds else {"explained": None}),
            "pays": pays, "run": str(context.run.public_id), "at": timezone.now().isoformat(),
        }  # fmt: skip
        stays = after == before or now.fall_back == FallBack.NEVER or now.strategy != "auto"
        step.note(decided_words(figures, before if stays else after, kept=stays and after != before))
        if not stays:
            Project.objects.filter(pk=now.pk).update(fell_back=figures if after == "random" else None)
            action = "project.fell_back" if after == "random" else "project.chooses_again"
            record(action, user=None, project=now, before={"by": before}, after={"by": after, **figures})


def _grounds(context: Context, candidate: Candidate[Any]) -> Grounds | None:
    data, answers = context.data, context.inputs.answers
    agreement = np.concatenate((data.evaluation.agreement, data.tied.agreement))
    losses = row_losses_beside(candidate.fitted)
    given = answers.features, agreement, len(data.labels), context.run.project.overlap
    return grounds_of(losses, _chosen(context), *given)


def _chosen(context: Context) -> NDArray[np.bool_]:
    """Which of the answers learned from were asked because the strategy wanted to know."""
    run, ordinals = context.run, context.data.pool.ordinals
    asked = Annotation.objects.filter(
        project=run.project, pk__lte=run.last_annotation_id, source=Source.HUMAN, item__split=Split.POOL,
        task__reason=Reason.STRATEGY, task__strategy__in=TEACHING, task__draw__gt=COLD_LABELS,
    )  # fmt: skip
    return np.isin(ordinals, np.fromiter(set(asked.values_list("item__ordinal", flat=True)), dtype=np.int64))
