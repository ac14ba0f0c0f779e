"""Chooses the gold that people of one mind are asked, where a lie they share would show (decision 0095)."""

from typing import Any

from django.db import transaction

from labeling.models import Member
from learning.core.cycle import step_rng
from learning.families.labels.context import Context
from learning.selectors.people_alike import gold_for_suspects
from learning.services.pipeline.family import Candidate


def aim(context: Context, _candidate: Candidate[Any]) -> None:
    """Writes the aims of the project's members anew; none in a project that asks no gold."""
    run = context.run
    before = Member.objects.filter(project=run.project, gold_aims__isnull=False)
    if run.project.gold_share <= 0 and not before.exists():
        return
    with context.log.step("gold aims") as step:
        asks = run.project.gold_share > 0
        aims = gold_for_suspects(run.project, step_rng(run.seed, "gold aims")) if asks else {}
        with transaction.atomic():
            before.exclude(user__in=list(aims)).update(gold_aims=None)
            for user, items in aims.items():
                Member.objects.filter(project=run.project, user=user).update(gold_aims=items)
        step.note(f"{len(aims):,} people of one mind are asked gold where they would be wrong together")
