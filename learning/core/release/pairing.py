"""Outcomes of which only one arm is known, made into differences."""

from __future__ import annotations

from collections.abc import Iterable

from learning.core.release.counts import Counts

#: Outcomes of one arm that wait for the other; the oldest are forgotten, whatever they say.
MOST_WAITING = 1_000


def paired_up(waiting: str, outcomes: Iterable[tuple[bool, bool]]) -> tuple[str, Counts]:
    """Hold the k-th outcome of one arm against the k-th of the other.

    Whose answer is judged is settled by a hash of who asked, before anybody judges it, so two of them are independent,
    and their difference has the mean that is asked about. Nothing is lost by it that a test of two shares would have.

    Parameters
    ----------
    waiting : str
        Outcomes of one arm without a partner, in the order they came: ``C`` and ``c`` a wrong and a right one of the
        candidate, ``H`` and ``h`` of the champion.
    outcomes : iterable of (is_candidate, is_wrong)
        In the order they came.

    Returns
    -------
    str, Counts
        What waits now, and the differences that are new.

    Examples
    --------
    >>> paired_up("", [(True, True), (True, False), (False, False)])
    ('c', Counts(worse=1, same=0, better=0))
    """
    worse = same = better = 0
    for is_candidate, is_wrong in outcomes:
        if not waiting or (waiting[0] in "Cc") == is_candidate:
            mark = "c" if is_candidate else "h"
            waiting = (waiting + (mark.upper() if is_wrong else mark))[-MOST_WAITING:]
            continue
        other, waiting = waiting[0].isupper(), waiting[1:]
        if is_wrong == other:
            same += 1
        elif is_wrong == is_candidate:
            worse += 1
        else:
            better += 1
    return waiting, Counts(worse, same, better)
