"""Which known items the published queue puts to one person more, and how many of the questions these are."""

from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from django.db.models import Exists, F, OuterRef, Q
from numpy.typing import NDArray

from labeling.models import (
    Annotation,
    Item,
    ItemStatus,
    KnownAnswer,
    Member,
    Permission,
    Project,
    Source,
    Split,
)
from labeling.models.permission import roles_that
from labeling.services.serving.sources.opinions import MOST_OPINIONS
from learning.core.cycle import step_rng
from learning.core.learners import FittedLearner
from learning.core.learners.evidence import beliefs_beside
from learning.core.second_opinions import KnownItems, SecondOpinions, queue_again
from learning.families.labels.context import Context
from learning.selectors.second_opinions import shown_so_far
from learning.services.pipeline.family import Candidate

#: What an item waits for, if it waits for anything: the second opinion that a queue wanted, and nobody gave.
ONLY_OPINIONS = Q(slots_taken__gt=0, slots_taken__gte=F("annotations_required") - F("extra_slots"))
#: The next ranking comes after ``retrain_every`` answers, and a run takes its time: so many times as many questions
#: may be asked until then.
TURNS = 4


@dataclass(frozen=True)
class QueuedOpinions:
    """``entries`` as a queue takes them, ``slots_taken`` the answers of each that are known, ``share`` of the questions
    that are to be these; ``words`` for the log."""

    entries: list[tuple[int, float, float]] = field(default_factory=list)
    slots_taken: list[int] = field(default_factory=list)
    share: float = 0.0
    words: str = ""


NONE = QueuedOpinions()


def queued(context: Context, candidate: Candidate[FittedLearner] | None, rate: float) -> QueuedOpinions:
    """None without a model of this run, whose answers are believed by models that have not learned them; and none where
    nobody is left to be asked. ``rate`` is that of wrong answers."""
    run, project, objective = context.run, context.run.project, context.inputs.settings.objective
    found = beliefs_beside(candidate.fitted) if candidate else None
    if not project.asks_second_opinions or not objective.names_errors or found is None:
        return NONE
    items = known_items(project, context.matrix.n_rows)
    rows = np.searchsorted(context.data.pool.ordinals, items[:, 0])
    rows = np.minimum(rows, len(context.data.pool) - 1)
    items, rows = (of[context.data.pool.ordinals[rows] == items[:, 0]] for of in (items, rows))
    beliefs = np.full_like(context.data.pool.soft, 1.0 / len(context.data.labels))
    beliefs[found.rows] = found.probabilities
    answers = items[:, 2].astype(np.float64)
    votes = context.data.pool.soft[rows] * answers[:, None]
    shown = shown_so_far(project)
    several = answers if not objective.one_answer else None
    known = KnownItems(votes, beliefs[rows], rate, shown, answers=several)
    settings = SecondOpinions(project.second_share, project.most_answers)
    rng = step_rng(run.seed, "second opinions")
    drawn = queue_again(settings, known, project.retrain_every, MOST_OPINIONS, rng, turns=TURNS)
    picked, worth = items[drawn.numbers], known.wrong[drawn.numbers]
    entries = list(zip(picked[:, 1].tolist(), worth.tolist(), drawn.propensities.tolist(), strict=True))
    told = f"{shown.contradicted:,} of {shown.given:,} contradicted so far" if shown.given else "none given so far"
    words = f"; {drawn.share:.0%} of the questions are second opinions ({told})"
    return QueuedOpinions(entries, picked[:, 2].tolist(), drawn.share, words)


def known_items(project: Project, n_items: int) -> NDArray[np.int64]:
    """(ordinal, id, answers) of the items of the pool that may get a second opinion, by rising ordinal.

    People have answered them, nobody is at it, and they wait for nobody else: neither for the number of people that the
    settings ask for nor because somebody doubts them; and somebody is left who could be asked. What a reviewer has
    decided is decided, and what is known to be true is no matter of opinion.
    """
    labelers = Member.objects.filter(
        project=project, role__in=roles_that(Permission.LABEL), is_quarantined=False, user__is_active=True
    )
    most = min(project.most_answers, labelers.count())
    reviewed = Annotation.objects.current().filter(item=OuterRef("pk"), source=Source.REVIEW)
    rows = Item.objects.filter(
        ONLY_OPINIONS,
        ~Exists(reviewed),
        ~Exists(KnownAnswer.objects.filter(item=OuterRef("pk"))),
        project=project, split=Split.POOL, status=ItemStatus.ACTIVE, ordinal__lt=n_items,
        slots_taken__lt=most, answers=F("slots_taken"),
    )  # fmt: skip
    numbers = rows.order_by("ordinal").values_list("ordinal", "pk", "slots_taken").iterator(chunk_size=10_000)
    return np.fromiter(chain.from_iterable(numbers), dtype=np.int64).reshape(-1, 3)
