"""How many open rows of the pool a person was asked about already: a random draw picks from the others.

Counting them reads all a person did, so the number is kept in the member's row and counted anew once others have done
enough to make it wrong by a few percent of the person's own answers (decision 0057).
"""

from typing import Any

from django.db.models import Count, F, QuerySet

from labeling.db.prepared import PreparedRows, PreparedUpdate
from labeling.models import Member, Reason, Split, Task, TaskState
from labeling.services.serving.cursor import AnnotatorCursor
from labeling.services.serving.sources.base import Pick, SubjectSource

#: The number may be as many draws of others old as the person has answers, divided by this: so for each draw of
#: somebody else this many tasks are read at most.
ANSWERS_A_DRAW = 32


def known_open(source: SubjectSource, cursor: AnnotatorCursor) -> int:
    """Open rows of the pool that the person was asked about; 0 where a draw does not pick from rows themselves."""
    if not source.address:
        return 0
    member, now = cursor.member, cursor.progress.draws + cursor.progress.reopened
    age = now - member.pool_known_at
    # with one answer a row only what the person skipped can still be open
    may_change = cursor.project.overlap > 1 or member.pool_known > 0
    if member.pool_known_at < 0 or age < 0 or (may_change and age * ANSWERS_A_DRAW > member.answers):
        counted = _count(cursor.project.pk, member.user_id, source=source)
        member.pool_known = counted[0][0] if counted else 0
        member.pool_known_at = now
    return max(0, member.pool_known)


def asked_more(source: SubjectSource, cursor: AnnotatorCursor, picks: list[Pick]) -> None:
    """Counts what the person is asked now and what stays open; the slots are taken already."""
    if not source.address or (cursor.project.overlap <= 1 and not cursor.member.pool_known):
        return
    mine = [pick.row for pick in picks if pick.reason != Reason.REPEAT and pick.row.split == Split.POOL]
    cursor.member.pool_known += sum(row.is_open for row in mine)
    cursor.member.pool_known_at += sum(pick.is_draw for pick in picks)


def asked_item_moved(source: SubjectSource, member: Member, split: str, by: int) -> None:
    """What the person was asked about became open (1) or full (-1) by an answer, a skip or an undo of the person."""
    if by and source.address and split == Split.POOL and member.pool_known_at >= 0:
        _move(member.pk, by)


@PreparedRows
def _count(project: int, user: int, *, source: SubjectSource) -> "QuerySet[Any, Any]":
    at = source.name
    asked = Task.objects.filter(project=project, annotator=user).exclude(state=TaskState.EXPIRED)
    # open is spelled out, not is_open: PostgreSQL might begin at the index of all open rows
    is_open = {f"{at}__slots_taken__lt": F(f"{at}__annotations_required"), **source.usable(f"{at}__")}
    asked = asked.exclude(reason=Reason.REPEAT).filter(**{f"{at}__split": Split.POOL}, **is_open)
    return asked.order_by().values("project").annotate(known=Count("pk")).values_list("known")


@PreparedUpdate
def _move(member: int, by: int) -> "tuple[QuerySet[Member], dict[str, Any]]":
    return Member.objects.filter(pk=member), {"pool_known": F("pool_known") + by}
