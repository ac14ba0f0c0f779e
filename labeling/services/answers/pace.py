"""How fast answers of one person are taken: a running account in the member's row, which is locked while he answers."""

import math
from datetime import datetime, timedelta

from labeling.models import Member

#: ``now`` may be as much older than that of the answer before: whoever waited for the row took his time first.
WAITED_FOR_ROW = timedelta(seconds=1)


class AnswersTooFast(Exception):
    """This answer is taken later: nothing of it was kept. ``wait_s`` is when."""

    def __init__(self, per_minute: int, wait_s: int) -> None:
        super().__init__(f"More than {per_minute} answers a minute: this one is taken in {wait_s} s.")
        self.wait_s = wait_s


def keep_pace(member: Member, now: datetime) -> None:
    """Pays for one answer where the project has a limit, so many at once. Raises AnswersTooFast."""
    per_minute = member.project.answers_a_minute
    if not per_minute:
        return
    interval = timedelta(seconds=60 / per_minute)
    paid_until = max(member.pace_free_at or now, now)
    wait = paid_until - interval * (per_minute - 1) - now
    if wait > min(interval / 2, WAITED_FOR_ROW):
        raise AnswersTooFast(per_minute, max(1, math.ceil(wait.total_seconds())))
    Member.objects.filter(pk=member.pk).update(pace_free_at=paid_until + interval)
