"""What waits for reviewers: filled from what people said, claimed by one reviewer at a time."""

import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from labeling.extensions import installed
from labeling.kinds import kind_of
from labeling.models import (
    Annotation,
    Item,
    ItemStatus,
    Progress,
    Project,
    ReviewDecision,
    ReviewEntry,
    ReviewPlan,
    ReviewSort,
    Source,
    Split,
    User,
)
from labeling.models.clock import database_now
from labeling.selectors.agreement import items_of_several
from labeling.selectors.opinions import Opinions, opinions_of
from labeling.services.review.decide import REFUSED, admit, plan_of
from labeling.services.review.sent import sent_items
from labeling.services.validation.errors import Invalid

#: Disagreement is looked for among the newest items that several people answered.
NEWEST_ITEMS = 5_000
#: Entries of one sort that wait at once.
WAITING = 500
#: A claim lasts so long without an answer.
CLAIM_S = 600
#: While entries wait the queue is filled no sooner than this, however fast answers come.
FILLED_AT_MOST_EVERY_S = 10
#: Without news the queue is filled again after this: models may suspect others.
FILLED_AGAIN_AFTER_S = 60
MAX_COUNT = 20
_ROWS = 500
#: What waits whatever sorts the manager has chosen: an author waits, the share says how much, or somebody has sent it.
ALWAYS = (ReviewSort.RETURNED, ReviewSort.BLIND, ReviewSort.SENT)
_PLACES = {sort.value: place for place, sort in enumerate(ReviewSort)}


@dataclass(frozen=True)
class _Candidate:
    item_id: int
    sort: ReviewSort
    priority: float
    why: str


def fill(project: Project) -> None:
    """Brings the queue to what people have said since, at most every ten seconds while something waits. What somebody
    has claimed stays."""
    if REFUSED.of(kind_of(project).subject):
        return
    ReviewPlan.objects.get_or_create(project=project)
    if not _is_stale(plan_of(project), project):
        return
    with transaction.atomic():
        plan = ReviewPlan.objects.select_for_update(no_key=True).get(project=project)
        if not _is_stale(plan, project):
            return  # another reviewer was faster
        news = _news(project)
        found = _candidates(project, plan)
        entries = ReviewEntry.objects.filter(project=project)
        entries.filter(Q(claimed_by=None) | Q(claimed_until__lt=Now())).delete()
        kept = set(entries.values_list("item", flat=True))
        rows = [
            ReviewEntry(
                project=project,
                item_id=one.item_id,
                sort=one.sort,
                place=_PLACES[one.sort],
                priority=one.priority,
                why=one.why[:300],
            )
            for one in found
            if one.item_id not in kept
        ]
        ReviewEntry.objects.bulk_create(rows, batch_size=_ROWS, ignore_conflicts=True)
        ReviewPlan.objects.filter(project=project).update(filled_at_news=news, filled_at=Now())


