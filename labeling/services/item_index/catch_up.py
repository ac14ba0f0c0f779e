"""Brings the index up to what happened since somebody looked last."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import DatabaseError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from labeling.db.prepared import Prepared, PreparedRows
from labeling.db.settled import all_over_since
from labeling.kinds import kind_of
from labeling.models import Annotation, FacetIndex, KnownAnswer, Progress, Project
from labeling.selectors.item_view.stored import index_of
from labeling.services.item_index.facts import AnswersRead, index_new_items, index_states
from labeling.services.item_index.predictions import compare
from labeling.services.item_index.words import index_words
from labeling.services.jobs.enqueue import enqueue_on_commit
from labeling.services.outages.causes import outage_of
from labeling.services.outages.patience import patience

JOB = "labeling.index_items"
#: What a request does itself, and what a worker does in one transaction.
ITEMS_IN_REQUEST = 5_000
ANSWERS_IN_REQUEST = 1_000
WORDS_IN_REQUEST = 300
ITEMS_AT_ONCE = 65_536
ANSWERS_AT_ONCE = 10_000
#: So long a request waits for whoever writes.
WAIT_S = 0.3
#: A worker that was asked, or has gone on, so long ago may be dead.
ASK_AGAIN_AFTER = timedelta(seconds=30)


@dataclass(frozen=True)
class IndexedSoFar:
    """``items`` of ``of_items`` are in the index; ``is_whole`` when it knows all that was answered, too. Words of the
    first ``worded`` items can be looked for."""

    items: int
    of_items: int
    is_whole: bool
    worded: int


@dataclass(frozen=True)
class _News:
    """What the database says now: ordinals given, the newest annotation, the counts that move with states."""

    items: int
    newest: int
    moved: list[int]


def up_to_date(project: Project) -> IndexedSoFar:
    """Does what is little and asks a worker for the rest. For those who look: it writes where there is news."""
    read = AnswersRead(project)
    index = index_of(project)
    may_settle = _may_settle(index)  # before it is counted who is there
    news = _news(project)
    is_whole = not _is_behind(project, index, news, read)
    if is_whole and index.worded == index.items and not may_settle:
        return IndexedSoFar(index.items, news.items, True, index.worded)
    try:
        with patience(WAIT_S):
            if is_whole and may_settle:  # else all since then are counted again for each page
                of_then = FacetIndex.objects.filter(project=project, seen=index.seen, settled=index.settled)
                of_then.update(settled=index.seen, since_settled=0)
            if not is_whole:
                index, is_whole = _step(project, read, ITEMS_IN_REQUEST, ANSWERS_IN_REQUEST)
            if 0 < index.items - index.worded <= WORDS_IN_REQUEST:
                index.worded = index_words(project, WORDS_IN_REQUEST)
    except DatabaseError as error:
        if outage_of(error) is None:
            raise
        # who looks waits for nobody who writes, and for no full disk
        return IndexedSoFar(index.items, news.items, is_whole, index.worded)
    if not is_whole or index.worded < index.items:
        _ask(project)
    return IndexedSoFar(index.items, news.items, is_whole, index.worded)


def go_on(project_id: int) -> int:
    """The worker's part: step by step until nothing is left; returns how many items are in the index."""
    done = worded = 0
    is_whole = False
    while project := Project.objects.filter(pk=project_id, deleted_at=None).first():
        if not is_whole:
            index, is_whole = _step(project, AnswersRead(project), ITEMS_AT_ONCE, ANSWERS_AT_ONCE)
            done, worded = index.items, index.worded
        elif worded < done:  # the facets are shown first
            worded = index_words(project, ITEMS_AT_ONCE)
        if is_whole and worded >= done:
            break
        FacetIndex.objects.filter(project=project).update(asked_at=timezone.now())
    return done


def _ask(project: Project) -> None:
    now = timezone.now()
    free = Q(asked_at=None) | Q(asked_at__lt=now - ASK_AGAIN_AFTER)
    if FacetIndex.objects.filter(free, project=project).update(asked_at=now):
        enqueue_on_commit(JOB, project.pk)


def _news(project: Project) -> _News:
    counts = next(iter(_progress_of(project.pk)), None) or Progress(project=project)
    newest = [next((pk for (pk,) in read(project.pk)), 0) for read in (_newest_answer, _newest_gold)]
    return _News(counts.next_ordinal, newest[0], [counts.set_aside, counts.reopened, counts.changes, newest[1]])


_progress_of = Prepared(lambda project: Progress.objects.filter(project=project))
_newest_answer = PreparedRows(
    lambda project: Annotation.objects.filter(project=project).order_by("-pk").values_list("pk")[:1]
)
_newest_gold = PreparedRows(
    lambda project: KnownAnswer.objects.filter(project=project).order_by("-pk").values_list("pk")[:1]
)


def _is_behind(project: Project, index: FacetIndex, news: _News, read: AnswersRead) -> bool:
    return (
        index.items < news.items
        or index.seen < news.newest
        or index.moved != news.moved
        or index.scheme != read.signature
        or _came_late(project, index)
    )


def _came_late(project: Project, index: FacetIndex) -> bool:
    """Whether an annotation was committed after one with a higher number was read."""
    if index.settled == index.seen:
        return False
    return _between(project, index).count() != index.since_settled


def _may_settle(index: FacetIndex) -> bool:
    """Whether all annotations with a number up to ``index.seen`` can be read from now on that ever will be."""
    if index.settled == index.seen:
        return False
    return all_over_since(FacetIndex, index.project_id, index.updated_at)


def _between(project: Project, index: FacetIndex) -> "QuerySet[Annotation]":
    return Annotation.objects.filter(project=project, pk__gt=index.settled, pk__lte=index.seen)


@transaction.atomic
def _step(project: Project, read: AnswersRead, most_items: int, most_answers: int) -> tuple[FacetIndex, bool]:
    FacetIndex.objects.get_or_create(project=project)
    index = FacetIndex.objects.select_for_update(no_key=True).get(project=project)
    may_settle = _may_settle(index)
    news = _news(project)
    if index.scheme != read.signature:
        index.settled = index.seen = index.since_settled = 0
        index.scheme = read.signature
    elif _came_late(project, index):
        index.seen, index.since_settled = index.settled, 0
    elif may_settle:
        index.settled, index.since_settled = index.seen, 0
    end = min(news.items, index.items + most_items)
    if end > index.items or index.moved != news.moved:
        index_new_items(project, index.items, end)
        index.items, index.moved = end, news.moved
        index_states(project, end)
    _answers(project, index, read, news, most_answers)
    index.updated_at = timezone.now()
    index.save()
    return index, index.items == news.items and index.seen >= news.newest


def _answers(project: Project, index: FacetIndex, read: AnswersRead, news: _News, most: int) -> None:
    if index.seen >= news.newest:
        return
    new = Annotation.objects.filter(project=project, pk__gt=index.seen, pk__lte=news.newest).order_by("pk")
    rows = list(new.values_list("pk", "item")[:most])
    if kind_of(project).answers_are_of_items:
        blocks = read.index(item for _, item in rows if item is not None)
        if index.model is not None:
            for block in blocks:
                compare(project.pk, index.generation, block)
    index.since_settled += len(rows)
    index.seen = rows[-1][0] if len(rows) == most else news.newest
    if not connection.features.has_select_for_update:
        index.settled, index.since_settled = index.seen, 0
