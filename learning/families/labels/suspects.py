"""Names the answers of a run that models which have not learned them believe least."""

from typing import Any

from django.db import transaction

from labeling.models import Item
from learning.core.cycle import step_rng
from learning.core.quality.suspected_errors import Suspicion, suspected_errors
from learning.families.labels import next_hour
from learning.families.labels.context import Context
from learning.models import Run, SuspectedError, SuspicionState
from learning.selectors.suspected_errors import next_answers
from learning.services.pipeline.family import Candidate

#: At most so many are named, and only what something else is believed more than.
LISTED = 200
UNBELIEVED = 0.5
#: Neighbours that are shown beside an answer.
SHOWN_NEIGHBOURS = 3

_ROWS = 500


def name(context: Context, candidate: Candidate[Any]) -> None:
    """Writes the open suspicions anew; what people have decided about others stays.

    Only of the pool: answers that measure are not doubted because of a model's opinion.
    """
    run, answers, objective = context.run, context.inputs.answers, context.inputs.settings.objective
    if not objective.names_errors or answers.groups is None:
        return
    with context.log.step("suspected errors") as step:
        rng = step_rng(run.seed, "suspected errors")
        found = suspected_errors(answers.features, context.data.pool.soft, answers.groups, objective.form, rng)
        rows = [] if found is None else _rows(context, found)
        with transaction.atomic():
            settle(run)
            named = _write(run, rows)
        if found is not None:
            next_hour.measure(context, candidate, found)
        step.note("too few answers to judge by" if found is None else f"{named:,} answers that are hardly believed")


def settle(run: Run) -> int:
    """Writes down what came of the answers that were put to somebody else; of how many."""
    waiting = list(SuspectedError.objects.filter(project=run.project).waiting().select_for_update())
    came = next_answers(run.project, waiting)
    for row in waiting:
        if row.pk in came:
            row.outcome = came[row.pk]
    settled = [row for row in waiting if row.outcome]
    SuspectedError.objects.bulk_update(settled, ["outcome"], batch_size=_ROWS)
    return len(settled)


def _rows(context: Context, found: Suspicion) -> list[SuspectedError]:
    """The suspicions worth a look, each with its item."""
    run, data = context.run, context.data
    few = slice(min(LISTED, int((found.belief < UNBELIEVED).sum())))
    places = found.rows[few]
    near = found.neighbours[few, :SHOWN_NEIGHBOURS]
    ordinals = data.pool.ordinals
    wanted = {int(ordinals[row]) for row in [*places.tolist(), *near[near >= 0].tolist()]}
    ids = dict(Item.objects.filter(project=run.project, ordinal__in=wanted).values_list("ordinal", "pk"))

    def said(row: int) -> list[str]:
        return [data.labels[label] for label in (data.pool.soft[row] > 0.5).nonzero()[0]]

    return [
        SuspectedError(
            project=run.project,
            item_id=ids[int(ordinals[row])],
            run=run,
            belief=min(max(belief, 0.0), 1.0),
            said=said(row),
            doubted=data.labels[label],
            neighbours=[[ids[int(ordinals[other])], said(other)] for other in others if other >= 0],
            answers_seen=run.last_annotation_id,
        )
        for row, belief, label, others in zip(
            places.tolist(), found.belief[few].tolist(), found.label[few].tolist(), near.tolist(), strict=True
        )
    ]


def _write(run: Run, rows: list[SuspectedError]) -> int:
    """Replaces the open ones; left out is what was put to somebody else or said to be right as it is."""
    decided = SuspectedError.objects.filter(project=run.project)
    asked = set(decided.waiting().values_list("item", flat=True))
    kept = {(item, tuple(said)) for item, said in decided.filter(state=SuspicionState.KEPT).values_list("item", "said")}
    decided.open().delete()
    new = [row for row in rows if row.item_id not in asked and (row.item_id, tuple(row.said)) not in kept]
    SuspectedError.objects.bulk_create(new, batch_size=_ROWS)
    return len(new)