def next_entries(user: User, project: Project, count: int = 1, sorts: Collection[str] = ()) -> list[ReviewEntry]:
    """Up to ``count`` entries, claimed for the reviewer for ten minutes: those he has first, then the next ones of the
    ``sorts`` (all where none is named). Nobody else gets them meanwhile.

    Left out is what only he has answered, unless the manager allows it, and of what is decided blind all that he has
    answered. Raises Invalid (count, sorts), Http404,
    PermissionDenied.
    """
    admit(user, project)
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MAX_COUNT:
        raise Invalid("count", f"A whole number from 1 to {MAX_COUNT}.")
    if unknown := set(sorts) - set(ReviewSort.values):
        raise Invalid(
            "sorts", f"Unknown: {', '.join(sorted(map(str, unknown)))}. There are: {', '.join(ReviewSort.values)}."
        )
    fill(project)
    rows = ReviewEntry.objects.filter(project=project, item__status=ItemStatus.ACTIVE)
    if sorts:
        rows = rows.filter(sort__in=list(sorts))
    given = Annotation.objects.current().filter(item=OuterRef("item"), source=Source.HUMAN)
    rows = rows.exclude(Q(sort=ReviewSort.BLIND) & Exists(given.filter(annotator=user)))
    if not plan_of(project).own_allowed:
        rows = rows.filter(Exists(given.exclude(annotator=user)) | ~Exists(given.filter(annotator=user)))
    mine = list(rows.filter(claimed_by=user).in_order().values_list("pk", flat=True)[:count])
    until = database_now() + timedelta(seconds=CLAIM_S)
    claimed = [pk for pk in mine if _claim(pk, user, until)]
    while len(claimed) < count:
        free = rows.free_for(user).exclude(pk__in=claimed).in_order()
        wanted = list(free.values_list("pk", flat=True)[: count - len(claimed)])
        if not wanted:
            break
        claimed += [pk for pk in wanted if _claim(pk, user, until)]
    found = ReviewEntry.objects.filter(pk__in=claimed).select_related("item__asset")
    by_pk = {entry.pk: entry for entry in found}
    return [by_pk[pk] for pk in claimed if pk in by_pk]


def release(user: User, project: Project) -> int:
    """Gives back what the reviewer has claimed and not decided; how many."""
    admit(user, project)
    mine = ReviewEntry.objects.filter(project=project, claimed_by=user)
    return mine.update(claimed_by=None, claimed_until=None)


def _claim(pk: int, user: User, until: object) -> bool:
    """By a conditional UPDATE: of two reviewers one gets the row."""
    free = ReviewEntry.objects.filter(pk=pk).free_for(user)
    return free.update(claimed_by=user, claimed_until=until) == 1


def _news(project: Project) -> int:
    progress = Progress.objects.get(project=project)
    return progress.annotations + progress.changes + progress.imported_annotations


def _is_stale(plan: ReviewPlan, project: Project) -> bool:
    """By the database's clock, which also runs on where this machine's was put back."""
    if plan.filled_at is None:
        return True
    age_s = (database_now() - plan.filled_at).total_seconds()
    if plan.filled_at_news == _news(project):
        return age_s >= FILLED_AGAIN_AFTER_S
    is_empty = not ReviewEntry.objects.filter(project=project, claimed_by=None).exists()
    return is_empty or age_s >= FILLED_AT_MOST_EVERY_S or age_s < 0


def _candidates(project: Project, plan: ReviewPlan) -> list[_Candidate]:
    """One an item, of the first sort that it belongs to."""
    found: dict[int, _Candidate] = {}
    sorts = (_returned(project), _blind(project, plan), _sent(project), _disagreeing(project), _suspected(project))
    for some in sorts:
        for one in some:
            found.setdefault(one.item_id, one)
    # what is suspicious is none of those that nothing speaks against, also where reviewers do not look at it
    found |= {one.item_id: one for one in _at_random(project, plan, frozenset(found))}
    wanted = [one for one in found.values() if one.sort in plan.sorts or one.sort in ALWAYS]
    counts: dict[str, int] = {}
    kept = []
    for one in sorted(wanted, key=lambda one: (_PLACES[one.sort], one.priority, one.item_id)):
        counts[one.sort] = counts.get(one.sort, 0) + 1
        if counts[one.sort] <= WAITING:
            kept.append(one)
    return kept


def _unsettled(project: Project, item_ids: Collection[int]) -> dict[int, Opinions]:
    active = Item.objects.numbered(project, item_ids).filter(status=ItemStatus.ACTIVE)
    opinions = opinions_of(project, list(active.values_list("pk", flat=True)))
    return {pk: said for pk, said in opinions.items() if said.answers and not said.is_settled}


def _returned(project: Project) -> Iterator[_Candidate]:
    sent = ReviewDecision.objects.standing().filter(project=project, answered_at__isnull=False)
    ids = list(sent.order_by("answered_at").values_list("item", flat=True)[:WAITING])
    for pk, said in _unsettled(project, ids).items():
        decision = said.decision
        if decision and decision.answered_at:
            yield _Candidate(
                pk, ReviewSort.RETURNED, decision.answered_at.timestamp(), "Looked at again by its author."
            )


def _sent(project: Project) -> Iterator[_Candidate]:
    for pk in _unsettled(project, sent_items(project, WAITING)):
        yield _Candidate(pk, ReviewSort.SENT, pk, "Somebody asks for a look at it.")


def _disagreeing(project: Project) -> Iterator[_Candidate]:
    ids = items_of_several(project, NEWEST_ITEMS)
    for start in range(0, len(ids), _ROWS):
        for pk, said in _unsettled(project, ids[start : start + _ROWS]).items():
            found = said.consensus
            if found is None or found.agreement is None or found.agreement >= 1:
                continue
            if found.tied or found.confidence <= 0.5:
                why = f"{found.votes} people disagree, no answer has more than half."
                yield _Candidate(pk, ReviewSort.DISPUTED, found.confidence, why)
            else:
                why = f"Of {found.votes} people {round(found.confidence * found.votes)} agree."
                yield _Candidate(pk, ReviewSort.LOW_CONFIDENCE, found.confidence, why)


def _suspected(project: Project) -> Iterator[_Candidate]:
    """Only of the pool, whatever a model names: what measures it is not looked at because it disagrees."""
    named = installed().suspected_items(project)
    pool = Item.objects.numbered(project, list(named)[:WAITING]).filter(split=Split.POOL)
    ids = list(pool.values_list("pk", flat=True))
    for pk in _unsettled(project, ids):
        yield _Candidate(
            pk, ReviewSort.SUSPECTED, named[pk], "Models that have not learned this answer do not believe it."
        )


def _blind(project: Project, plan: ReviewPlan) -> Iterator[_Candidate]:
    """Items with all their answers, whatever speaks for or against them, in the order of the draw."""
    why = "Drawn at random, to be decided without seeing what was said."
    return _drawn_ones(project, _drawn(project, plan.blind_share, "blind"), ReviewSort.BLIND, why)


def _at_random(project: Project, plan: ReviewPlan, others: Collection[int]) -> Iterator[_Candidate]:
    """Items with all their answers that nothing speaks against, each with the probability ``random_share``."""
    why = "Drawn at random: nothing speaks against its answer."
    return _drawn_ones(project, _drawn(project, plan.random_share, "review"), ReviewSort.RANDOM, why, others)


def _drawn_ones(
    project: Project, drawn: Iterator[Sequence[int]], sort: ReviewSort, why: str, others: Collection[int] = ()
) -> Iterator[_Candidate]:
    given = 0
    for ordinals in drawn:
        items = Item.objects.filter(project=project, status=ItemStatus.ACTIVE, is_open=False, answers__gte=1)
        place = {ordinal: n for n, ordinal in enumerate(ordinals)}
        found = dict(items.filter(ordinal__in=ordinals).values_list("pk", "ordinal"))
        for pk in sorted(_unsettled(project, found.keys() - set(others)), key=lambda pk: place[found[pk]]):
            given += 1
            yield _Candidate(pk, sort, given, why)
        if given >= WAITING:
            return


def _drawn(project: Project, share: float, purpose: str) -> Iterator[Sequence[int]]:
    """Ordinals, one of each block of ``1 / share``, the blocks in an order of their own: the same for the same project
    however often it is asked, and for all shares that a block fits."""
    if share <= 0:
        return
    limit = Progress.objects.get(project=project).next_ordinal
    size = max(1, round(1 / share))
    blocks = list(range(-(-limit // size)))
    rng = random.Random(f"{purpose}:{project.split_seed}:{size}")
    at = [rng.randrange(size) for _ in blocks]
    rng.shuffle(blocks)
    for start in range(0, len(blocks), _ROWS):
        yield [block * size + at[block] for block in blocks[start : start + _ROWS]]
